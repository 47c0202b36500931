#include "coordinator/invariants.hpp"

#include <algorithm>

#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {
namespace {

using Broken = std::optional<std::string>;

bool intended(const PlanState& plan, Kind kind) { return plan.signing.contains(kind); }

Broken shape(const PlanState& plan) {
  const auto& p = plan.plan;
  if (plan.instances.size() != p.instances.size()) return "S14: as many instance states as instances";
  if (plan.instances.empty() || plan.instances.size() > max_instances || p.home >= plan.instances.size())
    return "a plan has 1 to 64 instances and home is one of them";
  const auto m = p.operators.operators.size();
  if (p.operators.threshold == 0 || p.operators.threshold > m ||
      2 * std::size_t{p.operators.threshold} <= m + p.operators.faulty)
    return "S14: 1 <= N <= M and 2N > M + f";
  if (!ended(plan.stage) && plan.waiting.code == Waiting::nothing) return "an unfinished plan waits for something";
  return std::nullopt;
}

/// A final block that was replaced takes facts back but never a signature; then only what is signed binds us.
Broken signing(const PlanState& plan) {
  for (const auto& [kind, statement] : plan.signing) {
    if (statement.kind != kind || !acceptable(plan.plan, statement))
      return "S8: an intent to sign is a statement of this plan";
    if (!can_sign(plan)) return "an observer signs nothing";
  }
  const bool undecided = plan.decision == Outcome::none && !plan.forked;
  const bool baselines = everywhere(plan, [&](InstanceIndex i) { return baseline_good(plan.instances[i]); });
  const bool verified = everywhere(plan, [&](InstanceIndex i) { return evidence_good(plan, i); });
  if (intended(plan, Kind::switch_version) && !plan.forked && !baselines)
    return "S1: SWITCH is intended only with a good baseline of every halted instance";
  if (intended(plan, Kind::vote_new) && undecided && plan.old_reason.empty() && !verified)
    return "S3: VOTE_NEW is intended only when every instance is verified at finality";
  if (intended(plan, Kind::vote_old) && plan.old_reason.empty()) return "VOTE_OLD needs a reason";
  if (!intended(plan, Kind::outcome) || plan.forked) return std::nullopt;
  const auto& outcome = plan.signing.at(Kind::outcome);
  if (outcome.outcome != plan.decision || outcome.evidence != plan.decision_evidence)
    return "S2: OUTCOME says what home decided at finality";
  return std::nullopt;
}

Broken attestations(const PlanState& plan) {
  for (const auto& [kind, by_signer] : plan.attestations) {
    for (const auto& [signer, attestation] : by_signer) {
      if (attestation.signer != signer || attestation.statement.kind != kind)
        return "attestations are filed under kind and signer";
      if (!acceptable(plan.plan, attestation.statement))
        return "S6: attestations are of this plan, epoch and operator set";
      if (!std::ranges::binary_search(plan.plan.operators.operators, signer))
        return "S7: only operators of the plan count";
    }
  }
  return std::nullopt;
}

/// Signatures of a submission are a full certificate over one statement, in the order of the signers.
Broken certified(const PlanState& plan, const Submit& intent) {
  const bool bare =
      intent.action == Action::engage ||
      (intent.action == Action::decide && intent.outcome == Outcome::old_version && intent.signatures.empty());
  if (bare) return intent.signatures.empty() ? std::nullopt : Broken("engage carries no signatures");
  auto kind = Kind::outcome;
  if (intent.action == Action::switch_version) kind = Kind::switch_version;
  if (intent.action == Action::halt_now) kind = Kind::halt_now;
  if (intent.action == Action::decide) kind = intent.outcome == Outcome::new_version ? Kind::vote_new : Kind::vote_old;
  if (intent.signatures.size() != quorum(plan.plan, kind))
    return "S7: a certificate has exactly its quorum of signatures";
  const auto kept = plan.attestations.find(kind);
  if (kept == plan.attestations.end()) return "S7: a certificate is made of attestations";
  auto next = intent.signatures.begin();
  for (const auto& [signer, attestation] : kept->second) {
    if (next == intent.signatures.end()) break;
    if (attestation.signature != *next) continue;
    if (attestation.statement.evidence != intent.evidence) return "S7: a certificate is over one statement";
    ++next;
  }
  if (next != intent.signatures.end()) return "S7: signatures are ascending by signer, each an operator's own";
  return std::nullopt;
}

Broken submits(const PlanState& plan) {
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    for (const auto& [action, progress] : plan.instances[i].submits) {
      if (progress.intent.action != action || progress.intent.instance != i)
        return "submissions are filed under their action";
      if (action == Action::decide && i != plan.plan.home) return "only home decides";
      if (action == Action::close && !plan.forked && progress.intent.outcome != plan.decision)
        return "S2: a close carries home's decision";
      if (auto broken = certified(plan, progress.intent)) return broken;
    }
  }
  return std::nullopt;
}

Broken ends(const PlanState& plan) {
  if (plan.stage != Stage::closed_new && plan.stage != Stage::closed_old) return std::nullopt;
  const auto outcome = plan.stage == Stage::closed_new ? Outcome::new_version : Outcome::old_version;
  if (plan.decision != outcome) return "S2: a plan ends as home decided";
  const auto other = first_where(plan, [&](InstanceIndex i) {
    const auto& instance = plan.instances[i];
    return instance.closed != Outcome::none && instance.closed != outcome && !instance.mismatch_known;
  });
  if (other) return "S2: " + chain_name(plan, *other) + " closed otherwise";
  if (outcome == Outcome::new_version && !everywhere(plan, [&](InstanceIndex i) {
        return plan.instances[i].closed == outcome || plan.instances[i].mismatch_known;
      }))
    return "S5: NEW ends only when every instance closed NEW";
  return std::nullopt;
}

Broken one_open_plan(const State& state) {
  for (const auto& [hash, plan] : state.plans)
    for (const auto& [other_hash, other] : state.plans) {
      const bool both_open = !ended(plan.stage) && !ended(other.stage);
      const bool clash = plan.plan.protocol == other.plan.protocol && plan.plan.epoch == other.plan.epoch;
      // A refused plan that governance armed after all may stand beside its successor; both then work for a safe end.
      if (hash != other_hash && both_open && clash && !plan.aborted && !other.aborted)
        return "S6: one unfinished plan per protocol and epoch";
    }
  return std::nullopt;
}

Broken step(const PlanState& before, const PlanState& after) {
  for (const auto& [kind, statement] : before.signing) {
    const auto found = after.signing.find(kind);
    if (found == after.signing.end() || !(found->second == statement))
      return "S8: what was intended to be signed is never changed";
  }
  const bool new_word = (intended(after, Kind::switch_version) && !intended(before, Kind::switch_version)) ||
                        (intended(after, Kind::vote_new) && !intended(before, Kind::vote_new));
  if (new_word && intended(before, Kind::vote_old)) return "after VOTE_OLD neither SWITCH nor VOTE_NEW is signed";
  const bool signs = after.signing.size() != before.signing.size();
  if (signs && (after.held || after.frozen)) return "nothing is signed while held or frozen";
  const bool final_end = before.stage == Stage::closed_new || before.stage == Stage::closed_old;
  if (final_end && after.stage != before.stage) return "an end is an end";
  if (!after.forked && before.decision != Outcome::none && after.decision != before.decision)
    return "S2: the decision of home does not change";
  if (!before.old_reason.empty() && after.old_reason.empty()) return "wanting OLD is never taken back";
  for (std::size_t i = 0; i < before.instances.size(); ++i)
    for (const auto& [action, progress] : before.instances[i].submits) {
      const auto found = after.instances[i].submits.find(action);
      if (found == after.instances[i].submits.end() || found->second.intent.attempt < progress.intent.attempt)
        return "attempts only grow";
    }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken_invariant(const State& state) {
  if (auto broken = one_open_plan(state)) return broken;
  for (const auto& [hash, plan] : state.plans)
    for (const auto check : {shape, signing, attestations, submits, ends})
      if (auto broken = check(plan)) return short_id(hash) + ": " + *broken;
  return std::nullopt;
}

std::optional<std::string> broken_step(const State& before, const State& after) {
  for (const auto& [hash, plan] : before.plans) {
    const auto found = after.plans.find(hash);
    if (found == after.plans.end()) return short_id(hash) + ": a plan never disappears";
    if (auto broken = step(plan, found->second)) return short_id(hash) + ": " + *broken;
  }
  return std::nullopt;
}

}  // namespace lockstep::coordinator
