#include "app/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "runtime/log.hpp"

namespace lockstep::app {
namespace {

/// Of an environment variable that is a number; 0: not there, or something else.
std::uint64_t number_in_environment(const char* name) {
  const char* text = std::getenv(name);  // before any thread that could change it
  std::uint64_t value = 0;
  if (text != nullptr) std::from_chars(text, text + std::string_view(text).size(), value);
  return value;
}

std::chrono::microseconds watchdog() {
  const auto process = number_in_environment("WATCHDOG_PID");
  if (process != 0 && process != static_cast<std::uint64_t>(getpid())) return {};
  return std::chrono::microseconds(number_in_environment("WATCHDOG_USEC"));
}

}  // namespace

ServiceManager::ServiceManager(std::function<bool()> works) : works_(std::move(works)) {
  if (const char* socket = std::getenv("NOTIFY_SOCKET"); socket != nullptr) socket_ = socket;
  if (socket_.empty()) return;
  say("READY=1");
  if (const auto time = watchdog(); time.count() > 0) thread_ = std::thread([this, time] { watch(time / 3); });
}

ServiceManager::~ServiceManager() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (!socket_.empty()) say("STOPPING=1");
}

void ServiceManager::watch(std::chrono::microseconds every) {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    lock.unlock();
    if (works_()) say("WATCHDOG=1");
    lock.lock();
    ending_.wait_for(lock, every, [this] { return ended_; });
  }
}

void ServiceManager::say(const std::string& text) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof(to.sun_path)) return;
  std::ranges::copy(socket_, to.sun_path);
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool said = fd >= 0 && sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to),
                                      size) == static_cast<ssize_t>(text.size());
  if (fd >= 0) close(fd);
  if (!said) runtime::log::warn("app", "the service manager cannot be told", {{"err", text}});
}

}  // namespace lockstep::app
