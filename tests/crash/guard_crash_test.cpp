// The guard under power loss at every change of its disk: what was admitted is never forgotten, so nothing is ever
// signed twice (S8).
#include <gtest/gtest.h>

#include "crypto/keccak256.hpp"
#include "fault_disk.hpp"
#include "journal/guard.hpp"
#include "scratch.hpp"

namespace lockstep::crash {
namespace {

using coordinator::Kind;
using coordinator::Statement;
using journal::Guard;
using journal::SqliteJournal;

Statement statement(std::uint64_t epoch) { return {Kind::vote_new, epoch, {}, coordinator::Outcome::none, {}, {}}; }
Hash32 first_digest() { return crypto::keccak256("the statement that was signed"); }
Hash32 other_digest() { return crypto::keccak256("a statement that contradicts it"); }

TEST(GuardCrash, PowerLossAtEveryChangeForgetsNoIntent) {
  std::uint64_t cases = 0;
  for (const auto survivors : {Survivors::none, Survivors::every_other, Survivors::torn}) {
    for (std::uint64_t k = 1;; ++k) {
      const Scratch scratch;
      const auto& dir = scratch.dir();
      journal::JournalOptions options;
      options.file = dir / "journal.db";
      options.reserve_bytes = 0;
      auto journal = SqliteJournal::open(options).value();
      FaultDisk disk;
      disk.arm(Fault::crash, k);
      std::uint64_t admitted = 0;
      const Bytes signature(65, 7);
      if (auto guard = Guard::open({dir / "guard.db", disk.vfs()}, *journal)) {
        for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
          if (!(*guard)->admit("perps", statement(epoch), first_digest(), 0)) break;
          admitted = epoch;  // from here on the signature may be out in the world
          if (!(*guard)->complete("perps", statement(epoch), signature)) break;
        }
      }
      const bool struck = disk.struck();
      disk.lose_power(survivors);
      auto reopened = Guard::open({dir / "guard.db", disk.vfs()}, *journal);
      ASSERT_TRUE(reopened) << "change " << k << ": " << reopened.error().text();
      for (std::uint64_t epoch = 1; epoch <= admitted; ++epoch) {
        EXPECT_FALSE((*reopened)->admit("perps", statement(epoch), other_digest(), 0))
            << "change " << k << ", epoch " << epoch;
        EXPECT_TRUE((*reopened)->admit("perps", statement(epoch), first_digest(), 0)) << "change " << k;
      }
      ++cases;
      if (!struck) break;
    }
  }
  EXPECT_GT(cases, 60u);
}

// F2: a disk that failed once is not asked again. What a new start reads is whole, and signing goes on from there.
TEST(GuardCrash, AFailedWriteOrSyncEndsSigningUntilANewStart) {
  std::uint64_t ended = 0;
  for (const auto fault : {Fault::sync_error, Fault::write_error}) {
    for (std::uint64_t k = 1;; ++k) {
      SCOPED_TRACE("fault " + std::to_string(static_cast<int>(fault)) + " at " + std::to_string(k));
      const Scratch scratch;
      journal::JournalOptions options;
      options.file = scratch.dir() / "journal.db";
      options.reserve_bytes = 0;
      auto journal = SqliteJournal::open(options).value();
      FaultDisk disk;
      auto guard = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal).value();
      disk.arm(fault, k);
      std::uint64_t admitted = 0;
      for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
        if (!guard->admit("perps", statement(epoch), first_digest(), 0)) break;
        admitted = epoch;
        if (!guard->complete("perps", statement(epoch), Bytes(65, 7))) break;
      }
      const bool struck = disk.struck();
      if (struck) {
        ++ended;
        const auto before = disk.changes();
        EXPECT_FALSE(guard->admit("perps", statement(9), first_digest(), 0));
        EXPECT_FALSE(guard->admit("perps", statement(1), first_digest(), 0)) << "not even what it gave before";
        EXPECT_FALSE(guard->import_watermark("perps", 1));
        EXPECT_EQ(disk.changes(), before) << "the disk was touched after it failed";
      }
      guard.reset();
      disk.lose_power(Survivors::none);
      auto reopened = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal).value();
      for (std::uint64_t epoch = 1; epoch <= admitted; ++epoch)
        EXPECT_FALSE(reopened->admit("perps", statement(epoch), other_digest(), 0)) << epoch;
      EXPECT_TRUE(reopened->admit("perps", statement(9), first_digest(), 0));
      if (!struck) break;
    }
  }
  EXPECT_GT(ended, 15u);
}

// F4: what ends a plan finds room in the reserve; what moves one forward is refused, and the guard lives on.
TEST(GuardCrash, AFullDiskTakesTheReserveForWhatEndsAPlan) {
  for (const auto kind : {Kind::switch_version, Kind::vote_new, Kind::vote_old, Kind::outcome, Kind::halt_now}) {
    const Scratch scratch;
    journal::JournalOptions options;
    options.file = scratch.dir() / "journal.db";
    options.reserve_bytes = 1 << 20;
    auto journal = SqliteJournal::open(options).value();
    FaultDisk disk;
    auto guard = Guard::open({scratch.dir() / "guard.db", disk.vfs()}, *journal).value();
    disk.set_space_is_back([&] { return !std::filesystem::exists(scratch.dir() / "reserve"); });
    disk.arm(Fault::full, 1);
    auto wanted = statement(1);
    wanted.kind = kind;
    const bool forward = kind == Kind::switch_version || kind == Kind::vote_new;
    EXPECT_EQ(guard->admit("perps", wanted, first_digest(), 0).has_value(), !forward) << coordinator::to_text(kind);
    EXPECT_TRUE(journal->degraded());
    EXPECT_TRUE(guard->admit("perps", statement(2), first_digest(), 0)) << "the space came back";
  }
}

}  // namespace
}  // namespace lockstep::crash
