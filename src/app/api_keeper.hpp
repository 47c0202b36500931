#pragma once
// An API that cannot listen must not hold up an upgrade (L4): while a plan is under way it is tried again until it can.
#include <chrono>
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
  explicit ApiKeeper(Open open, std::chrono::milliseconds pause = std::chrono::seconds(1))
      : open_(std::move(open)), pause_(pause) {}

  /// Opens the API. If that fails and `patient`, tries again after each pause, from a thread of its own and returns
  /// without an error.
  Result<void> start(bool patient);
  /// To the API, if it listens; one that opens later reads the configuration itself.
  void admit(const Admission& now);

 private:
  void keep_trying(const std::stop_token& stopping);

  const Open open_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::unique_ptr<Api> api_;
  std::jthread retry_;  // ends before api_ does
};

}  // namespace lockstep::app
