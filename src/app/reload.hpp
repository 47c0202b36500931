#pragma once
// Changes to the configuration that take effect without a restart: service.log.level, api.hosts, [[api.token]], and the
// content of the files of api.tls. Every other change is refused by name, and so is a certificate that cannot be used;
// then nothing at all is changed. Thread-safe.
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "api/tls.hpp"
#include "settings/outlets.hpp"

namespace lockstep::app {

void configure_log(const settings::Config& config);

/// What lets people in, as it is in force after a reload.
struct Admission {
  const settings::Config& config;
  const settings::Outlets& outlets;
  std::shared_ptr<api::Tls> tls;  // read anew; null: the API has none
};

class Reloader {
 public:
  using Apply = std::function<void(const Admission&)>;
  /// `now`: what the files said when they were read for this process.
  Reloader(std::vector<std::filesystem::path> files, settings::Settings now)
      : files_(std::move(files)), now_(std::move(now)) {}

  settings::Config config() const;
  settings::Outlets outlets() const;
  /// What the files of api.tls hold now; null: there is no api.tls.
  Result<std::shared_ptr<api::Tls>> tls() const;
  /// Called with what is in force after each reload, by one thread at a time; may ask config() and outlets(). Replaces
  /// an earlier one, and returns when that is not running; empty: nobody.
  void on_change(Apply apply);
  /// Reads the files again. The keys that changed and are in force now.
  std::expected<std::vector<std::string>, std::vector<Error>> reload();

 private:
  const std::vector<std::filesystem::path> files_;
  std::mutex reloading_;  // one reload at a time; taken before mutex_
  Apply apply_;           // under reloading_
  mutable std::mutex mutex_;
  settings::Settings now_;
  Hash32 certificate_;  // fingerprint of what was read last, zero before; under reloading_
};

/// Keys whose value or presence differs.
std::vector<std::string> changed_keys(const settings::Fingerprints& before, const settings::Fingerprints& after);
bool safe_to_reload(const std::string& key);

}  // namespace lockstep::app
