#pragma once
// A disk in memory that fails on command, as a SQLite VFS. It knows of every file what the last sync made durable and
// every write since, so that a process can be killed (nothing written is lost) or the power cut (what was not synced
// may be lost, kept in part, or torn). One disk per operator; it outlives the processes that use it.
#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sim/rng.hpp"
#include "base/bytes.hpp"

namespace lockstep::sim {

enum class DiskFault : std::uint8_t {
  none,
  crash,        // the operation and all after it do not happen: the process is dead
  sync_error,   // one sync fails; what it should have made durable never becomes so
  write_error,  // one write fails
  full          // writes that make a file longer find no space, until free_space()
};

class MemoryDisk {
 public:
  using Image = std::map<std::string, Bytes>;  // file name → content

  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const std::string& vfs() const { return name_; }
  /// `fault` strikes at the `at`-th operation (1, 2, …) of its sort from now on.
  void arm(DiskFault fault, std::uint64_t at);
  void free_space();
  /// While set, a sync says it succeeded and makes nothing durable.
  void set_sync_lies(bool lies) { sync_lies_ = lies; }
  bool struck() const { return struck_; }
  /// After a crash: operations happen again.
  void revive();

  /// Cuts the power: every write since the last sync is lost, kept or torn, as `rng` says. No file may be open.
  void lose_power(Rng& rng);
  Image image() const;  // as a program reads it now
  Image durable() const;
  void restore(const Image& image);
  std::uint64_t changes() const { return changes_; }

  // For the VFS only.
  struct Write {
    std::uint64_t offset = 0;
    std::optional<Bytes> data;  // nothing: truncated to offset
  };
  struct File {
    Bytes content;
    Bytes durable;
    bool exists_durably = false;
    std::vector<Write> pending;
    bool deleted = false;
  };
  int before(bool write, bool sync, bool grows);  // SQLITE_OK, or how the operation fails
  File* find(const std::string& name);
  File& create(const std::string& name);
  void sync(File& file);
  void remove(const std::string& name, bool durably);

 private:
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<std::string, std::unique_ptr<File>> files_;
  DiskFault fault_ = DiskFault::none;
  std::uint64_t countdown_ = 0, changes_ = 0;
  bool struck_ = false, sync_lies_ = false;
};

}  // namespace lockstep::sim
