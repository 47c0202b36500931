#pragma once
// How an upgrade must end, whatever died on the way.
#include <gtest/gtest.h>

#include <string>

#include "world.hpp"

namespace lockstep::crash {

struct Ending {
  bool corrupting_switch;
  coordinator::Stage stage;
  coordinator::GatePhase phase;
};

inline const Ending ends_new{false, coordinator::Stage::closed_new, coordinator::GatePhase::closed_new};
inline const Ending ends_old{true, coordinator::Stage::closed_old, coordinator::GatePhase::closed_old};
inline std::string name_of(const ::testing::TestParamInfo<Ending>& one) {
  return one.param.corrupting_switch ? "Old" : "New";
}

/// The plan's end is on every chain, without an alarm that something is wrong with it.
inline void expect_ending(const World& world, const Ending& ending) {
  const auto& plan = world.plan_state();
  EXPECT_EQ(plan.stage, ending.stage) << coordinator::to_text(plan.stage) << ": " << plan.old_reason;
  EXPECT_TRUE(plan.sign_refused.empty()) << plan.sign_refused.begin()->second;
  EXPECT_FALSE(plan.frozen) << plan.frozen_reason;
  for (const auto& ledger : world.ledgers()) {
    EXPECT_EQ(ledger.at(ledger.head()).gate.phase, ending.phase) << ledger.name();
    EXPECT_EQ(ledger.runs_new(), ending.phase == coordinator::GatePhase::closed_new);
  }
  // NEW passes its second verification too; OLD verifies what was rolled back. Either would be an alarm if it were red.
  for (const auto& alarm : world.snapshot()->alarms) {
    EXPECT_TRUE(alarm.code != "soak-red" && alarm.code != "rollback-red" && alarm.code != "equivocation")
        << alarm.detail;
  }
  EXPECT_EQ(plan.old_reason.empty(), !ending.corrupting_switch) << plan.old_reason;
  for (const auto& mirror : world.snapshot()->mirrors) EXPECT_EQ(mirror.contradiction, "") << mirror.chain;
}

}  // namespace lockstep::crash
