#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Evidence = Coordinator;

TEST_F(Evidence, the_baseline_is_asked_at_the_first_final_halted_block_only) {
  drive(rig, Stage::armed);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 20, 200, GatePhase::armed));
  EXPECT_FALSE(rig.asked<TakeBaseline>(0));
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 20, 200, GatePhase::armed));
  ASSERT_TRUE(rig.asked<TakeBaseline>(0));
  EXPECT_EQ(rig.asked<TakeBaseline>(0)->block.num, 20u);
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 21, 201, GatePhase::armed));
  EXPECT_EQ(rig.asked<TakeBaseline>(0)->block.num, 20u);
}

TEST_F(Evidence, halt_now_before_the_armed_time_is_not_the_halt_we_wait_for) {
  drive(rig, Stage::armed);
  auto view = gate(rig.plan, 0, 10, 100, GatePhase::armed);
  view.halted = true;
  view.halt_now_until = 5000;
  both(rig, 0, view);
  EXPECT_FALSE(rig.asked<TakeBaseline>(0));
  EXPECT_EQ(rig.stage(), Stage::armed);
}

TEST_F(Evidence, a_baseline_of_another_block_is_not_ours) {
  drive(rig, Stage::halting);
  rig.step(BaselineReported{rig.plan.hash, 0, {block(0, 21, 201), rows(Colour::green), {}}});
  EXPECT_FALSE(rig.at(0).baseline);
}

TEST_F(Evidence, is_asked_at_the_head_and_counts_when_final) {
  drive(rig, Stage::switching);
  for (InstanceIndex i : {0, 1}) {
    observe(rig, i, Finality::head, gate(rig.plan, i, 25, 210, GatePhase::switched));
    answer_evidence(rig, i);
  }
  EXPECT_EQ(rig.stage(), Stage::switching);
  EXPECT_FALSE(rig.signing(Kind::vote_new));
  for (InstanceIndex i : {0, 1}) observe(rig, i, Finality::final, gate(rig.plan, i, 24, 209, GatePhase::armed));
  EXPECT_EQ(rig.stage(), Stage::switching) << "the block of the evidence is not final yet";
  for (InstanceIndex i : {0, 1}) observe(rig, i, Finality::final, gate(rig.plan, i, 25, 210, GatePhase::switched));
  EXPECT_EQ(rig.stage(), Stage::deciding);
  EXPECT_TRUE(rig.signing(Kind::vote_new));
}

TEST_F(Evidence, red_at_the_head_is_not_yet_a_reason) {
  drive(rig, Stage::switching);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 25, 210, GatePhase::switched));
  answer_evidence(rig, 0, Colour::red);
  EXPECT_TRUE(rig.now().old_reason.empty());
  rig.step(HeadRetracted{rig.plan.hash, 0, 25});
  EXPECT_FALSE(rig.at(0).evidence);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 26, 211, GatePhase::switched, 1));
  answer_evidence(rig, 0);
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 26, 211, GatePhase::switched, 1));
  EXPECT_TRUE(rig.now().old_reason.empty());
}

TEST_F(Evidence, a_retraction_above_its_block_leaves_it_alone) {
  drive(rig, Stage::switching);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 25, 210, GatePhase::switched));
  answer_evidence(rig, 0);
  rig.step(HeadRetracted{rig.plan.hash, 0, 26});
  EXPECT_TRUE(rig.at(0).evidence);
}

TEST_F(Evidence, a_late_report_for_a_retracted_block_is_ignored) {
  drive(rig, Stage::switching);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 25, 210, GatePhase::switched));
  const auto asked = *rig.asked<CheckEvidence>(0);
  rig.step(HeadRetracted{rig.plan.hash, 0, 24});
  EXPECT_FALSE(rig.asked<CheckEvidence>(0));
  EXPECT_TRUE(rig.step(EvidenceReported{rig.plan.hash, 0, asked.expected, {asked.block, rows(Colour::green), {}}})
                  .records.empty());
}

TEST_F(Evidence, a_final_block_of_another_hash_takes_it) {
  drive(rig, Stage::switching);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 25, 210, GatePhase::switched));
  answer_evidence(rig, 0);
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 25, 210, GatePhase::switched, 3));
  EXPECT_FALSE(rig.at(0).evidence);
  EXPECT_FALSE(rig.now().frozen) << "the block was head only";
}

TEST_F(Evidence, the_vote_commits_to_every_digest_and_chain_in_plan_order) {
  drive(rig, Stage::deciding);
  auto other = rig.now();
  EXPECT_EQ(vote_evidence(other), rig.now().signing.at(Kind::vote_new).evidence);
  other.instances[1].evidence->digest.bytes[31] ^= 1;
  EXPECT_NE(vote_evidence(other), vote_evidence(rig.now()));
  other = rig.now();
  other.plan.instances[0].chain_id = 7;
  EXPECT_NE(vote_evidence(other), vote_evidence(rig.now()));
  other.instances[0].evidence.reset();
  EXPECT_TRUE(vote_evidence(other).is_zero());
}

}  // namespace
}  // namespace lockstep::coordinator::test
