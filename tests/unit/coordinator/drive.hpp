#pragma once
// Brings a plan to a stage the ordinary way, so that a test can start where it begins to be interesting. Blocks: armed
// at 5 (t 50), halted at 20 (t 200), switched at 25 (t 210), decided at 30 (t 215), closed at 40 (t 220).
#include <gtest/gtest.h>

#include "coordinator/vote_evidence.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {

inline void observe(Rig& rig, InstanceIndex i, Finality finality, const GateView& view) {
  rig.step(GateObserved{rig.plan.hash, i, finality, view});
}
inline void both(Rig& rig, InstanceIndex i, const GateView& view) {
  observe(rig, i, Finality::head, view);
  observe(rig, i, Finality::final, view);
}
inline void everywhere_at(Rig& rig, std::uint64_t num, UnixSeconds time, GatePhase phase) {
  for (InstanceIndex i = 0; i < rig.plan.instances.size(); ++i) {
    auto view = gate(rig.plan, i, num, time, phase);
    view.engaged = rig.plan.instances[i].push_breaker && view.halted;
    both(rig, i, view);
  }
}
inline void answer_readiness(Rig& rig, Colour colour = Colour::green) {
  for (InstanceIndex i = 0; i < rig.plan.instances.size(); ++i)
    if (const auto* asked = rig.asked<CheckReadiness>(i))
      rig.step(ReadinessReported{rig.plan.hash, i, asked->round, rows(colour)});
}
inline void answer_baseline(Rig& rig) {
  for (InstanceIndex i = 0; i < rig.plan.instances.size(); ++i)
    if (const auto* asked = rig.asked<TakeBaseline>(i))
      rig.step(BaselineReported{rig.plan.hash, i, {asked->block, rows(Colour::green), {}}});
}
inline void answer_evidence(Rig& rig, InstanceIndex i, Colour colour = Colour::green) {
  const auto* asked = rig.asked<CheckEvidence>(i);
  ASSERT_NE(asked, nullptr);
  Hash32 digest;
  digest.bytes[0] = 0xe0;
  rig.step(EvidenceReported{rig.plan.hash, i, asked->expected, {asked->block, rows(colour), digest}});
}
inline void sign_asked(Rig& rig, Kind kind, std::uint32_t self = 1) {
  const auto* asked = rig.signing(kind);
  ASSERT_NE(asked, nullptr);
  rig.step(AttestationReceived{attest(asked->statement, self)});
}
inline GateView decided(const Rig& rig, std::uint64_t num, UnixSeconds time, GatePhase phase, Outcome outcome) {
  auto view = gate(rig.plan, rig.plan.home, num, time, phase);
  view.decision = outcome;
  if (outcome == Outcome::new_version) view.decision_evidence = vote_evidence(rig.now());
  return view;
}

/// Up to and including `stage`; the plan must have one operator, us.
inline void drive(Rig& rig, Stage stage) {
  rig.step(PlanSubmitted{rig.plan});
  everywhere_at(rig, 1, 10, GatePhase::idle);
  if (stage == Stage::checking) return;
  answer_readiness(rig);
  if (stage == Stage::arming) return;
  everywhere_at(rig, 5, 50, GatePhase::armed);
  answer_readiness(rig);
  if (stage == Stage::armed) return;
  everywhere_at(rig, 20, 200, GatePhase::armed);
  if (stage == Stage::halting) return;
  answer_baseline(rig);
  sign_asked(rig, Kind::switch_version);
  if (stage == Stage::switching) return;
  everywhere_at(rig, 25, 210, GatePhase::switched);
  if (stage == Stage::verifying) return;
  for (InstanceIndex i = 0; i < rig.plan.instances.size(); ++i) answer_evidence(rig, i);
  sign_asked(rig, Kind::vote_new);
  if (stage == Stage::deciding) return;
  both(rig, rig.plan.home, decided(rig, 30, 215, GatePhase::switched, Outcome::new_version));
  sign_asked(rig, Kind::outcome);
}

/// On from drive(closing): closed at 40 (t 220), open at 60 (t 250), soaked at 80 (t 300).
inline void drive_on(Rig& rig, Stage stage) {
  const auto all = [&](std::uint64_t num, UnixSeconds time) {
    for (InstanceIndex i = 0; i < rig.plan.instances.size(); ++i) {
      auto view = gate(rig.plan, i, num, time, GatePhase::closed_new);
      if (i == rig.plan.home) view = decided(rig, num, time, GatePhase::closed_new, Outcome::new_version);
      view.closed_at = 220;
      both(rig, i, view);
    }
  };
  all(40, 220);
  if (stage == Stage::releasing) return;
  all(60, 250);
  if (stage == Stage::soaking) return;
  all(80, 300);
  for (InstanceIndex i = 0; i < rig.plan.instances.size(); ++i) answer_evidence(rig, i);
}

class Coordinator : public testing::Test {
 protected:
  ~Coordinator() override {
    for (const auto& problem : rig.problems) ADD_FAILURE() << problem;
  }
  Rig rig{make_plan({})};
};

}  // namespace lockstep::coordinator::test
