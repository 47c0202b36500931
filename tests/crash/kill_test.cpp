// A whole upgrade with the daemon killed at every append, before and after the transaction: the same end, nothing
// signed twice, nothing acted on before it was durable, and no two open chains on different versions in any block.
#include <gtest/gtest.h>

#include "scratch.hpp"
#include "world.hpp"

namespace lockstep::crash {
namespace {

using coordinator::GatePhase;
using coordinator::Stage;

struct Expected {
  bool corrupting_switch;
  Stage stage;
  GatePhase phase;
};

class KillEverywhere : public ::testing::TestWithParam<Expected> {
 protected:
  void expect_end(const World& world) const {
    const auto& plan = world.plan_state();
    EXPECT_EQ(plan.stage, GetParam().stage) << coordinator::to_text(plan.stage) << ": " << plan.old_reason;
    EXPECT_TRUE(plan.sign_refused.empty()) << plan.sign_refused.begin()->second;
    EXPECT_FALSE(plan.frozen) << plan.frozen_reason;
    for (const auto& ledger : world.ledgers()) {
      EXPECT_EQ(ledger.at(ledger.head()).gate.phase, GetParam().phase) << ledger.name();
      EXPECT_EQ(ledger.runs_new(), GetParam().phase == GatePhase::closed_new);
    }
    // NEW passes its second verification too; OLD verifies what was rolled back. Either would be an alarm if it were
    // red.
    for (const auto& alarm : world.snapshot()->alarms) {
      EXPECT_TRUE(alarm.code != "soak-red" && alarm.code != "rollback-red") << alarm.detail;
    }
    EXPECT_EQ(plan.old_reason.empty(), !GetParam().corrupting_switch) << plan.old_reason;
    for (const auto& mirror : world.snapshot()->mirrors) EXPECT_EQ(mirror.contradiction, "") << mirror.chain;
  }
};

TEST_P(KillEverywhere, TheUpgradeEndsTheSame) {
  std::uint64_t appends = 0;
  {
    const Scratch scratch;
    World world(scratch.dir(), GetParam().corrupting_switch);
    const auto problem = world.run({});
    ASSERT_FALSE(problem) << *problem;
    expect_end(world);
    appends = world.appends();
  }
  ASSERT_GT(appends, 50u);
  for (std::uint64_t k = 1; k <= appends; ++k) {
    for (const bool after_commit : {false, true}) {
      SCOPED_TRACE("killed " + std::string(after_commit ? "after" : "before") + " append " + std::to_string(k) +
                   " of " + std::to_string(appends));
      const Scratch scratch;
      World world(scratch.dir(), GetParam().corrupting_switch);
      const auto problem = world.run({k, after_commit});
      ASSERT_FALSE(problem) << *problem;
      EXPECT_EQ(world.kills(), 1u);
      expect_end(world);
      if (HasFailure()) return;
    }
  }
  RecordProperty("appends", static_cast<int>(appends));
}

INSTANTIATE_TEST_SUITE_P(Outcomes, KillEverywhere,
                         ::testing::Values(Expected{false, Stage::closed_new, GatePhase::closed_new},
                                           Expected{true, Stage::closed_old, GatePhase::closed_old}),
                         [](const auto& one) { return one.param.corrupting_switch ? "Old" : "New"; });

}  // namespace
}  // namespace lockstep::crash
