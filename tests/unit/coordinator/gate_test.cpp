#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Gates = Coordinator;

TEST_F(Gates, a_block_that_changes_nothing_is_not_written) {
  drive(rig, Stage::armed);
  const auto length = rig.journal.size();
  for (std::uint64_t num = 6; num < 1000; ++num)
    observe(rig, 0, Finality::final, gate(rig.plan, 0, num, 60, GatePhase::armed));
  EXPECT_EQ(rig.journal.size(), length);
}

TEST_F(Gates, each_clock_is_written_once_per_threshold_it_passes) {
  drive(rig, Stage::armed);
  const auto length = rig.journal.size();
  for (UnixSeconds time = 60; time < 200; ++time)
    observe(rig, 0, Finality::final, gate(rig.plan, 0, time, time, GatePhase::armed));
  EXPECT_EQ(rig.journal.size(), length + 2) << "arm_by and the last ten seconds before the halt";
}

TEST_F(Gates, old_blocks_and_unknown_instances_are_ignored) {
  drive(rig, Stage::armed);
  EXPECT_TRUE(rig.step(GateObserved{rig.plan.hash, 0, Finality::final, gate(rig.plan, 0, 4, 40, GatePhase::idle)})
                  .records.empty());
  EXPECT_TRUE(rig.step(GateObserved{rig.plan.hash, 0, Finality::head, gate(rig.plan, 0, 4, 40, GatePhase::idle)})
                  .records.empty());
  EXPECT_TRUE(rig.step(GateObserved{rig.plan.hash, 2, Finality::head, gate(rig.plan, 0, 9, 90, GatePhase::idle)})
                  .records.empty());
  EXPECT_TRUE(rig.step(HeadRetracted{rig.plan.hash, 65535, 1}).records.empty());
  EXPECT_TRUE(
      rig.step(GateObserved{Hash32{}, 0, Finality::head, gate(rig.plan, 0, 9, 90, GatePhase::idle)}).records.empty());
}

TEST_F(Gates, another_leaf_or_operator_set_is_old) {
  drive(rig, Stage::arming);
  auto view = gate(rig.plan, 1, 5, 50, GatePhase::armed);
  view.leaf_hash.bytes[0] = 0xff;
  both(rig, 1, view);
  EXPECT_NE(rig.now().old_reason.find("another leaf"), std::string::npos);
}

TEST_F(Gates, another_plan_on_the_gate_is_not_ours) {
  drive(rig, Stage::arming);
  auto view = gate(rig.plan, 1, 5, 50, GatePhase::armed);
  view.plan_hash.bytes[0] = 0xff;
  both(rig, 1, view);
  both(rig, 0, gate(rig.plan, 0, 5, 50, GatePhase::armed));
  EXPECT_EQ(rig.stage(), Stage::arming);
  observe(rig, 1, Finality::final, [&] {
    auto later = view;
    later.block = block(1, 9, 100);
    return later;
  }());
  EXPECT_FALSE(rig.now().old_reason.empty()) << "it is not armed with our plan by the time agreed";
}

TEST_F(Gates, two_final_blocks_of_one_height_freeze_the_plan) {
  drive(rig, Stage::armed);
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 5, 50, GatePhase::armed, 1));
  EXPECT_TRUE(rig.now().frozen);
}

TEST_F(Gates, a_head_retraction_that_reaches_a_final_block_freezes_the_plan) {
  drive(rig, Stage::armed);
  rig.step(HeadRetracted{rig.plan.hash, 0, 5});
  EXPECT_TRUE(rig.now().frozen);
  EXPECT_EQ(rig.now().waiting.code, Waiting::frozen);
}

TEST_F(Gates, nobody_armed_by_the_halt_time_ends_the_plan) {
  drive(rig, Stage::arming);
  for (InstanceIndex i : {0, 1}) observe(rig, i, Finality::final, gate(rig.plan, i, 20, 200, GatePhase::idle));
  EXPECT_EQ(rig.stage(), Stage::refused);
}

TEST_F(Gates, a_closed_epoch_stays_closed_when_the_next_one_is_armed) {
  drive(rig, Stage::closing);
  auto view = gate(rig.plan, 1, 40, 220, GatePhase::closed_new);
  view.closed_at = 220;
  both(rig, 1, view);
  view = gate(rig.plan, 1, 50, 230, GatePhase::armed);
  view.epoch = 2;
  view.plan_hash.bytes[0] = 0xff;
  both(rig, 1, view);
  EXPECT_FALSE(rig.submitting(1, Action::close));
  EXPECT_FALSE(rig.now().frozen);
}

TEST_F(Gates, an_epoch_that_passed_unseen_freezes_once) {
  drive(rig, Stage::closing);
  auto view = gate(rig.plan, 1, 50, 230, GatePhase::armed);
  view.epoch = 2;
  view.plan_hash.bytes[0] = 0xff;
  both(rig, 1, view);
  EXPECT_TRUE(rig.now().frozen);
  rig.step(CommandReceived{rig.plan.hash, CommandKind::resume, "seen in the explorer", "ops"});
  EXPECT_FALSE(rig.now().frozen);
}

}  // namespace
}  // namespace lockstep::coordinator::test
