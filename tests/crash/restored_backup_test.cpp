// Backups put back in the middle of an upgrade, after signatures went out that they do not know (F3, K5). Whatever is
// restored, the daemon observes and signs nothing, and tells why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ending.hpp"
#include "scratch.hpp"

namespace lockstep::crash {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class RestoredBackup : public ::testing::Test {
 protected:
  RestoredBackup() : world_(setup()) {}

  WorldSetup setup() const {
    WorldSetup setup;
    setup.dir = scratch_.dir();
    return setup;
  }
  /// Lives until nothing was signed yet and the first gate is armed, keeps a copy, and goes on until SWITCH and
  /// VOTE_NEW are out.
  void live_on_after_a_copy() {
    ASSERT_EQ(world_.live({}, 10).value(), Life::running);
    ASSERT_EQ(world_.signatures(), 0u);
    world_.stop();
    fs::copy(scratch_.dir() / "0", backup_.dir() / "0");
    while (world_.signatures() < 2) ASSERT_EQ(world_.live({}, 1).value(), Life::running);
    world_.stop();
  }
  void restore(const std::string& name) const {
    for (const char* suffix : {"", "-wal"}) fs::remove(scratch_.dir() / "0" / (name + suffix));
    fs::copy(backup_.dir() / "0" / name, scratch_.dir() / "0" / name);
  }
  /// Whatever is resumed, and however often it is started.
  void expect_silence(const std::string& why) {
    for (int start = 0; start < 3; ++start) {
      const auto life = world_.live({}, 120);
      ASSERT_TRUE(life) << life.error().text();
      EXPECT_EQ(*life, Life::running);
      ASSERT_TRUE(world_.command(coordinator::CommandKind::resume));
      ASSERT_EQ(world_.live({}, 20).value(), Life::running);
      EXPECT_EQ(world_.signatures(), 2u) << "something was signed after start " << start;
      std::string told;
      for (const auto& alarm : world_.snapshot()->alarms) told.append(alarm.code).append(": ").append(alarm.detail);
      EXPECT_THAT(told, HasSubstr(why)) << start;
      world_.stop();
    }
  }

  Scratch scratch_, backup_;
  World world_;
};

TEST_F(RestoredBackup, OfTheJournalAlone) {
  live_on_after_a_copy();
  restore("journal.db");
  expect_silence("the journal is older than the signing guard");
}

TEST_F(RestoredBackup, OfTheGuardAlone) {
  live_on_after_a_copy();
  restore("guard.db");
  expect_silence("the signing guard is older than the journal");
}

TEST_F(RestoredBackup, OfBothIsSeenByWhatPeersKeep) {
  live_on_after_a_copy();
  restore("journal.db");
  restore("guard.db");
  expect_silence("own-signature-unknown");
  journal::JournalOptions options;
  options.file = scratch_.dir() / "0" / "journal.db";
  options.reserve_bytes = 0;
  const auto journal = journal::SqliteJournal::open(options).value();
  const auto guard = journal::Guard::open({scratch_.dir() / "0" / "guard.db", ""}, *journal).value();
  EXPECT_EQ(guard->import_watermark("perps", 0).value(), 1u) << "the guard was not told";
}

TEST_F(RestoredBackup, WithTheGuardLost) {
  live_on_after_a_copy();
  fs::remove(scratch_.dir() / "0" / "guard.db");
  expect_silence("the signing guard is gone");
}

TEST_F(RestoredBackup, NothingRestoredGoesOn) {
  live_on_after_a_copy();
  const auto problem = world_.run({});
  ASSERT_FALSE(problem) << *problem;
  expect_ending(world_, ends_new);
}

}  // namespace
}  // namespace lockstep::crash
