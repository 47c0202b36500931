#pragma once
// An API that cannot listen must not hold up an upgrade (L4): while a plan is under way it is tried again until it can.
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "app/serve.hpp"

namespace lockstep::app {

class ApiKeeper {
 public:
  using Open = std::function<Result<std::unique_ptr<Api>>()>;
  explicit ApiKeeper(Open open) : open_(std::move(open)) {}

  /// Opens the API. If that fails and `patient`, tries every second from a thread of its own and returns without an
  /// error.
  Result<void> start(bool patient);
  /// To the API, if it listens; one that opens later reads the configuration itself.
  void admit(const settings::Config& config, const settings::Outlets& outlets);

 private:
  void keep_trying(const std::stop_token& stopping);

  Open open_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::unique_ptr<Api> api_;
  std::jthread retry_;  // ends before api_ does
};

}  // namespace lockstep::app
