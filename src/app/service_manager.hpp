#pragma once
// What systemd is told of us (sd_notify(3)): that we are up, that we still work, that we end. The protocol is one
// datagram to the socket that NOTIFY_SOCKET names; without it nobody is told anything.
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace lockstep::app {

class ServiceManager {
 public:
  /// Says READY=1. With a watchdog (WATCHDOG_USEC, for this process) also WATCHDOG=1 at least twice in its time, as
  /// long as `works` returns true, on a thread of its own: what hangs is not told to be well.
  explicit ServiceManager(std::function<bool()> works);
  /// Says STOPPING=1.
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

 private:
  void say(const std::string& text) const;
  void watch(std::chrono::microseconds every);

  std::function<bool()> works_;
  std::string socket_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace lockstep::app
