#pragma once
// A disk that fails on command. It is a SQLite VFS over the system's: real files, but it remembers for every file what
// the last successful sync made durable and every write since, so that a power loss can be played afterwards (the idea
// of LevelDB's fault injection test).
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace lockstep::crash {

enum class Fault : std::uint8_t {
  none,
  crash,       // the operation and all after it do not happen: the process is dead
  full,        // the operation and all writes after it find no space, as long as `space_is_back` says no
  sync_error,  // this one sync fails; what it should have made durable is lost
  write_error  // this one write fails
};

/// What survives of the writes that no sync made durable.
enum class Survivors : std::uint8_t { none, all, every_other, torn };

class FaultDisk {
 public:
  FaultDisk();
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  const std::string& vfs() const { return name_; }
  /// `fault` strikes at the `at`-th operation (1, 2, …) of its sort from now on: any change for crash, writes for full
  /// and write_error, syncs for sync_error.
  void arm(Fault fault, std::uint64_t at);
  void set_space_is_back(std::function<bool()> question) { space_is_back_ = std::move(question); }
  bool struck() const { return struck_; }
  bool crashed() const { return struck_ && fault_ == Fault::crash; }
  std::uint64_t changes() const { return changes_; }  // writes, truncates, syncs and deletes so far
  /// Puts on disk what a power loss would leave. No file may be open.
  void lose_power(Survivors survivors);

  // For the VFS only.
  struct Pending {
    std::uint64_t offset = 0;
    std::optional<Bytes> data;  // nothing: truncated to offset
  };
  struct File {
    std::optional<Bytes> durable;  // nothing: the file's name is not durable yet
    std::vector<Pending> pending;
    bool deleted = false;  // and no sync of the directory since: a power loss may bring it back
  };
  int before(bool write, bool sync);  // SQLITE_OK, or how the operation fails
  File& file(const std::string& path) { return files_[path]; }
  void opened(const std::string& path);
  void synced(File& file);  // the system's VFS syncs the directory with the first sync of a new journal or log
  void removed(const std::string& path, bool durable);

 private:
  std::string name_;
  struct Vfs;
  sqlite3_vfs* vfs_;
  std::map<std::string, File> files_;
  Fault fault_ = Fault::none;
  std::uint64_t countdown_ = 0, changes_ = 0;
  bool struck_ = false;
  std::function<bool()> space_is_back_;
};

}  // namespace lockstep::crash
