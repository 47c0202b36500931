#include "app/api_keeper.hpp"

#include <chrono>

#include "runtime/log.hpp"

namespace lockstep::app {

Result<void> ApiKeeper::start(bool patient) {
  const std::lock_guard lock(mutex_);  // a configuration that comes while the API opens is admitted after it
  auto opened = open_();
  if (opened) {
    api_ = std::move(*opened);
    return {};
  }
  if (!patient) return std::unexpected(opened.error());
  runtime::log::error("app", "the API cannot listen; the upgrade goes on without it", {{"err", opened.error().text()}});
  retry_ = std::jthread([this](const std::stop_token& stopping) { keep_trying(stopping); });
  return {};
}

void ApiKeeper::admit(const Admission& now) {
  const std::lock_guard lock(mutex_);
  if (api_) api_->admit(now);
}

void ApiKeeper::keep_trying(const std::stop_token& stopping) {
  std::unique_lock lock(mutex_);
  std::string told;
  while (!api_) {
    wake_.wait_for(lock, stopping, pause_, [] { return false; });
    if (stopping.stop_requested()) return;
    auto opened = open_();
    if (opened) {
      api_ = std::move(*opened);
      runtime::log::info("app", "the API listens");
    } else if (auto why = opened.error().text(); why != told) {
      told = std::move(why);
      runtime::log::warn("app", "the API cannot listen yet", {{"err", told}});
    }
  }
}

}  // namespace lockstep::app
