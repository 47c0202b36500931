#include "journal/data_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace lockstep::journal {

namespace {

// Magic numbers of statfs(2).
constexpr long nfs = 0x6969, smb = 0x517b, smb2 = 0xfe534d42, cifs = 0xff534d42, afs = 0x5346414f, ceph = 0x00c36400,
               ninep = 0x01021997, coda = 0x73757245, fuse = 0x65735546, lustre = 0x0bd00bd0, gpfs = 0x47504653,
               overlayfs = 0x794c7630;

}  // namespace

FileSystem describe_magic(long magic) {
  switch (magic) {
    case nfs:
      return {true, false, "NFS"};
    case smb:
    case smb2:
    case cifs:
      return {true, false, "SMB"};
    case afs:
      return {true, false, "AFS"};
    case ceph:
      return {true, false, "Ceph"};
    case ninep:
      return {true, false, "9p"};
    case coda:
      return {true, false, "Coda"};
    case fuse:
      return {true, false, "FUSE"};
    case lustre:
      return {true, false, "Lustre"};
    case gpfs:
      return {true, false, "GPFS"};
    case overlayfs:
      return {false, true, "overlayfs"};
    default:
      return {false, false, "local"};
  }
}

Result<FileLock> FileLock::take(const std::filesystem::path& file, const std::string& owner_of) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail("cannot open the lock file", file.string(), std::strerror(errno), "check the owner of its directory");
  FileLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail("cannot lock", file.string(), std::strerror(errno));
    return fail("another process already owns the " + owner_of, file.string(), "it holds the lock",
                "stop the other lockstepd, or give this one its own data_dir");
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

namespace {

Result<void> sync_path(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return fail("cannot open", path.string(), std::strerror(errno));
  const int status = ::fsync(fd);
  const int saved = errno;
  ::close(fd);
  if (status != 0) return fail("cannot make durable", path.string(), std::strerror(saved));
  return {};
}

}  // namespace

Result<void> sync_directory(const std::filesystem::path& directory) { return sync_path(directory, O_DIRECTORY); }
Result<void> sync_file(const std::filesystem::path& file) { return sync_path(file, 0); }

Result<void> prepare_data_dir(const std::filesystem::path& directory, std::string& warning) {
  std::error_code problem;
  if (!std::filesystem::exists(directory, problem)) {
    std::filesystem::create_directories(directory, problem);
    if (problem) return fail("cannot create the data directory", directory.string(), problem.message());
    ::chmod(directory.c_str(), 0700);
    const auto parent = std::filesystem::absolute(directory).parent_path();
    if (auto synced = sync_directory(parent); !synced) return synced;
  }
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) {
    return fail("cannot examine the data directory", directory.string(), std::strerror(errno));
  }
  const auto kind = describe_magic(static_cast<long>(info.f_type));
  if (kind.network) {
    return fail("the data directory is on " + kind.name, directory.string(),
                "locks and fsync of such file systems cannot be relied on", "use a local disk");
  }
  warning = kind.overlay
                ? "the data directory is on " + kind.name + ": it may vanish with its container; mount a volume"
                : "";
  return {};
}

}  // namespace lockstep::journal
