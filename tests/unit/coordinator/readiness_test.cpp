#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Readiness = Coordinator;

TEST_F(Readiness, every_instance_is_asked_at_once_and_only_the_asked_round_counts) {
  drive(rig, Stage::checking);
  for (InstanceIndex i : {0, 1}) ASSERT_TRUE(rig.asked<CheckReadiness>(i));
  rig.step(ReadinessReported{rig.plan.hash, 0, 7, rows(Colour::green)});
  rig.step(ReadinessReported{rig.plan.hash, 0, 0, rows(Colour::green)});
  EXPECT_EQ(rig.at(0).readiness_answered, 0u);
  answer_readiness(rig);
  EXPECT_EQ(rig.stage(), Stage::arming);
}

TEST_F(Readiness, no_rows_is_red_because_an_unknown_is_an_error) {
  drive(rig, Stage::checking);
  for (InstanceIndex i : {0, 1}) rig.step(ReadinessReported{rig.plan.hash, i, 1, {}});
  EXPECT_EQ(rig.stage(), Stage::checking);
  EXPECT_EQ(rig.now().waiting.code, Waiting::readiness);
}

TEST_F(Readiness, too_many_rows_are_red) {
  drive(rig, Stage::checking);
  std::vector<CheckRow> many(max_check_rows + 1, CheckRow{"check", "", Colour::green, ""});
  rig.step(ReadinessReported{rig.plan.hash, 0, 1, many});
  ASSERT_EQ(rig.at(0).readiness.size(), 1u);
  EXPECT_EQ(worst(rig.at(0).readiness), Colour::red);
}

TEST_F(Readiness, is_asked_again_after_a_twentieth_of_the_time_left_and_red_after_5_minutes_at_most) {
  auto spec = PlanSpec{};
  spec.window = {90'000, 100'000, 100'100, 100'200, 0};
  rig = Rig(make_plan(spec));
  drive(rig, Stage::checking);
  rig.step(ReadinessReported{rig.plan.hash, 0, 1, rows(Colour::green)});
  rig.step(ReadinessReported{rig.plan.hash, 1, 1, rows(Colour::red)});
  rig.step(ClockTicked{1000});  // the first round was asked before we knew our clock, as if at 0
  rig.step(ReadinessReported{rig.plan.hash, 1, 2, rows(Colour::red)});
  EXPECT_TRUE(rig.step(ClockTicked{1299}).records.empty());
  rig.step(ClockTicked{1300});
  EXPECT_FALSE(rig.asked<CheckReadiness>(0));
  EXPECT_TRUE(rig.asked<CheckReadiness>(1));
  rig.step(ClockTicked{3599});
  EXPECT_FALSE(rig.asked<CheckReadiness>(0));
  rig.step(ClockTicked{3600});
  EXPECT_TRUE(rig.asked<CheckReadiness>(0));
  rig.step(ReadinessReported{rig.plan.hash, 0, 2, rows(Colour::green)});
  rig.step(ClockTicked{99'000});
  EXPECT_TRUE(rig.asked<CheckReadiness>(0));
  rig.step(ReadinessReported{rig.plan.hash, 0, 3, rows(Colour::green)});
  rig.step(ClockTicked{99'046});
  EXPECT_FALSE(rig.asked<CheckReadiness>(0));
  rig.step(ClockTicked{99'047});
  EXPECT_TRUE(rig.asked<CheckReadiness>(0));
}

TEST_F(Readiness, is_not_asked_again_in_the_last_ten_seconds_before_the_halt) {
  drive(rig, Stage::armed);
  for (InstanceIndex i : {0, 1}) observe(rig, i, Finality::final, gate(rig.plan, i, 19, 191, GatePhase::armed));
  EXPECT_TRUE(rig.step(ClockTicked{5000}).records.empty());
}

TEST_F(Readiness, unchanged_colours_are_confirmed_without_keeping_the_rows_twice) {
  drive(rig, Stage::arming);
  rig.step(ClockTicked{1000});
  const auto decision = rig.step(ReadinessReported{rig.plan.hash, 0, 2, rows(Colour::green, "check", "balance 2")});
  ASSERT_EQ(decision.records.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<ReadinessConfirmed>(decision.records[0]));
}

TEST_F(Readiness, red_before_anyone_armed_goes_back_to_checking_and_votes_nothing) {
  drive(rig, Stage::arming);
  rig.step(ClockTicked{1000});
  rig.step(ReadinessReported{rig.plan.hash, 1, 2, rows(Colour::red)});
  EXPECT_EQ(rig.stage(), Stage::checking);
  EXPECT_TRUE(rig.now().old_reason.empty());
}

TEST_F(Readiness, red_once_armed_votes_old) {
  drive(rig, Stage::arming);
  everywhere_at(rig, 5, 50, GatePhase::armed);
  ASSERT_TRUE(rig.asked<CheckReadiness>(1));
  rig.step(ReadinessReported{rig.plan.hash, 1, 2, rows(Colour::red, "code-exists")});
  EXPECT_NE(rig.now().old_reason.find("code-exists"), std::string::npos);
  EXPECT_TRUE(rig.signing(Kind::vote_old));
}

TEST_F(Readiness, never_answered_is_old_when_the_halt_time_comes) {
  drive(rig, Stage::checking);
  everywhere_at(rig, 5, 50, GatePhase::armed);
  EXPECT_TRUE(rig.now().old_reason.empty());
  both(rig, 1, gate(rig.plan, 1, 20, 200, GatePhase::armed));
  EXPECT_FALSE(rig.now().old_reason.empty());
}

TEST_F(Readiness, a_report_after_the_halt_changes_nothing) {
  drive(rig, Stage::arming);
  everywhere_at(rig, 5, 50, GatePhase::armed);
  everywhere_at(rig, 20, 200, GatePhase::armed);
  EXPECT_TRUE(rig.step(ReadinessReported{rig.plan.hash, 0, 2, rows(Colour::red)}).records.empty());
}

}  // namespace
}  // namespace lockstep::coordinator::test
