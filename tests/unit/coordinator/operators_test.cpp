#include <algorithm>
#include <set>

#include "coordinator/codec.hpp"
#include "coordinator/rank.hpp"
#include "coordinator/trace.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Operators = Coordinator;

PlanSpec four(std::uint32_t self) {
  PlanSpec spec;
  spec.members = 4;
  spec.threshold = 3;
  spec.faulty = 1;
  spec.self = self;
  return spec;
}

TEST(Rank, is_an_order_of_all_operators_and_another_one_on_another_chain_or_plan) {
  PlanSpec spec = four(1);
  spec.chains = {"a", "b", "c", "d", "e", "f", "g", "h"};
  std::set<std::vector<std::size_t>> orders;
  for (std::uint8_t salt = 0; salt < 3; ++salt) {
    spec.salt = salt;
    for (InstanceIndex i = 0; i < spec.chains.size(); ++i) {
      std::vector<std::size_t> ranks;
      for (std::uint32_t who = 1; who <= 4; ++who) {
        spec.self = who;
        ranks.push_back(rank_of(make_plan(spec), i));
      }
      orders.insert(ranks);
      std::ranges::sort(ranks);
      EXPECT_EQ(ranks, (std::vector<std::size_t>{0, 1, 2, 3}));
    }
  }
  EXPECT_GT(orders.size(), 6u);
  spec.self = 0;
  EXPECT_EQ(rank_of(make_plan(spec), 0), 4u) << "who has no key comes last";
}

TEST(Rank, of_exactly_one_operator_sends_at_once) {
  std::size_t at_once = 0, later = 0;
  for (std::uint32_t self = 1; self <= 4; ++self) {
    Rig rig(make_plan(four(self)));
    drive(rig, Stage::halting);
    answer_baseline(rig);
    const auto statement = rig.now().signing.at(Kind::switch_version);
    for (std::uint32_t who = 1; who <= 3; ++who) rig.step(AttestationReceived{attest(statement, who)});
    at_once += rig.submitting(0, Action::switch_version) != nullptr;
    rig.step(ClockTicked{5000});
    rig.step(ClockTicked{5000 + 5 * rank_of(rig.plan, 0)});
    later += rig.submitting(0, Action::switch_version) != nullptr;
    EXPECT_TRUE(rig.problems.empty());
  }
  EXPECT_EQ(at_once, 1u);
  EXPECT_EQ(later, 4u);
}

/// Plans of two protocols in one daemon.
TEST(TwoPlans, never_influence_each_other) {
  PlanSpec spec;
  spec.salt = 7;
  auto other = make_plan(spec);
  other.protocol = "options";
  Rig alone(make_plan({})), beside(make_plan({}));
  drive(alone, Stage::closing);
  beside.step(PlanSubmitted{other});
  const auto untouched = beside.state.plans.at(other.hash);
  drive(beside, Stage::closing);
  const auto bytes = [](const PlanState& plan) {
    State state;
    state.plans.emplace(plan.plan.hash, plan);
    return encode(state);
  };
  EXPECT_EQ(bytes(beside.now()), bytes(alone.now()));
  EXPECT_EQ(bytes(beside.state.plans.at(other.hash)), bytes(untouched));
  EXPECT_TRUE(beside.problems.empty());
}

TEST(TwoPlans, one_event_says_nothing_of_another_plan) {
  Rig rig(make_plan({}));
  drive(rig, Stage::armed);
  for (std::uint8_t salt = 1; salt < 40; ++salt) {
    PlanSpec spec;
    spec.salt = salt;
    auto plan = make_plan(spec);
    plan.protocol = "protocol " + std::to_string(salt);
    rig.step(PlanSubmitted{plan});
  }
  const auto decision =
      rig.step(GateObserved{rig.plan.hash, 0, Finality::final, gate(rig.plan, 0, 20, 200, GatePhase::armed)});
  EXPECT_FALSE(decision.records.empty());
  for (const auto& record : decision.records) EXPECT_EQ(record_plan(record), rig.plan.hash);
}

TEST_F(Operators, a_plan_with_two_last_resources_or_a_torn_network_instance_is_refused) {
  const auto refused = [&](const PlanSpec& spec) {
    return rig.step(PlanSubmitted{make_plan(spec)}).records.size() == 1;
  };
  PlanSpec spec;
  spec.fixed = {"alpha", "beta"};
  EXPECT_TRUE(refused(spec));
  spec.fixed = {};
  spec.activates = {"beta"};
  EXPECT_TRUE(refused(spec)) << "not a network plan";
  spec.kind = PlanKind::network;
  auto torn = make_plan(spec);
  torn.instances[1].switches = true;
  EXPECT_EQ(rig.step(PlanSubmitted{torn}).records.size(), 1u);
  EXPECT_TRUE(rig.state.plans.empty());
  EXPECT_FALSE(refused(spec));
}

TEST_F(Operators, a_final_block_that_names_another_switch_is_a_replaced_final_block) {
  drive(rig, Stage::verifying);
  auto view = gate(rig.plan, 1, 30, 220, GatePhase::switched);
  view.switched_in = block(1, 24, 209, 3);
  observe(rig, 1, Finality::final, view);
  EXPECT_TRUE(rig.now().frozen);
  EXPECT_EQ(rig.at(1).fork->num, 24u);
}

TEST_F(Operators, a_final_block_that_no_longer_knows_of_the_switch_is_one_too) {
  drive(rig, Stage::verifying);
  auto view = gate(rig.plan, 1, 30, 220, GatePhase::armed);
  observe(rig, 1, Finality::final, view);
  EXPECT_TRUE(rig.now().frozen);
  EXPECT_FALSE(rig.at(1).evidence_asked);
}

TEST_F(Operators, evidence_is_not_asked_before_the_block_of_the_switch_is_named) {
  drive(rig, Stage::switching);
  auto view = gate(rig.plan, 0, 25, 210, GatePhase::switched);
  view.switched_in = {};
  both(rig, 0, view);
  EXPECT_FALSE(rig.asked<CheckEvidence>(0));
  both(rig, 0, gate(rig.plan, 0, 26, 211, GatePhase::switched));
  ASSERT_TRUE(rig.asked<CheckEvidence>(0));
  EXPECT_EQ(rig.asked<CheckEvidence>(0)->block, block(0, 25, 210));
}

TEST_F(Operators, a_head_that_names_another_switch_takes_the_evidence_and_one_block_later_does_not) {
  drive(rig, Stage::switching);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 25, 210, GatePhase::switched));
  answer_evidence(rig, 0);
  auto view = gate(rig.plan, 0, 27, 212, GatePhase::switched);
  observe(rig, 0, Finality::head, view);
  EXPECT_TRUE(rig.at(0).evidence);
  view.block.num = 28;
  view.switched_in = block(0, 26, 211, 1);
  observe(rig, 0, Finality::head, view);
  EXPECT_FALSE(rig.at(0).evidence);
  EXPECT_EQ(rig.asked<CheckEvidence>(0)->block, block(0, 26, 211, 1));
}

}  // namespace
}  // namespace lockstep::coordinator::test
