#include "files/durable.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lockstep::files {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

std::unexpected<Error> failed(const char* what, const fs::path& file, int error) {
  const char* next = "check permissions and the disk";
  if (error == ENOSPC || error == EDQUOT) next = "free disk space";
  if (error == EEXIST) next = "choose another name";
  return fail(what, file.string(), std::strerror(error), next);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class Writer {
 public:
  Writer(const fs::path& file, const How& how) : file_(file), temporary_(temporary_of(file)), how_(how) {}

  Result<void> run(std::string_view text) {
    auto done = fill(text);
    if (done && !did(Step::name, [&] { return give_name(); })) done = failed("cannot name the file", file_, error_);
    if (!done) {
      ::unlink(temporary_.c_str());
      return done;
    }
    const auto folder = file_.has_parent_path() ? file_.parent_path() : fs::path(".");
    const bool synced = did(Step::sync_folder, [&] {
      const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      return opened.get() >= 0 && ::fsync(opened.get()) == 0;
    });
    return synced ? Result<void>() : failed("the folder is not durable", folder, error_);
  }

 private:
  Result<void> fill(std::string_view text) {
    ::unlink(temporary_.c_str());  // of a crash; never written through, it could be a link
    const mode_t mode = how_.access == Access::owner ? 0600 : 0640;
    int fd = -1;
    const bool created = did(Step::create, [&] {
      fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
      return fd >= 0;
    });
    if (!created) return failed("the file cannot be made", temporary_, error_);
    Descriptor opened(fd);
    if (!did(Step::write, [&] { return write_all(opened.get(), text); }))
      return failed("the file cannot be written", temporary_, error_);
    if (!did(Step::sync, [&] { return ::fsync(opened.get()) == 0 && opened.close(); }))
      return failed("the file is not durable", temporary_, error_);
    return {};
  }

  /// A link refuses a name that is taken, where a rename would replace it.
  bool give_name() const {
    if (how_.existing == Existing::replace) return ::rename(temporary_.c_str(), file_.c_str()) == 0;
    return ::link(temporary_.c_str(), file_.c_str()) == 0 && ::unlink(temporary_.c_str()) == 0;
  }

  template <class Action>
  bool did(Step step, Action action) {
    if (how_.fault) {
      error_ = how_.fault(step);
      if (error_ != 0) return false;
    }
    const bool done = action();
    error_ = done ? 0 : errno;
    return done;
  }

  const fs::path& file_;
  const fs::path temporary_;
  const How& how_;
  int error_ = 0;
};

}  // namespace

fs::path temporary_of(const fs::path& file) {
  auto temporary = file;
  temporary += ".new";
  return temporary;
}

Result<void> write_durably(const fs::path& file, std::string_view text, const How& how) {
  return Writer(file, how).run(text);
}

}  // namespace lockstep::files
