#include "app/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace lockstep::app {
namespace {

/// A socket such as systemd makes for a service.
class Listener {
 public:
  Listener() : path_(std::filesystem::temp_directory_path() / ("lockstep-notify-" + std::to_string(getpid()))) {
    std::filesystem::remove(path_);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path_.string().copy(at.sun_path, sizeof(at.sun_path) - 1);
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)), 0);
    const timeval patience{30, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Listener() {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    close(fd_);
    std::filesystem::remove(path_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::string next() const {
    char text[256];
    const auto size = recv(fd_, text, sizeof(text), 0);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

TEST(ServiceManager, SaysThatWeAreUpThatWeWorkAndThatWeEnd) {
  const Listener systemd;
  setenv("WATCHDOG_USEC", "30000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  {
    const ServiceManager manager([] { return true; });
    EXPECT_EQ(systemd.next(), "READY=1");
    EXPECT_EQ(systemd.next(), "WATCHDOG=1");
    EXPECT_EQ(systemd.next(), "WATCHDOG=1");
  }
  std::string last;
  do last = systemd.next();
  while (last == "WATCHDOG=1");
  EXPECT_EQ(last, "STOPPING=1");
}

TEST(ServiceManager, SaysNothingOfWorkThatIsNotDone) {
  const Listener systemd;
  setenv("WATCHDOG_USEC", "30000", 1);
  std::atomic<int> asked = 0;
  {
    const ServiceManager manager([&] {
      ++asked;
      asked.notify_all();
      return false;
    });
    for (int seen = asked; seen < 3; seen = asked) asked.wait(seen);
  }
  EXPECT_EQ(systemd.next(), "READY=1");
  EXPECT_EQ(systemd.next(), "STOPPING=1");
}

TEST(ServiceManager, HasNoWatchdogThatIsAnothersAndIsSilentWithoutASocket) {
  {
    const Listener systemd;
    setenv("WATCHDOG_USEC", "30000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    {
      const ServiceManager manager([] { return true; });
    }
    EXPECT_EQ(systemd.next(), "READY=1");
    EXPECT_EQ(systemd.next(), "STOPPING=1");
  }
  const ServiceManager manager([]() -> bool { throw std::logic_error("nobody asks"); });
}

}  // namespace
}  // namespace lockstep::app
