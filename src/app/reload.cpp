#include "app/reload.hpp"

#include <algorithm>

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

std::vector<std::string> changed_keys(const Fingerprints& before, const Fingerprints& after) {
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

std::expected<Reloader::Read, std::vector<Error>> Reloader::read(const std::vector<std::filesystem::path>& files) {
  auto loaded = settings::load_config(files);
  if (!loaded) return std::unexpected(loaded.error());
  auto outlets = settings::load_outlets(files);
  if (!outlets) return std::unexpected(outlets.error());
  auto keys = settings::fingerprints(files);
  if (!keys) return std::unexpected(keys.error());
  return Read{std::move(loaded->config), std::move(*outlets), std::move(*keys)};
}

std::expected<std::unique_ptr<Reloader>, std::vector<Error>> Reloader::make(std::vector<std::filesystem::path> files) {
  auto now = read(files);
  if (!now) return std::unexpected(now.error());
  return std::unique_ptr<Reloader>(new Reloader(std::move(files), std::move(*now)));
}

settings::Config Reloader::config() const {
  const std::lock_guard lock(mutex_);
  return now_.config;
}

settings::Outlets Reloader::outlets() const {
  const std::lock_guard lock(mutex_);
  return now_.outlets;
}

void Reloader::on_change(Apply apply) {
  const std::lock_guard lock(reloading_);
  apply_ = std::move(apply);
}

std::expected<std::vector<std::string>, std::vector<Error>> Reloader::reload() {
  const std::lock_guard one(reloading_);
  auto fresh = read(files_);
  if (!fresh) return std::unexpected(fresh.error());
  // now_ is written by reloads alone, so that it can be read without mutex_ here.
  auto changed = changed_keys(now_.keys, fresh->keys);
  std::vector<Error> refused;
  for (const auto& key : changed) {
    if (!safe_to_reload(key))
      refused.push_back({"\"" + key + "\" changed", "configuration", "it takes effect with a restart only",
                         "put it back, or restart lockstepd"});
  }
  if (!refused.empty()) return std::unexpected(std::move(refused));
  {
    const std::lock_guard lock(mutex_);
    now_ = std::move(*fresh);
  }
  configure_log(now_.config);
  if (apply_) apply_(now_.config, now_.outlets);
  return changed;
}

}  // namespace lockstep::app
