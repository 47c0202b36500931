// A disk that forgets must forget exactly what was not synced.
#include "adapters/sim/memory_disk.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace lockstep::sim {
namespace {

class Db {
 public:
  explicit Db(const MemoryDisk& disk) {
    sqlite3_open_v2("/t.db", &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk.vfs().c_str());
    run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE IF NOT EXISTS t (n INTEGER)");
  }
  ~Db() { sqlite3_close_v2(db_); }
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;
  int run(const char* sql) { return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); }
  int count() {
    sqlite3_stmt* stmt = nullptr;
    sqlite3_prepare_v2(db_, "SELECT count(*) FROM t", -1, &stmt, nullptr);
    const int found = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    return found;
  }

 private:
  sqlite3* db_ = nullptr;
};

/// What is left of three rows when the process dies, and the power fails or does not.
int rows_after(MemoryDisk& disk, bool power_fails, std::uint64_t seed) {
  {
    Db db(disk);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(db.run("INSERT INTO t VALUES (1)"), SQLITE_OK);
    disk.arm(DiskFault::crash, 1);  // nothing that closing does reaches the disk
  }
  disk.revive();
  Rng rng(seed);
  if (power_fails) disk.lose_power(rng);
  return Db(disk).count();
}

TEST(MemoryDisk, KeepsWhatWasCommitted) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryDisk disk;
    EXPECT_EQ(rows_after(disk, seed % 2 == 0, seed), 3) << seed;
  }
}

TEST(MemoryDisk, ForgetsWhatASyncOnlyPromised) {
  int forgotten = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryDisk disk;
    { Db db(disk); }
    disk.set_sync_lies(true);
    forgotten += rows_after(disk, true, seed) < 3 ? 1 : 0;
  }
  EXPECT_GT(forgotten, 5);
}

TEST(MemoryDisk, FailsAsItIsTold) {
  MemoryDisk disk;
  Db db(disk);
  disk.arm(DiskFault::sync_error, 1);
  EXPECT_EQ(db.run("INSERT INTO t VALUES (1)") & 0xff, SQLITE_IOERR);
  disk.arm(DiskFault::full, 1);
  EXPECT_EQ(db.run("INSERT INTO t VALUES (1)"), SQLITE_FULL);
  disk.free_space();
  EXPECT_EQ(db.run("INSERT INTO t VALUES (1)"), SQLITE_OK);
}

}  // namespace
}  // namespace lockstep::sim
