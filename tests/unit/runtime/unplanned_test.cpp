// What somebody changes outside of any plan: an alarm, whether a plan is open or not; and a halt where a plan that
// ended says so.
#include <gtest/gtest.h>

#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;
using Told = ports::UnplannedChange::Told;

ports::UnplannedChange upgraded(std::uint64_t num, Told told = Told::now) {
  return {"perps", "alpha", {num, crypto::keccak256("block"), 900}, "Upgraded on market", told};
}

std::string shown(Node& node) {
  node.engine->publish();
  std::string text;
  for (const auto& alarm : node.publisher.current()->alarms) text += alarm.code + ": " + alarm.detail + "\n";
  return text;
}

TEST(Unplanned, IsAnAlarmWithoutAnyPlan) {
  log::configure(log::Level::error, log::Format::text);
  Node node(1);
  node.start();
  node.take(upgraded(7, Told::before));
  EXPECT_EQ(0U, (shown(node), node.publisher.current()->tallies.alarms.at("unplanned-change")))
      << "who was called then is not called again";
  node.take(upgraded(8));
  node.take(upgraded(8, Told::taken_back));
  EXPECT_EQ(
      "unplanned-change: perps on alpha, block 7: Upgraded on market\n"
      "unplanned-change: perps on alpha, block 8: Upgraded on market\n"
      "unplanned-taken-back: perps on alpha, block 8: Upgraded on market; its block was replaced, it did not happen\n",
      shown(node));
  EXPECT_EQ(900'000U, node.publisher.current()->alarms[0].time_ms);
  EXPECT_EQ(1U, node.publisher.current()->tallies.alarms.at("unplanned-change"));
  EXPECT_EQ(1U, node.publisher.current()->tallies.alarms.at("unplanned-taken-back"));
}

/// Armed, voted OLD, decided and closed: what is left of a plan between two upgrades.
void end(Node& node, const Plan& plan) {
  auto view = armed(plan);
  node.tell(PlanSubmitted{plan});
  node.tell(view);
  node.tell(command(plan, CommandKind::abort));
  view.view.block.num = 9;
  view.view.phase = GatePhase::closed_old;
  view.view.decision = Outcome::old_version;
  view.view.closed_at = 95;
  node.tell(view);
  ASSERT_EQ(Stage::closed_old, node.state(plan).stage);
}

TEST(Unplanned, HaltsWhereTheLastPlanSaysSoAndOnlyThere) {
  log::configure(log::Level::error, log::Format::text);
  for (const bool halts : {false, true}) {
    Node node(1);
    node.start();
    auto plan = plan_of("plan", 1, 1);
    plan.halt_on_interference = halts;
    end(node, plan);
    node.asked.clear();
    node.take(upgraded(20));
    EXPECT_EQ(halts ? std::vector<std::string>{"halt_now"} : std::vector<std::string>{}, node.asked);
    node.take(upgraded(21));
    EXPECT_LE(node.asked.size(), 1U);
    EXPECT_EQ(halts, !node.state(plan).halt_reason.empty());
  }
}

TEST(Unplanned, AfterARestartTheGateOfAPlanThatHaltsAfterItsEndIsObservedAgain) {
  log::configure(log::Level::error, log::Format::text);
  auto plan = plan_of("plan", 1, 1);
  plan.halt_on_interference = true;
  MemoryJournal journal;
  {
    Node node(1, nullptr, &journal);
    node.start();
    end(node, plan);
  }
  Node node(1, nullptr, &journal);
  node.start();
  EXPECT_TRUE(node.chain.followed.empty());
  node.take(upgraded(20));
  EXPECT_EQ(std::vector<InstanceIndex>{0}, node.chain.followed);
}

}  // namespace
}  // namespace lockstep::runtime
