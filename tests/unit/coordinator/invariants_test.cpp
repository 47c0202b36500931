// A law that nothing can break in a test may not be looked at at all: each one is broken here by hand.
#include "coordinator/invariants.hpp"

#include <functional>

#include "coordinator/codec.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

struct Flaw {
  const char* says;
  Stage at;
  std::function<void(PlanState&)> make;
};

PlanState at(Stage stage) {
  Rig rig(make_plan({}));
  drive(rig, stage);
  return rig.now();
}

TEST(Invariants, every_state_that_must_not_be_is_named) {
  const Statement other{Kind::vote_new, 1, {}, Outcome::none, {}, {}};
  const Flaw flaws[] = {
      {"S14: as many", Stage::armed, [](PlanState& p) { p.instances.pop_back(); }},
      {"1 to 64", Stage::armed, [](PlanState& p) { p.plan.home = 9; }},
      {"2N > M", Stage::armed, [](PlanState& p) { p.plan.operators.threshold = 0; }},
      {"2N > M", Stage::armed, [](PlanState& p) { p.plan.operators.faulty = 1; }},
      {"2N > M", Stage::armed, [](PlanState& p) { p.plan.operators.threshold = 2; }},
      {"1 to 64", Stage::armed,
       [](PlanState& p) {
         p.instances.clear();
         p.plan.instances.clear();
       }},
      {"1 to 64", Stage::armed,
       [](PlanState& p) {
         p.instances.resize(max_instances + 1);
         p.plan.instances.resize(max_instances + 1);
       }},
      {"S8: an intent", Stage::switching,
       [](PlanState& p) { p.signing[Kind::vote_old] = p.signing[Kind::switch_version]; }},
      {"S2: OUTCOME", Stage::closing, [](PlanState& p) { p.decision = Outcome::old_version; }},
      {"filed under kind", Stage::closing,
       [](PlanState& p) { p.attestations[Kind::outcome].begin()->second.statement.kind = Kind::vote_new; }},
      {"of the block that was asked", Stage::deciding, [](PlanState& p) { p.instances[1].evidence->block.num -= 1; }},
      {"of the block that was asked", Stage::deciding, [](PlanState& p) { p.instances[1].evidence_asked.reset(); }},
      {"of the block that was asked", Stage::deciding, [](PlanState& p) { p.instances[1].baseline->block.num -= 1; }},
      {"filed under their action", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.action = Action::engage; }},
      {"cannot be rolled back", Stage::armed,
       [](PlanState& p) {
         for (auto& i : p.plan.instances) i.revocable = false;
       }},
      {"waits for something", Stage::armed, [](PlanState& p) { p.waiting = {}; }},
      {"S8: an intent", Stage::switching, [&](PlanState& p) { p.signing[Kind::vote_new] = other; }},
      {"an observer", Stage::switching, [](PlanState& p) { p.plan.self.reset(); }},
      {"S1: SWITCH", Stage::switching, [](PlanState& p) { p.instances[1].baseline.reset(); }},
      {"VOTE_OLD needs", Stage::switching,
       [](PlanState& p) {
         p.signing[Kind::vote_old] = p.signing[Kind::switch_version];
         p.signing[Kind::vote_old].kind = Kind::vote_old;
       }},
      {"HALT_NOW needs", Stage::switching,
       [](PlanState& p) {
         p.signing[Kind::halt_now] = p.signing[Kind::switch_version];
         p.signing[Kind::halt_now].kind = Kind::halt_now;
       }},
      {"S2: OUTCOME", Stage::closing, [](PlanState& p) { p.decision_evidence.bytes[3] ^= 1; }},
      {"filed under kind", Stage::closing,
       [](PlanState& p) { p.attestations[Kind::outcome].begin()->second.signer.bytes[9] = 1; }},
      {"S6: attestations", Stage::closing,
       [](PlanState& p) { p.attestations[Kind::outcome].begin()->second.statement.epoch = 2; }},
      {"S7: only operators", Stage::closing,
       [](PlanState& p) {
         auto stranger = p.attestations[Kind::outcome].begin()->second;
         stranger.signer = operator_address(9);
         p.attestations[Kind::outcome].emplace(stranger.signer, stranger);
       }},
      {"about the block in which it switched", Stage::verifying,
       [](PlanState& p) { p.instances[0].evidence_asked->num += 1; }},
      {"of the block that was asked", Stage::switching, [](PlanState& p) { p.instances[0].baseline_asked.reset(); }},
      {"filed under their action", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.instance = 0; }},
      {"without switch calls", Stage::switching, [](PlanState& p) { p.plan.instances[1].switches = false; }},
      {"HALT_NOW is sent", Stage::closing,
       [](PlanState& p) {
         auto halt = p.instances[1].submits.at(Action::close);
         halt.intent.action = Action::halt_now;
         p.instances[1].submits.emplace(Action::halt_now, halt);
       }},
      {"only home decides", Stage::deciding,
       [](PlanState& p) {
         auto decide = p.instances[0].submits.at(Action::decide);
         decide.intent.instance = 1;
         p.instances[1].submits.emplace(Action::decide, decide);
       }},
      {"S2: a close", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.outcome = Outcome::old_version; }},
      {"exactly its quorum", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.signatures.clear(); }},
      {"made of attestations", Stage::closing, [](PlanState& p) { p.attestations.erase(Kind::outcome); }},
      {"over one statement", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.evidence.bytes[1] ^= 1; }},
      {"ascending by signer", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.signatures[0][9] = 1; }},
      {"engage carries", Stage::closing,
       [](PlanState& p) {
         auto engage = p.instances[1].submits.at(Action::close);
         engage.intent.action = Action::engage;
         p.instances[1].submits.emplace(Action::engage, engage);
       }},
      {"ends as home decided", Stage::closing, [](PlanState& p) { p.stage = Stage::closed_old; }},
      {"S5: NEW ends", Stage::closing, [](PlanState& p) { p.stage = Stage::closed_new; }},
      {"closed otherwise", Stage::closing,
       [](PlanState& p) {
         p.stage = Stage::closed_new;
         p.instances[1].closed = Outcome::old_version;
       }},
  };
  for (const auto& flaw : flaws) {
    auto plan = at(flaw.at);
    EXPECT_EQ(broken_invariant(plan), std::nullopt) << flaw.says;
    flaw.make(plan);
    const auto broken = broken_invariant(plan);
    ASSERT_TRUE(broken) << flaw.says;
    EXPECT_NE(broken->find(flaw.says), std::string::npos) << *broken;
  }
}

TEST(Invariants, every_step_that_must_not_be_is_named) {
  const auto intend = [](PlanState& p, Kind kind) {
    p.signing[kind] = Statement{kind, 1, p.plan.hash, Outcome::none, p.plan.operators.hash, {}};
  };
  const auto send = [](PlanState& p, InstanceIndex i, Action action, Outcome outcome = Outcome::none) {
    SubmitProgress progress;
    progress.intent = Submit{p.plan.hash, i, action, outcome, {}, {}, 9};
    p.instances[i].submits[action] = progress;
  };
  struct Step {
    const char* says;
    Stage at;
    std::function<void(PlanState&)> before, after;
  };
  const auto nothing = [](PlanState&) {};
  const Step steps[] = {
      {"S8: what was intended", Stage::switching, nothing, [](PlanState& p) { p.signing.clear(); }},
      {"S8: what was intended", Stage::switching, nothing,
       [](PlanState& p) { p.signing[Kind::switch_version].epoch = 2; }},
      {"attempts only grow", Stage::closing,
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.attempt = 2; },
       [](PlanState& p) { p.instances[1].submits.at(Action::close).intent.attempt = 1; }},
      {"an end is an end", Stage::closing, [](PlanState& p) { p.stage = Stage::closed_new; },
       [](PlanState& p) {
         p.stage = Stage::closing;
         p.frozen = true;
       }},
      {"only HALT_NOW is signed", Stage::halting, [](PlanState& p) { p.stage = Stage::closed_old; },
       [&](PlanState& p) { intend(p, Kind::vote_old); }},
      {"after VOTE_OLD", Stage::halting, [&](PlanState& p) { intend(p, Kind::vote_old); },
       [&](PlanState& p) { intend(p, Kind::switch_version); }},
      {"S3: VOTE_NEW", Stage::verifying, nothing, [&](PlanState& p) { intend(p, Kind::vote_new); }},
      {"while frozen", Stage::halting, nothing,
       [&](PlanState& p) {
         intend(p, Kind::halt_now);
         p.frozen = true;
       }},
      {"only HALT_NOW is signed", Stage::halting, nothing,
       [&](PlanState& p) {
         intend(p, Kind::vote_old);
         p.held = true;
       }},
      {"F3", Stage::halting, [](PlanState& p) { p.sign_refused[Kind::vote_old] = "no"; },
       [&](PlanState& p) { intend(p, Kind::vote_old); }},
      {"F3: nothing is signed in quarantine", Stage::halting, [](PlanState& p) { p.sign_refused[Kind::none] = "no"; },
       [&](PlanState& p) { intend(p, Kind::vote_old); }},
      {"F3: a quarantine is never lifted", Stage::halting, [](PlanState& p) { p.sign_refused[Kind::none] = "no"; },
       [](PlanState& p) { p.sign_refused.clear(); }},
      {"attempts only grow", Stage::closing, nothing, [](PlanState& p) { p.instances[1].submits.clear(); }},
      {"nothing is sent while frozen", Stage::halting, nothing,
       [&](PlanState& p) {
         send(p, 1, Action::engage);
         p.frozen = true;
       }},
      {"delay ends", Stage::halting, nothing,
       [&](PlanState& p) {
         send(p, 1, Action::engage);
         p.instances[1].submit_after[Action::engage] = 5;
       }},
      {"only HALT_NOW is sent", Stage::closing, [](PlanState& p) { p.stage = Stage::closed_new; },
       [&](PlanState& p) { send(p, 1, Action::engage); }},
      {"S1: others switch", Stage::switching, [](PlanState& p) { p.plan.instances[0].revocable = false; },
       [&](PlanState& p) { send(p, 1, Action::switch_version); }},
      {"S4", Stage::verifying,
       [](PlanState& p) {
         p.plan.instances[1].revocable = false;
         p.decision = Outcome::old_version;
       },
       [&](PlanState& p) { send(p, 1, Action::close, Outcome::old_version); }},
      {"higher rank", Stage::halting, [](PlanState& p) { p.plan.self.reset(); },
       [&](PlanState& p) { send(p, 1, Action::engage); }},
      {"S14", Stage::halting, nothing, [](PlanState& p) { p.plan.window.soak_s = 9; }},
      {"an end is an end", Stage::closing, [](PlanState& p) { p.stage = Stage::closed_new; },
       [](PlanState& p) { p.stage = Stage::closing; }},
      {"S2: the decision", Stage::closing, nothing, [](PlanState& p) { p.decision = Outcome::old_version; }},
      {"wanting OLD", Stage::halting, [](PlanState& p) { p.old_reason = "x"; },
       [](PlanState& p) { p.old_reason = ""; }},
      {"HALT_NOW is never", Stage::halting, [](PlanState& p) { p.halt_reason = "x"; },
       [](PlanState& p) { p.halt_reason = "y"; }},
  };
  for (const auto& step : steps) {
    auto before = at(step.at);
    step.before(before);
    auto after = before;
    EXPECT_EQ(broken_step(before, after), std::nullopt) << step.says;
    step.after(after);
    const auto broken = broken_step(before, after);
    ASSERT_TRUE(broken) << step.says;
    EXPECT_NE(broken->find(step.says), std::string::npos) << *broken;
  }
}

TEST(Invariants, of_a_whole_state_name_the_plan) {
  State state;
  const auto plan = at(Stage::armed);
  state.plans.emplace(plan.plan.hash, plan);
  auto twin = plan;
  twin.plan.hash.bytes[1] = 9;
  state.plans.emplace(twin.plan.hash, twin);
  EXPECT_NE(broken_invariant(state)->find("S6"), std::string::npos);
  EXPECT_NE(broken_invariant(state, twin.plan.hash)->find("0x50090000"), std::string::npos);
  EXPECT_EQ(broken_invariant(state, Hash32{}), std::nullopt);
  EXPECT_NE(broken_step(state, State{})->find("never disappears"), std::string::npos);
  auto changed = state;
  changed.plans.begin()->second.plan.name = "other";
  EXPECT_NE(broken_step(state, changed)->find("S14"), std::string::npos);
  EXPECT_EQ(broken_step(state, state), std::nullopt);
  const auto agrees_if = [&](const std::function<void(PlanState&)>& change) {
    for (const auto& hash : {plan.plan.hash, twin.plan.hash}) {
      auto other = state;
      change(other.plans.at(hash));
      EXPECT_EQ(broken_invariant(other), std::nullopt);
    }
  };
  agrees_if([](PlanState& p) { p.aborted = true; });  // one of them works for its end
  agrees_if([](PlanState& p) { p.forked = true; });
  agrees_if([](PlanState& p) { p.stage = Stage::refused; });
  agrees_if([](PlanState& p) { p.plan.protocol = "options"; });
  agrees_if([](PlanState& p) { p.plan.epoch = 2; });
}

}  // namespace
}  // namespace lockstep::coordinator::test
