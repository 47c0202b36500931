#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Plans = Coordinator;

std::string refusal(const Decision& decision) {
  if (decision.records.size() != 1) return "";
  const auto* alarm = std::get_if<AlarmRaised>(&decision.records[0]);
  return alarm && alarm->code == "plan-refused" ? alarm->detail : "";
}

TEST_F(Plans, the_same_plan_twice_is_one_plan) {
  rig.step(PlanSubmitted{rig.plan});
  EXPECT_TRUE(rig.step(PlanSubmitted{rig.plan}).records.empty());
}

TEST_F(Plans, another_plan_of_the_same_epoch_is_refused_while_one_runs) {
  drive(rig, Stage::arming);
  PlanSpec spec;
  spec.salt = 1;
  EXPECT_NE(refusal(rig.step(PlanSubmitted{make_plan(spec)})), "");
  EXPECT_EQ(rig.state.plans.size(), 1u);
  rig.step(CommandReceived{rig.plan.hash, CommandKind::abort, "a better one", "ops"});
  EXPECT_EQ(refusal(rig.step(PlanSubmitted{make_plan(spec)})), "");
  EXPECT_EQ(rig.state.plans.size(), 2u);
}

TEST_F(Plans, a_plan_that_cannot_be_carried_out_safely_is_refused) {
  const auto with = [&](auto change) {
    auto plan = rig.plan;
    change(plan);
    return refusal(rig.step(PlanSubmitted{plan}));
  };
  EXPECT_NE(with([](Plan& p) { p.operators.threshold = 0; }), "");
  EXPECT_NE(with([](Plan& p) { p.operators.faulty = 1; }), "");
  EXPECT_NE(with([](Plan& p) { p.operators.operators.push_back(p.operators.operators[0]); }), "");
  EXPECT_NE(with([](Plan& p) { p.home = 2; }), "");
  EXPECT_NE(with([](Plan& p) { p.instances.clear(); }), "");
  EXPECT_NE(with([](Plan& p) { p.epoch = 0; }), "");
  EXPECT_NE(with([](Plan& p) { p.window.decide_by = p.window.switch_by; }), "");
  EXPECT_NE(with([](Plan& p) { p.hash = {}; }), "");
  EXPECT_NE(with([](Plan& p) { p.window.arm_by = p.window.halt_at; }), "");
  EXPECT_NE(with([](Plan& p) { p.window.switch_by = p.window.halt_at; }), "");
  EXPECT_NE(with([](Plan& p) { p.instances.resize(max_instances + 1); }), "");
  EXPECT_NE(with([](Plan& p) { p.operators.threshold = 2; }), "");
  EXPECT_NE(with([](Plan& p) { p.operators.operators.clear(); }), "");
  EXPECT_NE(with([](Plan& p) {
              for (std::uint32_t i = 2; i <= max_operators + 1; ++i)
                p.operators.operators.push_back(operator_address(i));
              p.operators.threshold = max_operators + 1;
            }),
            "");
  EXPECT_NE(with([](Plan& p) { p.instances[1].activates = true; }), "");
  EXPECT_NE(with([](Plan& p) {
              p.kind = PlanKind::network;
              p.instances[1].activates = true;
            }),
            "");
  EXPECT_NE(with([](Plan& p) {
              for (auto& i : p.instances) i.revocable = false;
            }),
            "");
  EXPECT_TRUE(rig.state.plans.empty());
}

TEST_F(Plans, of_other_protocols_and_epochs_run_beside_each_other) {
  drive(rig, Stage::arming);
  PlanSpec next;
  next.salt = 1;
  next.epoch = 2;
  EXPECT_EQ(refusal(rig.step(PlanSubmitted{make_plan(next)})), "");
  next.salt = 2;
  auto other = make_plan(next);
  other.protocol = "options";
  EXPECT_EQ(refusal(rig.step(PlanSubmitted{other})), "");
  EXPECT_EQ(rig.state.plans.size(), 3u);
  next.salt = 3;
  EXPECT_NE(refusal(rig.step(PlanSubmitted{make_plan(next)})), "");
}

TEST_F(Plans, abort_after_the_decision_is_too_late_and_says_so) {
  drive(rig, Stage::closing);
  const auto decision = rig.step(CommandReceived{rig.plan.hash, CommandKind::abort, "wait", "ops"});
  ASSERT_EQ(decision.effects.size(), 1u);
  EXPECT_EQ(std::get<Alarm>(decision.effects[0]).code, "abort-too-late");
  EXPECT_TRUE(rig.now().old_reason.empty());
}

TEST_F(Plans, waiting_is_meaningful_in_every_stage) {
  for (const auto stage : {Stage::checking, Stage::arming, Stage::armed, Stage::halting, Stage::switching,
                           Stage::verifying, Stage::deciding, Stage::closing}) {
    Rig fresh(make_plan({}));
    drive(fresh, stage);
    EXPECT_EQ(fresh.stage(), stage);
    EXPECT_NE(fresh.now().waiting.code, Waiting::nothing) << to_text(stage);
    EXPECT_FALSE(fresh.now().waiting.unblocks_when.empty()) << to_text(stage);
    EXPECT_FALSE(fresh.now().waiting.detail.empty()) << to_text(stage);
    EXPECT_TRUE(fresh.problems.empty());
  }
}

}  // namespace
}  // namespace lockstep::coordinator::test
