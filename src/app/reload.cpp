#include "app/reload.hpp"

#include <algorithm>
#include <utility>

#include "app/tls_files.hpp"
#include "runtime/log.hpp"

namespace lockstep::app {

void configure_log(const settings::Config& config) {
  using namespace runtime::log;
  const auto level = config.log_level == "debug"   ? Level::debug
                     : config.log_level == "warn"  ? Level::warn
                     : config.log_level == "error" ? Level::error
                                                   : Level::info;
  const auto format = config.log_format == "text"   ? Format::text
                      : config.log_format == "auto" ? automatic_format()
                                                    : Format::json;
  configure(level, format);
}

std::vector<std::string> changed_keys(const settings::Fingerprints& before, const settings::Fingerprints& after) {
  std::vector<std::string> changed;
  for (const auto& [key, value] : after) {
    const auto known = before.find(key);
    if (known == before.end() || known->second != value) changed.push_back(key);
  }
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) changed.push_back(key);
  }
  std::ranges::sort(changed);
  return changed;
}

bool safe_to_reload(const std::string& key) {
  return key == "service.log.level" || key.starts_with("api.hosts[") || key.starts_with("api.token[");
}

settings::Config Reloader::config() const {
  const std::lock_guard lock(mutex_);
  return now_.loaded.config;
}

settings::Outlets Reloader::outlets() const {
  const std::lock_guard lock(mutex_);
  return now_.outlets;
}

Result<std::shared_ptr<api::Tls>> Reloader::tls() const { return read_tls(outlets().tls); }

void Reloader::on_change(Apply apply) {
  const std::lock_guard lock(reloading_);
  apply_ = std::move(apply);
}

std::expected<std::vector<std::string>, std::vector<Error>> Reloader::reload() {
  const std::lock_guard one(reloading_);
  auto fresh = settings::load_settings(files_);
  if (!fresh) return std::unexpected(fresh.error());
  // now_ is written by reloads alone, so that it can be read without mutex_ here.
  auto changed = changed_keys(now_.keys, fresh->keys);
  std::vector<Error> refused;
  for (const auto& key : changed) {
    if (!safe_to_reload(key))
      refused.push_back({"\"" + key + "\" changed", "configuration", "it takes effect with a restart only",
                         "put it back, or restart lockstepd"});
  }
  auto tls = read_tls(fresh->outlets.tls);
  if (!tls) refused.push_back(tls.error());
  if (!refused.empty()) return std::unexpected(std::move(refused));
  if (*tls && (*tls)->fingerprint() != std::exchange(certificate_, (*tls)->fingerprint()))
    changed.push_back("api.tls (valid until " + to_rfc3339((*tls)->not_after()) + ")");
  {
    const std::lock_guard lock(mutex_);
    now_ = std::move(*fresh);
  }
  configure_log(now_.loaded.config);
  if (apply_) apply_({now_.loaded.config, now_.outlets, std::move(*tls)});
  return changed;
}

}  // namespace lockstep::app
