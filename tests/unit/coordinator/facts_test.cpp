// Facts of views that ordinary plans seldom or never show, each made by hand.
#include "coordinator/facts.hpp"

#include "coordinator/codec.hpp"
#include "coordinator/outstanding.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

PlanState at(Stage stage, const PlanSpec& spec = {}) {
  Rig rig(make_plan(spec));
  drive(rig, std::min(stage, Stage::closing));
  if (stage > Stage::closing) drive_on(rig, stage);
  EXPECT_TRUE(rig.problems.empty());
  EXPECT_EQ(rig.stage(), stage);
  return rig.now();
}

TEST(Facts, what_was_voted_on_views_of_version_1_stays) {
  auto plan = at(Stage::deciding);
  auto& beta = plan.instances[1];
  beta.final->switched_in = {};  // such a view does not name the block of the switch
  EXPECT_TRUE(evidence_good(plan, 1));
  beta.evidence->block.num = 26;
  EXPECT_FALSE(evidence_good(plan, 1)) << "not final yet";
  beta.evidence->block.num = 24;
  EXPECT_TRUE(evidence_good(plan, 1));
  plan.signing.erase(Kind::vote_new);
  EXPECT_FALSE(evidence_good(plan, 1)) << "nothing new is voted on it";
  plan = at(Stage::deciding);
  plan.instances[1].final->switched_in.num = 24;
  EXPECT_FALSE(evidence_good(plan, 1)) << "of another switch";
  plan.instances[1].final->phase = GatePhase::armed;
  EXPECT_FALSE(evidence_good(plan, 1));
}

TEST(Facts, an_instance_is_never_armed_once_its_halt_time_or_its_epoch_passed) {
  auto plan = at(Stage::arming);
  auto& beta = plan.instances[1];
  EXPECT_FALSE(never_armed(plan, 1));
  beta.final->block.time = plan.plan.window.halt_at;
  EXPECT_TRUE(never_armed(plan, 1));
  beta.final->block.time = 20;
  beta.final->epoch = 2;
  EXPECT_TRUE(never_armed(plan, 1));
  beta.head = gate(plan.plan, 1, 9, 90, GatePhase::armed);
  EXPECT_FALSE(never_armed(plan, 1)) << "it is being armed";
  beta.head.reset();
  beta.final = gate(plan.plan, 1, 9, 90, GatePhase::armed);
  beta.final->phase = GatePhase::closed_old;
  EXPECT_FALSE(never_armed(plan, 1)) << "it was armed";
  beta.final.reset();
  EXPECT_FALSE(never_armed(plan, 1)) << "nothing is known";
  EXPECT_EQ(final_time(beta), 0u);
}

TEST(Facts, an_instance_is_released_after_its_last_stage_or_when_a_later_epoch_began) {
  auto plan = at(Stage::releasing);
  EXPECT_FALSE(released(plan, 1));
  plan.instances[1].final->block.time = plan.instances[1].closed_at + plan.plan.last_stage_s;
  EXPECT_TRUE(released(plan, 1));
  plan.instances[1].final->block.time = 220;
  plan.instances[1].final->epoch = 2;
  EXPECT_TRUE(released(plan, 1));
  plan.instances[1].final.reset();
  EXPECT_FALSE(released(plan, 1));
  plan.instances[1].closed = Outcome::none;
  EXPECT_TRUE(released(plan, 1)) << "it never was halted";
}

TEST(Facts, an_end_rests_on_closes_and_on_the_decision_of_home) {
  auto plan = at(Stage::closed_new);
  EXPECT_TRUE(end_rests_on(plan, 0, 40));
  EXPECT_TRUE(end_rests_on(plan, 1, 40));
  EXPECT_FALSE(end_rests_on(plan, 1, 41));
  plan.decided_num = 50;
  EXPECT_TRUE(end_rests_on(plan, 0, 41));
  EXPECT_FALSE(end_rests_on(plan, 0, 51));
  plan.decision = Outcome::none;
  plan.instances[0].closed = Outcome::none;
  EXPECT_FALSE(end_rests_on(plan, 0, 1));
}

TEST(Facts, any_halted_counts_only_gates_that_the_plan_halted) {
  auto plan = at(Stage::halting);
  EXPECT_TRUE(any_halted(plan));
  for (auto& instance : plan.instances) {
    instance.head.reset();
    instance.final->block.time = 150;
  }
  EXPECT_FALSE(any_halted(plan)) << "halted, but by something else, before its time";
  for (auto& instance : plan.instances) instance.final->halted = false;
  EXPECT_FALSE(any_halted(plan));
  for (auto& instance : plan.instances) instance.final.reset();
  EXPECT_FALSE(any_halted(plan));
}

TEST(Facts, only_an_irrevocable_instance_that_switched_is_stuck) {
  PlanSpec spec;
  spec.fixed = {"beta"};
  auto plan = at(Stage::switching, spec);
  plan.decision = Outcome::old_version;
  EXPECT_FALSE(stuck(plan, 0));
  EXPECT_FALSE(stuck(plan, 1));
  plan.instances[1].head = gate(plan.plan, 1, 25, 210, GatePhase::switched);
  EXPECT_TRUE(stuck(plan, 1));
  plan.instances[1].head = gate(plan.plan, 1, 45, 410, GatePhase::closed_new);
  EXPECT_FALSE(stuck(plan, 1)) << "resolved by force";
  plan.instances[1].head.reset();
  plan.instances[1].final.reset();
  EXPECT_FALSE(stuck(plan, 1));
}

TEST(Facts, an_effect_has_no_use_any_more_once_it_was_overtaken) {
  const auto submits = [](const PlanState& plan) {
    std::size_t count = 0;
    for (const auto& effect : outstanding(plan)) count += std::holds_alternative<Submit>(effect);
    return count;
  };
  auto plan = at(Stage::closing);
  ASSERT_EQ(submits(plan), 2u);
  plan.decision = Outcome::old_version;  // not what the closes carry
  EXPECT_EQ(submits(plan), 0u);
  plan = at(Stage::closing);
  plan.instances[1].final->epoch = 2;
  EXPECT_EQ(submits(plan), 1u) << "the epoch is over there";
  plan.frozen = true;
  EXPECT_EQ(submits(plan), 0u);
  plan = at(Stage::closing);
  plan.stage = Stage::closed_new;
  plan.halt_reason = "after the end";
  EXPECT_EQ(submits(plan), 0u) << "only the hand brake works after the end";
}

TEST(Facts, a_record_about_what_is_not_there_changes_nothing) {
  State state;
  const auto plan = at(Stage::armed);
  const auto hash = plan.plan.hash;
  state.plans.emplace(hash, plan);
  const auto before = encode(state);
  apply(state, TxnReported{hash, 0, Action::engage, TxnStatus::mined, {}, ""});
  apply(state, GovernanceObserved{Hash32{}, 0, GovernanceStage::queued, 5, ""});
  EXPECT_EQ(encode(state), before);
}

}  // namespace
}  // namespace lockstep::coordinator::test
