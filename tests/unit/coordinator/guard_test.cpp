// Stale input is refused once, at the top: whatever comes for a plan, an instance or a question that is not there.
#include <functional>

#include "coordinator/certificates.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Guard = Coordinator;

std::vector<Event> every_event(const Hash32& plan, InstanceIndex i, const Plan& of) {
  Statement statement{Kind::vote_old, of.epoch, plan, Outcome::none, of.operators.hash, {}};
  const EvidenceReport report{block(0, 77, 777), rows(Colour::green), {}};
  return {GateObserved{plan, i, Finality::final, gate(of, 0, 900, 9000, GatePhase::idle)},
          GateObserved{plan, i, Finality::head, gate(of, 0, 900, 9000, GatePhase::idle)},
          HeadRetracted{plan, i, 1},
          FinalityViolated{plan, i, block(0, 5, 50), block(0, 5, 50, 1)},
          ReadinessReported{plan, i, 1, rows(Colour::green)},
          BaselineReported{plan, i, report},
          EvidenceReported{plan, i, Outcome::new_version, report},
          AttestationReceived{attest(statement, 1)},
          SignRefused{plan, Kind::vote_old, "no"},
          TxnReported{plan, i, Action::close, TxnStatus::mined, {}, ""},
          GovernanceObserved{plan, i, GovernanceStage::queued, 5, ""},
          InterferenceObserved{plan, i, block(0, 5, 50), "x"},
          CommandReceived{plan, CommandKind::hold, "x", "ops"},
          CommandReceived{plan, CommandKind::resume, "x", "ops"},
          CommandReceived{plan, CommandKind::abort, "x", "ops"},
          CommandReceived{plan, CommandKind::halt, "x", "ops"}};
}

TEST_F(Guard, nothing_is_heard_of_a_plan_that_is_not_there) {
  drive(rig, Stage::closing);
  for (const auto& event : every_event(Hash32{}, 0, rig.plan)) EXPECT_TRUE(rig.step(event).records.empty());
}

TEST_F(Guard, nothing_is_heard_of_an_instance_that_is_not_there) {
  drive(rig, Stage::closing);
  for (const auto& event : every_event(rig.plan.hash, 99, rig.plan)) {
    const bool of_instance = !std::holds_alternative<CommandReceived>(event) &&
                             !std::holds_alternative<AttestationReceived>(event) &&
                             !std::holds_alternative<SignRefused>(event);
    if (!of_instance) continue;
    EXPECT_TRUE(rig.step(event).records.empty());
  }
}

TEST_F(Guard, nothing_is_heard_of_a_refused_plan_unless_governance_arms_it) {
  drive(rig, Stage::arming);
  rig.step(CommandReceived{rig.plan.hash, CommandKind::abort, "not now", "ops"});
  ASSERT_EQ(rig.stage(), Stage::refused);
  for (const auto& event : every_event(rig.plan.hash, 0, rig.plan)) EXPECT_TRUE(rig.step(event).records.empty());
  both(rig, 1, gate(rig.plan, 1, 5, 50, GatePhase::armed));
  EXPECT_EQ(rig.stage(), Stage::arming);
}

TEST_F(Guard, what_nobody_asked_for_or_was_said_before_is_ignored) {
  drive(rig, Stage::closing);
  const auto ignored = [&](const Event& event) { EXPECT_TRUE(rig.step(event).records.empty()); };
  ignored(BaselineReported{rig.plan.hash, 0, {block(0, 77, 777), rows(Colour::green), {}}});
  ignored(EvidenceReported{rig.plan.hash, 0, Outcome::old_version, rig.at(0).evidence.value()});
  ignored(ReadinessReported{rig.plan.hash, 0, 1, rows(Colour::red)});
  ignored(SignRefused{rig.plan.hash, Kind::halt_now, "was never asked"});
  ignored(TxnReported{rig.plan.hash, 0, Action::engage, TxnStatus::mined, {}, ""});
  ignored(HeadRetracted{rig.plan.hash, 0, 5000});
  ignored(CommandReceived{rig.plan.hash, CommandKind::resume, "nothing to resume", "ops"});
  rig.step(GovernanceObserved{rig.plan.hash, 0, GovernanceStage::queued, 9, ""});
  ignored(GovernanceObserved{rig.plan.hash, 0, GovernanceStage::queued, 9, "again"});
  EXPECT_FALSE(rig.step(GovernanceObserved{rig.plan.hash, 0, GovernanceStage::queued, 10, ""}).records.empty());
  rig.step(InterferenceObserved{rig.plan.hash, 0, block(0, 50, 500), "x"});
  ignored(InterferenceObserved{rig.plan.hash, 0, block(0, 50, 500), "x"});
  ignored(InterferenceObserved{rig.plan.hash, 0, block(0, 49, 499), "x"});
  EXPECT_FALSE(rig.step(InterferenceObserved{rig.plan.hash, 0, block(0, 50, 500, 1), "x"}).records.empty());
  rig.step(CommandReceived{rig.plan.hash, CommandKind::hold, "x", "ops"});
  ignored(CommandReceived{rig.plan.hash, CommandKind::hold, "x", "ops"});
  rig.step(CommandReceived{rig.plan.hash, CommandKind::halt, "x", "ops"});
  ignored(CommandReceived{rig.plan.hash, CommandKind::halt, "x", "ops"});
}

TEST_F(Guard, statements_that_no_plan_contains_are_not_kept) {
  drive(rig, Stage::closing);
  const auto good = rig.now().signing.at(Kind::outcome);
  const auto refused = [&](const std::function<void(Statement&)>& change) {
    auto wrong = good;
    change(wrong);
    EXPECT_FALSE(acceptable(rig.plan, wrong));
  };
  EXPECT_TRUE(acceptable(rig.plan, good));
  refused([](Statement& s) { s.outcome = Outcome::none; });
  refused([](Statement& s) { s.kind = Kind::none; });
  refused([](Statement& s) { s.kind = Kind::vote_new; });
  refused([](Statement& s) { s.kind = Kind::switch_version; });
  refused([](Statement& s) {
    s.kind = Kind::vote_new;
    s.outcome = Outcome::none;
    s.evidence = {};
  });
  refused([](Statement& s) {
    s.kind = Kind::halt_now;
    s.outcome = Outcome::none;
  });
}

}  // namespace
}  // namespace lockstep::coordinator::test
