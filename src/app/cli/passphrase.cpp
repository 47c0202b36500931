#include "app/cli/passphrase.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lockstep::app {
namespace {

/// The controlling terminal with echo off for as long as this lives.
class Terminal {
 public:
  Terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    auto silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ready_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  ~Terminal() {
    if (ready_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) ::close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  bool ready() const { return ready_; }

  Result<settings::Secret> ask(const std::string& question) const {
    write(question + ": ");
    std::string line;
    char c = 0;
    while (::read(fd_, &c, 1) == 1 && c != '\n' && line.size() < 1024) line.push_back(c);
    write("\n");
    settings::Secret secret{line};
    explicit_bzero(line.data(), line.size());
    if (secret.empty()) return fail("nothing was typed", question);
    return secret;
  }

 private:
  void write(const std::string& text) const {
    if (::write(fd_, text.data(), text.size()) < 0) errno = 0;  // a prompt that cannot be shown changes nothing
  }
  int fd_;
  termios before_{};
  bool ready_ = false;
};

}  // namespace

Result<settings::Secret> ask_secret(Session& session, const std::string& what, const std::string& file, bool repeat) {
  if (!file.empty()) return settings::resolve({settings::SecretSource::file, file, what});
  if (session.flags.no_input)
    return fail(what + " is needed", "--no-input", {}, "name a file of mode 0600 that holds it");
  const Terminal terminal;
  if (!terminal.ready())
    return fail(what + " is needed and there is no terminal to ask on", {}, {},
                "name a file of mode 0600 that holds it");
  auto secret = terminal.ask(what);
  if (!secret || !repeat) return secret;
  const auto again = terminal.ask(what + " again");
  if (!again) return again;
  if (again->reveal() != secret->reveal()) return fail("the two are not the same", what);
  return secret;
}

}  // namespace lockstep::app
