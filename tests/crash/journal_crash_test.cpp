// Fail or crash at the k-th change of the disk, for all k, and look at what a new start finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <ranges>

#include "effort.hpp"
#include "fault_disk.hpp"
#include "journal/sqlite_journal.hpp"
#include "scratch.hpp"

namespace lockstep::crash {
namespace {

using journal::JournalOptions;
using journal::SqliteJournal;
using Outbox = std::map<std::string, Bytes>;

struct Append {
  std::vector<Bytes> records;
  Outbox outbox;
};

/// Small records, a large one, several at once, effects that come and go, enough of it for three checkpoints.
std::vector<Append> workload() {
  std::vector<Append> all;
  Outbox outbox;
  for (std::uint8_t i = 0; i < 14; ++i) {
    Append append;
    for (std::uint8_t n = 0; n <= i % 3; ++n)
      append.records.push_back(Bytes(i == 5 ? 9000 : 50, static_cast<std::uint8_t>(16 * i + n)));
    outbox["effect " + std::to_string(i)] = Bytes(30, i);
    if (i >= 2) outbox.erase("effect " + std::to_string(i - 2));
    append.outbox = outbox;
    all.push_back(append);
  }
  return all;
}

class JournalCrash : public ::testing::Test {
 protected:
  void fresh() { scratch_ = Scratch(); }
  JournalOptions options(const std::string& vfs, std::uint64_t reserve = 0) const {
    JournalOptions options;
    options.file = scratch_.dir() / "journal.db";
    options.reserve_bytes = reserve;
    options.checkpoint_pages = 12;
    options.vfs = vfs;
    return options;
  }
  /// Appends until something fails, behind the first `acknowledged`; how many are acknowledged then.
  static std::size_t run(SqliteJournal& journal, std::size_t acknowledged = 0) {
    const auto all = workload();
    Outbox before = acknowledged == 0 ? Outbox{} : all[acknowledged - 1].outbox;
    for (const auto& append : all | std::views::drop(acknowledged)) {
      journal::OutboxBytes change{{}, append.outbox};
      for (const auto& [key, effect] : before) {
        if (append.outbox.contains(key))
          change.put.erase(key);
        else
          change.gone.push_back(key);
      }
      if (!journal.append_bytes(append.records, change, acknowledged)) break;
      before = append.outbox;
      ++acknowledged;
    }
    return acknowledged;
  }
  static std::size_t appends_in(SqliteJournal& journal) {
    auto records = journal.read(0, 1000).value().size();
    std::size_t appends = 0;
    for (const auto& append : workload()) {
      if (records < append.records.size()) break;
      records -= append.records.size();
      ++appends;
    }
    return appends;
  }
  /// What is there is a prefix of whole appends with at least the acknowledged ones, and the outbox that belongs to it.
  static void expect_prefix(SqliteJournal& journal, std::size_t acknowledged, const std::string& story) {
    SCOPED_TRACE(story);
    ASSERT_TRUE(journal.verify());
    const auto entries = journal.read(0, 1000).value();
    std::size_t appends = 0, records = 0;
    Outbox outbox;
    const auto all = workload();
    for (; records < entries.size(); ++appends) {
      ASSERT_LT(appends, all.size());
      for (const auto& record : all[appends].records) {
        ASSERT_LT(records, entries.size()) << "half an append";
        EXPECT_EQ(entries[records++].record, record);
      }
      outbox = all[appends].outbox;
    }
    EXPECT_GE(appends, acknowledged) << "an acknowledged append is lost";
    EXPECT_LE(appends, acknowledged + 1);
    Outbox found;
    const auto rows = journal.outbox().value();
    for (const auto& row : rows) found.emplace(row.key, row.effect);
    EXPECT_EQ(found, outbox);
  }
  void expect_reopens(const std::string& vfs, std::size_t acknowledged, const std::string& story) {
    auto reopened = SqliteJournal::open(options(vfs));
    ASSERT_TRUE(reopened) << story << ": " << reopened.error().text();
    expect_prefix(**reopened, acknowledged, story);
    EXPECT_TRUE((*reopened)->append_bytes({Bytes{1}}, {}, 1)) << story;
  }
  Scratch scratch_;
};

TEST_F(JournalCrash, PowerLossAtEveryChangeLosesNothingAcknowledged) {
  std::uint64_t cases = 0;
  for (const auto survivors : {Survivors::none, Survivors::all, Survivors::every_other, Survivors::torn}) {
    for (std::uint64_t k = 1;; ++k) {
      fresh();
      FaultDisk disk;
      disk.arm(Fault::crash, k);
      std::size_t acknowledged = 0;
      if (auto journal = SqliteJournal::open(options(disk.vfs()))) acknowledged = run(**journal);
      const bool struck = disk.struck();
      disk.lose_power(survivors);
      expect_reopens(disk.vfs(), acknowledged,
                     "change " + std::to_string(k) + " survivors " + std::to_string(int(survivors)));
      if (HasFatalFailure()) return;
      ++cases;
      if (!struck) break;  // the whole life, with its clean end, needs fewer changes
    }
  }
  EXPECT_GT(cases, 400u);
  RecordProperty("cases", static_cast<int>(cases));
}

TEST_F(JournalCrash, AFailedSyncIsTheEndAndNothingIsRetried) {
  std::uint64_t struck_times = 0;
  for (std::uint64_t k = 1;; ++k) {
    fresh();
    FaultDisk disk;
    auto journal = SqliteJournal::open(options(disk.vfs()));
    ASSERT_TRUE(journal);
    disk.arm(Fault::sync_error, k);
    const auto acknowledged = run(**journal);
    const bool struck = disk.struck();
    if (struck) {
      const auto before = disk.changes();
      const auto again = (*journal)->append_bytes({Bytes{1}}, {}, 1);
      ASSERT_FALSE(again) << "sync " << k;
      EXPECT_THAT(again.error().text(), ::testing::HasSubstr("I/O error"));
      EXPECT_EQ(disk.changes(), before) << "the disk was touched after a failed sync";
      ++struck_times;
    }
    disk.arm(Fault::none, 0);
    *journal = nullptr;
    disk.lose_power(Survivors::none);
    // A sync that failed while the log was copied comes after its append was durable.
    expect_reopens(disk.vfs(), acknowledged, "sync " + std::to_string(k));
    if (!struck) break;
  }
  EXPECT_GT(struck_times, 14u);
}

// What the failed sync should have kept is read by the next start, and is on no disk before that start has put it
// there.
TEST_F(JournalCrash, APowerLossAfterAFailedSyncAndARestartLosesNothingAcknowledged) {
  Sample sample(6);
  std::uint64_t cases = 0;
  for (std::uint64_t failing = 1, went_on = 1; went_on > 0; ++failing) {
    went_on = 0;
    for (const auto survivors : {Survivors::none, Survivors::all, Survivors::every_other, Survivors::torn}) {
      for (std::uint64_t k = 1; k <= 30; ++k) {
        if (k > 1 && !sample.take()) continue;
        fresh();
        FaultDisk disk;
        disk.arm(Fault::sync_error, failing);
        std::size_t acknowledged = 0;
        if (auto journal = SqliteJournal::open(options(disk.vfs()))) acknowledged = run(**journal);
        if (!disk.struck()) break;
        ++went_on;
        disk.arm(Fault::crash, k);
        if (auto journal = SqliteJournal::open(options(disk.vfs())))
          acknowledged = run(**journal, appends_in(**journal));
        disk.lose_power(survivors);
        expect_reopens(disk.vfs(), acknowledged,
                       "sync " + std::to_string(failing) + " fails, then change " + std::to_string(k) + " survivors " +
                           std::to_string(int(survivors)));
        if (HasFatalFailure()) return;
        ++cases;
      }
    }
  }
  EXPECT_GT(cases, 300u);
  RecordProperty("cases", static_cast<int>(cases));
}

TEST_F(JournalCrash, AFailedWriteIsTheEnd) {
  for (std::uint64_t k = 1;; ++k) {
    fresh();
    FaultDisk disk;
    auto journal = SqliteJournal::open(options(disk.vfs()));
    ASSERT_TRUE(journal);
    disk.arm(Fault::write_error, k);
    const auto acknowledged = run(**journal);
    const bool struck = disk.struck();
    if (struck) {
      EXPECT_LT(acknowledged, workload().size());
      EXPECT_FALSE((*journal)->append_bytes({Bytes{1}}, {}, 1));
    }
    disk.arm(Fault::none, 0);
    *journal = nullptr;
    disk.lose_power(Survivors::none);
    expect_reopens(disk.vfs(), acknowledged, "write " + std::to_string(k));
    if (!struck) break;
  }
}

TEST_F(JournalCrash, AFullDiskGivesTheReserveBackOnceAndGoesOnDegraded) {
  std::uint64_t struck_times = 0;
  for (std::uint64_t k = 1;; ++k) {
    fresh();
    FaultDisk disk;
    auto journal = SqliteJournal::open(options(disk.vfs(), 1 << 20));
    ASSERT_TRUE(journal);
    disk.set_space_is_back([this] { return !std::filesystem::exists(scratch_.dir() / "reserve"); });
    disk.arm(Fault::full, k);
    const auto acknowledged = run(**journal);
    EXPECT_EQ(acknowledged, workload().size()) << "write " << k;
    EXPECT_EQ((*journal)->degraded(), disk.struck());
    const bool struck = disk.struck();
    struck_times += struck ? 1 : 0;
    disk.arm(Fault::none, 0);
    *journal = nullptr;
    disk.lose_power(Survivors::none);
    expect_reopens(disk.vfs(), acknowledged, "write " + std::to_string(k));
    if (!struck) break;
  }
  EXPECT_GT(struck_times, 30u);
}

TEST_F(JournalCrash, ADiskThatStaysFullStopsTheJournalWithAClearError) {
  for (std::uint64_t k = 1;; ++k) {
    fresh();
    FaultDisk disk;
    auto journal = SqliteJournal::open(options(disk.vfs(), 1 << 20));
    ASSERT_TRUE(journal);
    disk.arm(Fault::full, k);
    const auto acknowledged = run(**journal);
    const bool struck = disk.struck();
    if (struck && acknowledged < workload().size()) {
      const auto again = (*journal)->append_bytes({Bytes{1}}, {}, 1);
      EXPECT_THAT(again.error().text(), ::testing::HasSubstr("the disk is full"));
      EXPECT_FALSE(std::filesystem::exists(scratch_.dir() / "reserve"));
    }
    disk.arm(Fault::none, 0);
    *journal = nullptr;
    disk.lose_power(Survivors::none);
    expect_reopens(disk.vfs(), acknowledged, "write " + std::to_string(k));
    if (!struck) break;
  }
}

}  // namespace
}  // namespace lockstep::crash
