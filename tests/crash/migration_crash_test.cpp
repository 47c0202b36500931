// A version-1 journal and guard in the hands of today's program, with the disk failing at every change: what is left is
// version 1 or version 2, whole, and either goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/keccak256.hpp"
#include "fault_disk.hpp"
#include "journal/guard.hpp"
#include "journal/sqlite_journal.hpp"
#include "scratch.hpp"
#include "v1_files.hpp"

namespace lockstep::crash {
namespace {

using journal::Guard;
using journal::JournalOptions;
using journal::SqliteJournal;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::uint64_t v1_records = 82;
const Hash32 v1_last_hash =
    *fixed_from_hex<Hash32>("0x2f4752dcba08110447b34bca1224c17c3f4b10ea84079912d25bf5bdf1914b5d");

JournalOptions options(const Scratch& scratch, const std::string& vfs = {}) {
  JournalOptions options;
  options.file = scratch.dir() / "journal.db";
  options.reserve_bytes = 0;
  options.vfs = vfs;
  return options;
}

/// What a power loss left, seen without our code: of which version it is, and that it is whole.
std::string left_behind(const std::filesystem::path& dir) {
  const Scratch elsewhere;
  for (const char* name : {"journal.db", "journal.db-wal"})
    if (std::filesystem::exists(dir / name)) std::filesystem::copy(dir / name, elsewhere.dir() / name);
  const auto file = elsewhere.dir() / "journal.db";
  return ask(file,
             "PRAGMA integrity_check; SELECT count(*) FROM record; PRAGMA user_version;"
             "SELECT count(*) FROM sqlite_schema WHERE name='plan_record'; SELECT count(*) FROM outbox;"
             "SELECT count(*) FROM sqlite_schema WHERE type='trigger' AND tbl_name='record'");
}

void expect_whole(SqliteJournal& journal) {
  const auto verified = journal.verify();
  EXPECT_TRUE(verified) << verified.error().text();
  const auto entries = journal.read(0, 1000).value();
  ASSERT_EQ(entries.size(), v1_records);
  EXPECT_EQ(entries.back().chain_hash, v1_last_hash);
  EXPECT_EQ(journal.outbox().value().size(), 3u);
  std::size_t of_plan = 0;
  for (std::uint64_t at = 0;;) {  // in small pages, as a reader of one plan among many would
    const auto page = journal.read_plan(crypto::keccak256("plan"), at, 7).value();
    if (page.empty()) break;
    for (const auto& entry : page) EXPECT_EQ(entry.record, entries[entry.seq - 1].record);
    of_plan += page.size();
    at = page.back().seq;
  }
  EXPECT_GT(of_plan, 60u);
  EXPECT_LT(of_plan, v1_records);  // the clock belongs to no plan
  EXPECT_TRUE(journal.read_plan(crypto::keccak256("another plan"), 0, 7).value().empty());
}

class Migration : public ::testing::TestWithParam<Survivors> {};

TEST_P(Migration, OfTheJournalIsWholeOrNotAtAll) {
  std::uint64_t old = 0, migrated = 0;
  for (std::uint64_t k = 1;; ++k) {
    SCOPED_TRACE("change " + std::to_string(k));
    const Scratch scratch;
    make_v1(scratch.dir(), "journal");
    FaultDisk disk;
    disk.arm(Fault::crash, k);
    { const auto opened = SqliteJournal::open(options(scratch, disk.vfs())); }
    const bool struck = disk.struck();
    disk.lose_power(GetParam());
    const auto left = left_behind(scratch.dir());
    if (left == "ok 82 1 0 3 2")
      ++old;
    else if (left == "ok 82 2 1 3 2")
      ++migrated;
    else
      FAIL() << left;
    auto again = SqliteJournal::open(options(scratch, disk.vfs()));
    ASSERT_TRUE(again) << again.error().text();
    expect_whole(**again);
    EXPECT_TRUE((*again)->append_bytes({Bytes{1}}, {}, 1));
    if (!struck) break;
  }
  EXPECT_GT(old, 30u);
  EXPECT_GT(migrated, 0u);
  RecordProperty("crashes", static_cast<int>(old + migrated));
}

INSTANTIATE_TEST_SUITE_P(Survivors, Migration,
                         ::testing::Values(Survivors::none, Survivors::all, Survivors::every_other, Survivors::torn));

TEST(MigrationTest, KeepsACopyThatIsTheOldJournal) {
  const Scratch scratch, restored;
  make_v1(scratch.dir(), "journal");
  {
    const auto opened = SqliteJournal::open(options(scratch)).value();
    expect_whole(*opened);
  }
  EXPECT_EQ(ask(scratch.dir() / "journal.db.v1", "PRAGMA user_version; SELECT count(*) FROM record"), "1 82");
  EXPECT_FALSE(std::filesystem::exists(scratch.dir() / "journal.db.v1-wal"));
  std::filesystem::copy(scratch.dir() / "journal.db.v1", restored.dir() / "journal.db");
  expect_whole(*SqliteJournal::open(options(restored)).value());
}

TEST(MigrationTest, WithoutRoomItIsRefusedAndNothingIsLost) {
  std::uint64_t refused = 0;
  for (std::uint64_t k = 1;; ++k) {
    SCOPED_TRACE("write " + std::to_string(k));
    const Scratch scratch;
    make_v1(scratch.dir(), "journal");
    FaultDisk disk;
    disk.set_space_is_back([] { return false; });
    disk.arm(Fault::full, k);
    {
      const auto opened = SqliteJournal::open(options(scratch, disk.vfs()));
      if (!disk.struck()) break;
      if (!opened) {
        ++refused;
        EXPECT_THAT(opened.error().text(), HasSubstr("the disk is full"));
        // Version 2 if only what follows the commit in the log found no space.
        EXPECT_THAT(left_behind(scratch.dir()), AnyOf("ok 82 1 0 3 2", "ok 82 2 1 3 2"));
      }
    }
    disk.arm(Fault::none, 0);
    const auto again = SqliteJournal::open(options(scratch, disk.vfs()));
    ASSERT_TRUE(again) << again.error().text();
    expect_whole(**again);
  }
  EXPECT_GT(refused, 20u);
}

TEST(MigrationTest, AFailedSyncOrWriteLosesNothing) {
  for (const auto fault : {Fault::sync_error, Fault::write_error}) {
    for (std::uint64_t k = 1;; ++k) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at " + std::to_string(k));
      const Scratch scratch;
      make_v1(scratch.dir(), "journal");
      FaultDisk disk;
      disk.arm(fault, k);
      { const auto opened = SqliteJournal::open(options(scratch, disk.vfs())); }
      const bool struck = disk.struck();
      disk.lose_power(Survivors::none);
      const auto again = SqliteJournal::open(options(scratch, disk.vfs()));
      ASSERT_TRUE(again) << again.error().text();
      expect_whole(**again);
      if (!struck) break;
    }
  }
}

TEST(MigrationTest, ADamagedJournalIsNotMigrated) {
  const Scratch scratch;
  make_v1(scratch.dir(), "journal");
  run_sql(scratch.dir() / "journal.db",
          "DROP TRIGGER record_is_never_changed; UPDATE record SET body=x'00' WHERE seq=3");
  const auto opened = SqliteJournal::open(options(scratch));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("record 3"));
  EXPECT_EQ(ask(scratch.dir() / "journal.db", "PRAGMA user_version"), "1");
}

TEST(MigrationTest, OfTheGuardForgetsNothingAndKeepsNoCopy) {
  const coordinator::Statement vote{coordinator::Kind::switch_version, 1, {}, coordinator::Outcome::none, {}, {}};
  for (const auto survivors : {Survivors::none, Survivors::all, Survivors::every_other, Survivors::torn}) {
    for (std::uint64_t k = 1;; ++k) {
      SCOPED_TRACE("change " + std::to_string(k));
      const Scratch scratch;
      for (const char* name : {"journal", "guard"}) make_v1(scratch.dir(), name);
      const auto journal = SqliteJournal::open(options(scratch)).value();
      FaultDisk disk;
      disk.arm(Fault::crash, k);
      { const auto opened = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal); }
      const bool struck = disk.struck();
      disk.lose_power(survivors);
      const auto guard = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal);
      ASSERT_TRUE(guard) << guard.error().text();
      const auto second = (*guard)->admit("perps", vote, crypto::keccak256("another switch"), 90);
      ASSERT_FALSE(second) << "the signature of version 1 is forgotten";
      EXPECT_THAT(second.error().text(), HasSubstr("already signed"));
      EXPECT_FALSE(std::filesystem::exists(scratch.dir() / "guard.db.v1"));
      if (!struck) break;
    }
  }
}

TEST(MigrationTest, AWatermarkIsThereOrNotAndNeverFalls) {
  for (const auto survivors : {Survivors::none, Survivors::every_other, Survivors::torn}) {
    for (std::uint64_t k = 1;; ++k) {
      SCOPED_TRACE("change " + std::to_string(k));
      const Scratch scratch;
      const auto journal = SqliteJournal::open(options(scratch)).value();
      FaultDisk disk;
      std::uint64_t imported = 0;
      {
        auto guard = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal).value();
        disk.arm(Fault::crash, k);
        for (const std::uint64_t epoch : {3, 5})
          if (guard->import_watermark("perps", epoch)) imported = epoch;
      }
      const bool struck = disk.struck();
      disk.lose_power(survivors);
      auto guard = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal).value();
      for (std::uint64_t epoch = 1; epoch <= imported; ++epoch)
        EXPECT_FALSE(guard->admit(
            "perps", {coordinator::Kind::outcome, epoch, {}, coordinator::Outcome::new_version, {}, {}}, {}, 0));
      EXPECT_TRUE(
          guard->admit("perps", {coordinator::Kind::outcome, 6, {}, coordinator::Outcome::new_version, {}, {}}, {}, 0));
      if (!struck) break;
    }
  }
}

}  // namespace
}  // namespace lockstep::crash
