#include "journal/reserve.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <system_error>

namespace lockstep::journal {

Result<void> Reserve::hold(std::uint64_t bytes) {
  held_ = false;
  if (bytes == 0) return {};
  const int fd = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail("cannot create the reserve file", file_.string(), std::strerror(errno));
  const int status = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  ::close(fd);
  if (status != 0) {
    std::error_code ignored;  // a file that could not be filled is of no use; whether it goes changes nothing
    std::filesystem::remove(file_, ignored);
    return fail("cannot put " + std::to_string(bytes >> 20) + " MiB of disk aside", file_.string(),
                std::strerror(status), "free space on its file system");
  }
  held_ = true;
  return {};
}

bool Reserve::release() {
  if (!held_.exchange(false)) return false;
  std::error_code problem;
  return std::filesystem::remove(file_, problem) && !problem;
}

}  // namespace lockstep::journal
