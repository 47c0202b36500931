// lockstepd is updated in the middle of a plan: what a version-1 program left is recovered whole by today's, and the
// upgrade goes on from there. The same world, in which today's program died at the same place, stands in for the
// chains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scratch.hpp"
#include "v1_files.hpp"
#include "world.hpp"

namespace lockstep::crash {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const char* const journal_files[] = {"journal.db", "journal.db-wal"};
const char* const guard_files[] = {"guard.db", "guard.db-wal"};

std::string outbox_of(const std::filesystem::path& dir) {
  journal::JournalOptions options;
  options.file = dir / "journal.db";
  options.reserve_bytes = 0;
  const auto journal = journal::SqliteJournal::open(options).value();
  const auto rows = journal->outbox().value();
  std::string keys;
  for (const auto& row : rows) keys.append(row.key).append(" ");
  return keys;
}

class FromVersion1 : public ::testing::Test {
 protected:
  /// A world that died with the switches sent, as the fixture's did; its operator has the files of the fixture then.
  void SetUp() override {
    make_v1(old_.dir(), "journal");
    make_v1(old_.dir(), "guard");
    const auto wanted = outbox_copy();
    for (std::uint64_t append = 30; append < 60; ++append) {
      Scratch scratch;
      auto world = std::make_unique<World>(WorldSetup{.dir = scratch.dir()});
      ASSERT_EQ(world->live({.append = append, .after_commit = true}).value(), Life::killed);
      if (outbox_of(scratch.dir() / "0") != wanted) continue;
      scratch_ = std::move(scratch);
      world_ = std::move(world);
      break;
    }
    ASSERT_TRUE(world_) << "today's program never has outstanding what the old one had: " << wanted;
    for (const auto& names : {journal_files, guard_files})
      for (std::size_t i = 0; i < 2; ++i) std::filesystem::remove(data() / names[i]);
    for (const char* name : {"journal.db", "guard.db"}) std::filesystem::copy(old_.dir() / name, data() / name);
  }
  std::string outbox_copy() const {
    const Scratch copy;
    std::filesystem::copy(old_.dir() / "journal.db", copy.dir() / "journal.db");
    return outbox_of(copy.dir());
  }
  std::filesystem::path data() const { return scratch_.dir() / "0"; }
  void sql(const std::string& text) const { run_sql(data() / "journal.db", text); }
  std::string told() const {
    std::string all;
    for (const auto& alarm : world_->snapshot()->alarms) all.append(alarm.code).append(": ").append(alarm.detail);
    return all;
  }

  Scratch old_, scratch_;
  std::unique_ptr<World> world_;
};

TEST_F(FromVersion1, TheUpgradeGoesOnAndEndsByTheLaws) {
  EXPECT_EQ(world_->run({}), std::nullopt);
  EXPECT_THAT(told(), Not(HasSubstr("rules-changed")));
  world_->stop();
  EXPECT_EQ(ask(data() / "journal.db", "PRAGMA user_version; SELECT hex(value) FROM meta WHERE name='rules'"),
            "2 01000000");
}

TEST_F(FromVersion1, EffectsThatTodaysRulesDoNotWantGoAndThoseTheyWantCome) {
  sql("UPDATE outbox SET key='engage/' || substr(key, 8) WHERE key LIKE 'switch/%/1/0'");
  EXPECT_EQ(world_->run({}), std::nullopt);
  EXPECT_THAT(told(), HasSubstr("rules-changed"));
  EXPECT_THAT(told(), HasSubstr("/1/0 should not be there; switch/"));
}

TEST_F(FromVersion1, DyingWhileTheOutboxIsRenewedLosesNothing) {
  sql("DELETE FROM outbox");
  for (const bool after_commit : {false, true}) {
    Scratch other;
    std::filesystem::create_directories(other.dir());
    World world(*world_, other.dir());
    EXPECT_EQ(world.run({{.append = 1, .after_commit = after_commit}}), std::nullopt);
    EXPECT_EQ(world.kills(), 2u);
  }
}

TEST_F(FromVersion1, OnceWrittenByTodaysRulesADifferenceIsABugAndRefused) {
  ASSERT_EQ(world_->live({.append = 2, .after_commit = true}).value(), Life::killed);
  sql("DELETE FROM outbox WHERE key LIKE 'switch/%/1/0'");
  const auto life = world_->live({});
  ASSERT_FALSE(life);
  EXPECT_THAT(life.error().text(), HasSubstr("the outbox is not what the journal's records say"));
}

TEST_F(FromVersion1, AJournalOfNewerRulesIsRefused) {
  sql("INSERT INTO meta VALUES('rules', x'ff000000')");
  const auto life = world_->live({});
  ASSERT_FALSE(life);
  EXPECT_THAT(life.error().text(), HasSubstr("written by a newer program"));
}

TEST_F(FromVersion1, RulesThatAreNoNumberAreDamage) {
  sql("INSERT INTO meta VALUES('rules', x'01')");
  const auto life = world_->live({});
  ASSERT_FALSE(life);
  EXPECT_THAT(life.error().text(), HasSubstr("damaged"));
}

}  // namespace
}  // namespace lockstep::crash
