#include <algorithm>

#include "coordinator/quarantine.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

using Signing = Coordinator;

TEST_F(Signing, switch_is_not_signed_once_switch_by_passed_anywhere) {
  drive(rig, Stage::halting);
  observe(rig, 1, Finality::final, gate(rig.plan, 1, 90, 300, GatePhase::armed));
  answer_baseline(rig);
  EXPECT_FALSE(rig.now().signing.contains(Kind::switch_version));
  EXPECT_NE(rig.now().old_reason.find("beta"), std::string::npos);
}

TEST_F(Signing, vote_new_is_not_signed_in_the_last_seconds) {
  drive(rig, Stage::verifying);
  both(rig, 0, gate(rig.plan, 0, 80, 395, GatePhase::switched));
  for (InstanceIndex i : {0, 1}) answer_evidence(rig, i);
  EXPECT_FALSE(rig.now().signing.contains(Kind::vote_new));
  EXPECT_EQ(rig.now().waiting.code, Waiting::decision_deadline);
}

TEST_F(Signing, after_vote_old_neither_switch_nor_vote_new) {
  drive(rig, Stage::halting);
  rig.step(CommandReceived{rig.plan.hash, CommandKind::abort, "stop", "ops"});
  sign_asked(rig, Kind::vote_old);
  answer_baseline(rig);
  EXPECT_FALSE(rig.now().signing.contains(Kind::switch_version));
}

TEST_F(Signing, an_intent_overtaken_by_old_is_no_longer_asked_for) {
  drive(rig, Stage::halting);
  answer_baseline(rig);
  ASSERT_TRUE(rig.signing(Kind::switch_version));
  rig.step(CommandReceived{rig.plan.hash, CommandKind::abort, "stop", "ops"});
  EXPECT_FALSE(rig.signing(Kind::switch_version));
  EXPECT_TRUE(rig.now().signing.contains(Kind::switch_version)) << "what was intended stays on record";
}

TEST_F(Signing, outcome_follows_the_final_decision_of_home_not_its_head) {
  drive(rig, Stage::deciding);
  observe(rig, 0, Finality::head, decided(rig, 30, 215, GatePhase::switched, Outcome::new_version));
  EXPECT_FALSE(rig.signing(Kind::outcome));
  observe(rig, 0, Finality::final, decided(rig, 30, 215, GatePhase::switched, Outcome::new_version));
  ASSERT_TRUE(rig.signing(Kind::outcome));
  EXPECT_EQ(rig.signing(Kind::outcome)->statement.evidence, rig.now().signing.at(Kind::vote_new).evidence);
}

TEST_F(Signing, a_decision_for_old_against_our_vote_is_followed) {
  drive(rig, Stage::deciding);
  both(rig, 0, decided(rig, 30, 215, GatePhase::switched, Outcome::old_version));
  ASSERT_TRUE(rig.signing(Kind::outcome));
  EXPECT_EQ(rig.signing(Kind::outcome)->statement.outcome, Outcome::old_version);
}

TEST_F(Signing, nothing_is_signed_while_frozen) {
  drive(rig, Stage::halting);
  rig.step(FinalityViolated{rig.plan.hash, 1, block(1, 20, 200), block(1, 20, 200, 1)});
  EXPECT_TRUE(rig.now().frozen);
  EXPECT_FALSE(rig.at(1).baseline_asked);
  answer_baseline(rig);
  EXPECT_TRUE(rig.now().signing.empty());
}

TEST_F(Signing, statements_of_other_plans_epochs_sets_or_strangers_are_not_kept) {
  drive(rig, Stage::halting);
  const Statement good{Kind::vote_old, 1, rig.plan.hash, Outcome::none, rig.plan.operators.hash, {}};
  auto wrong = good;
  wrong.epoch = 2;
  rig.step(AttestationReceived{attest(wrong, 1)});
  wrong = good;
  wrong.operator_set.bytes[5] = 1;
  rig.step(AttestationReceived{attest(wrong, 1)});
  wrong = good;
  wrong.evidence.bytes[0] = 1;
  rig.step(AttestationReceived{attest(wrong, 1)});
  wrong = good;
  wrong.plan_hash.bytes[9] = 1;
  rig.step(AttestationReceived{attest(wrong, 1)});
  rig.step(AttestationReceived{attest(good, 9)});
  auto bytes = attest(good, 1);
  bytes.signature.pop_back();
  rig.step(AttestationReceived{bytes});
  EXPECT_TRUE(rig.now().attestations.empty());
}

TEST_F(Signing, our_own_signature_that_we_never_intended_makes_us_an_observer) {
  drive(rig, Stage::halting);
  const Statement statement{Kind::vote_old, 1, rig.plan.hash, Outcome::none, rig.plan.operators.hash, {}};
  const auto decision = rig.step(AttestationReceived{attest(statement, 1)});
  EXPECT_TRUE(std::ranges::any_of(decision.effects, [](const Effect& effect) {
    const auto* alarm = std::get_if<Alarm>(&effect);
    return alarm && alarm->code == "own-signature-unknown";
  }));
  answer_baseline(rig);
  EXPECT_FALSE(rig.now().signing.contains(Kind::switch_version));
}

TEST_F(Signing, no_resume_lifts_a_quarantine) {
  for (const auto kind : {Kind::switch_version, Kind::vote_old, Kind::halt_now}) {
    rig = Rig(make_plan({}));
    drive(rig, Stage::halting);
    const Statement unknown{kind, 1, rig.plan.hash, Outcome::none, rig.plan.operators.hash, {}};
    rig.step(AttestationReceived{attest(unknown, 1)});
    ASSERT_TRUE(quarantined(rig.now()));
    rig.step(CommandReceived{rig.plan.hash, CommandKind::hold, "looking", "ops"});
    rig.step(CommandReceived{rig.plan.hash, CommandKind::resume, "it was nothing", "ops"});
    EXPECT_TRUE(rig.step(AttestationReceived{attest(unknown, 1)}).records.empty());
    EXPECT_TRUE(rig.step(CommandReceived{rig.plan.hash, CommandKind::resume, "again", "ops"}).records.empty());
    answer_baseline(rig);
    rig.step(CommandReceived{rig.plan.hash, CommandKind::halt, "now", "ops"});
    EXPECT_TRUE(rig.now().signing.empty()) << to_text(kind);
  }
}

TEST_F(Signing, whoever_is_in_quarantine_waits_for_the_others) {
  drive(rig, Stage::halting);
  const Statement unknown{Kind::outcome, 1, rig.plan.hash, Outcome::old_version, rig.plan.operators.hash, {}};
  rig.step(AttestationReceived{attest(unknown, 1)});
  answer_baseline(rig);
  EXPECT_EQ(rig.now().waiting.code, Waiting::operator_key);
  EXPECT_EQ(rig.now().waiting.unblocks_when,
            "the other operators sign; this copy signs nothing in this epoch any more");
}

TEST_F(Signing, while_a_head_shows_what_needed_our_signature_only_the_brake_is_signed) {
  drive(rig, Stage::halting);
  observe(rig, 1, Finality::head, gate(rig.plan, 1, 25, 210, GatePhase::switched));
  answer_baseline(rig);
  EXPECT_FALSE(quarantined(rig.now())) << "one endpoint can make up a head";
  EXPECT_TRUE(rig.now().signing.empty());
  EXPECT_EQ(rig.now().waiting.code, Waiting::finality);
  rig.step(CommandReceived{rig.plan.hash, CommandKind::halt, "now", "ops"});
  EXPECT_TRUE(rig.now().signing.contains(Kind::halt_now));
  rig.step(HeadRetracted{rig.plan.hash, 1, 25});
  EXPECT_TRUE(rig.now().signing.contains(Kind::vote_old)) << "it was made up";
}

TEST_F(Signing, what_we_signed_otherwise_elsewhere_is_a_quarantine_too) {
  drive(rig, Stage::closing);
  auto other = rig.now().signing.at(Kind::outcome);
  rig.step(AttestationReceived{attest(other, 1)});
  EXPECT_FALSE(quarantined(rig.now())) << "that is what we wanted to sign";
  other.evidence.bytes[0] ^= 1;
  rig.step(AttestationReceived{attest(other, 1)});
  EXPECT_TRUE(quarantined(rig.now()));
}

TEST_F(Signing, an_operator_that_is_not_in_the_set_is_an_observer) {
  auto plan = make_plan({});
  plan.self = operator_address(9);
  rig = Rig(plan);
  rig.step(PlanSubmitted{rig.plan});
  answer_readiness(rig);
  everywhere_at(rig, 5, 50, GatePhase::armed);
  answer_readiness(rig);
  everywhere_at(rig, 20, 200, GatePhase::armed);
  answer_baseline(rig);
  EXPECT_EQ(rig.stage(), Stage::switching);
  EXPECT_TRUE(rig.now().signing.empty());
}

}  // namespace
}  // namespace lockstep::coordinator::test
