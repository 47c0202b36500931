#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Submits = Coordinator;

TxnReported report(const Rig& rig, InstanceIndex i, Action action, TxnStatus status, const std::string& detail = "") {
  return {rig.plan.hash, i, action, status, {}, detail};
}

TEST_F(Submits, a_failed_close_is_sent_again_for_ever_with_growing_pauses) {
  drive(rig, Stage::closing);
  UnixSeconds now = 1000;
  std::vector<std::uint64_t> pauses;
  for (std::uint32_t attempt = 0; attempt < 8; ++attempt) {
    ASSERT_TRUE(rig.submitting(1, Action::close));
    EXPECT_EQ(rig.submitting(1, Action::close)->attempt, attempt);
    rig.step(report(rig, 1, Action::close, TxnStatus::rejected, "try " + std::to_string(attempt)));
    EXPECT_FALSE(rig.submitting(1, Action::close)) << "answered: not outstanding until its pause is over";
    const auto failed_at = now;
    while (!rig.submitting(1, Action::close)) rig.step(ClockTicked{++now});
    pauses.push_back(now - failed_at);
  }
  EXPECT_EQ(pauses, (std::vector<std::uint64_t>{1, 4, 8, 16, 32, 64, 64, 64}));
}

TEST_F(Submits, done_at_the_head_is_waited_for_and_done_at_finality_is_gone) {
  drive(rig, Stage::closing);
  observe(rig, 1, Finality::head, gate(rig.plan, 1, 40, 220, GatePhase::closed_new));
  EXPECT_TRUE(rig.submitting(1, Action::close));
  observe(rig, 1, Finality::final, gate(rig.plan, 1, 40, 220, GatePhase::closed_new));
  EXPECT_FALSE(rig.submitting(1, Action::close));
}

TEST_F(Submits, a_mined_transaction_that_the_next_head_does_not_show_is_sent_again) {
  drive(rig, Stage::closing);
  rig.step(report(rig, 1, Action::close, TxnStatus::mined));
  rig.step(HeadRetracted{rig.plan.hash, 1, 39});
  EXPECT_EQ(rig.submitting(1, Action::close)->attempt, 0u) << "not before we know";
  observe(rig, 1, Finality::head, gate(rig.plan, 1, 40, 221, GatePhase::switched, 1));
  ASSERT_TRUE(rig.submitting(1, Action::close));
  EXPECT_EQ(rig.submitting(1, Action::close)->attempt, 1u);
}

TEST_F(Submits, a_switch_that_cannot_be_sent_is_given_up_for_old) {
  drive(rig, Stage::switching);
  UnixSeconds now = 1000;
  for (int attempt = 0; attempt < 4; ++attempt) {
    EXPECT_TRUE(rig.now().old_reason.empty());
    rig.step(report(rig, 1, Action::switch_version, TxnStatus::rejected, "no funds"));
    rig.step(ClockTicked{now += 100});
  }
  EXPECT_NE(rig.now().old_reason.find("no funds"), std::string::npos);
  EXPECT_FALSE(rig.submitting(0, Action::switch_version)) << "nobody is switched any more";
}

TEST_F(Submits, the_deadline_turns_an_unmined_decide_new_into_decide_old) {
  drive(rig, Stage::deciding);
  ASSERT_TRUE(rig.submitting(0, Action::decide));
  EXPECT_EQ(rig.submitting(0, Action::decide)->outcome, Outcome::new_version);
  observe(rig, 0, Finality::head, gate(rig.plan, 0, 50, 400, GatePhase::switched));
  ASSERT_TRUE(rig.submitting(0, Action::decide));
  EXPECT_EQ(rig.submitting(0, Action::decide)->outcome, Outcome::old_version);
  EXPECT_TRUE(rig.submitting(0, Action::decide)->signatures.empty());
  EXPECT_EQ(rig.submitting(0, Action::decide)->attempt, 1u);
}

TEST_F(Submits, a_decision_seen_at_the_head_in_time_is_not_contested_at_the_deadline) {
  drive(rig, Stage::deciding);
  observe(rig, 0, Finality::head, decided(rig, 49, 399, GatePhase::switched, Outcome::new_version));
  observe(rig, 0, Finality::head, decided(rig, 50, 400, GatePhase::switched, Outcome::new_version));
  EXPECT_TRUE(rig.now().old_reason.empty());
  EXPECT_EQ(rig.submitting(0, Action::decide)->outcome, Outcome::new_version);
}

TEST_F(Submits, home_that_is_never_armed_is_a_decision_for_old) {
  drive(rig, Stage::arming);
  both(rig, 1, gate(rig.plan, 1, 5, 50, GatePhase::armed));
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 9, 100, GatePhase::idle));
  sign_asked(rig, Kind::vote_old);
  EXPECT_FALSE(rig.submitting(0, Action::decide)) << "an idle gate cannot decide";
  EXPECT_EQ(rig.now().waiting.code, Waiting::decision);
  observe(rig, 0, Finality::final, gate(rig.plan, 0, 20, 200, GatePhase::idle));
  EXPECT_EQ(rig.now().decision, Outcome::old_version);
  sign_asked(rig, Kind::outcome);
  EXPECT_TRUE(rig.submitting(1, Action::close));
  EXPECT_FALSE(rig.submitting(0, Action::close));
}

TEST_F(Submits, everything_of_an_ended_plan_is_ignored) {
  drive(rig, Stage::arming);
  rig.step(CommandReceived{rig.plan.hash, CommandKind::abort, "not now", "ops"});
  ASSERT_EQ(rig.stage(), Stage::refused);
  EXPECT_TRUE(rig.outbox.empty());
  EXPECT_TRUE(rig.step(ClockTicked{9999}).records.empty());
  EXPECT_TRUE(rig.step(GateObserved{rig.plan.hash, 0, Finality::final, gate(rig.plan, 0, 7, 70, GatePhase::idle)})
                  .records.empty());
  EXPECT_TRUE(rig.step(CommandReceived{rig.plan.hash, CommandKind::hold, "x", "ops"}).records.empty());
}

}  // namespace
}  // namespace lockstep::coordinator::test
