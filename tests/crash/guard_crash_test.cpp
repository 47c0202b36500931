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

}  // namespace
}  // namespace lockstep::crash
