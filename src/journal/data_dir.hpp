#pragma once
// The directory a daemon owns: local, and locked against a second daemon for as long as this object lives.
#include <filesystem>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace lockstep::journal {

/// An exclusive flock(2) on a file, held until the object goes. The file stays: deleting it would let two owners in.
class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& file, const std::string& owner_of);
  /// Holds nothing: for files that no other process can see.
  static FileLock none() { return FileLock(-1); }
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

/// What kind of file system a directory is on, as far as durability goes.
struct FileSystem {
  bool network = false;  // locks and fsync cannot be relied on: refused
  bool overlay = false;  // gone with its container: allowed, with a warning
  std::string name;
};
FileSystem describe_magic(long magic);

/// fsync of the directory itself, so that the names of its files survive a power loss.
Result<void> sync_directory(const std::filesystem::path& directory);
Result<void> sync_file(const std::filesystem::path& file);

/// Creates the directory (0700) if it is absent; refuses network file systems. `warning` is empty or says what is
/// doubtful.
Result<void> prepare_data_dir(const std::filesystem::path& directory, std::string& warning);

}  // namespace lockstep::journal
