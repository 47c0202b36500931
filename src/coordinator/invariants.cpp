#include "coordinator/invariants.hpp"

#include <algorithm>

#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {

using Broken = std::optional<std::string>;

namespace {

Broken shape(const PlanState& plan) {
  const auto& p = plan.plan;
  if (plan.instances.size() != p.instances.size()) return "S14: as many instance states as instances";
  if (plan.instances.empty() || plan.instances.size() > max_instances || p.home >= plan.instances.size())
    return "a plan has 1 to 64 instances and home is one of them";
  const auto m = p.operators.operators.size();
  if (p.operators.threshold == 0 || p.operators.threshold > m ||
      2 * std::size_t{p.operators.threshold} <= m + p.operators.faulty)
    return "S14: 1 <= N <= M and 2N > M + f";
  if (std::ranges::count_if(p.instances, [](const Instance& i) { return !i.revocable; }) > 1)
    return "at most one instance cannot be rolled back";
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
  const bool baselines = everywhere(plan, [&](InstanceIndex i) { return baseline_good(plan.instances[i]); });
  if (intended(plan, Kind::switch_version) && !plan.forked && !baselines)
    return "S1: SWITCH is intended only with a good baseline of every halted instance";
  if (intended(plan, Kind::vote_old) && plan.old_reason.empty()) return "VOTE_OLD needs a reason";
  if (intended(plan, Kind::halt_now) && plan.halt_reason.empty()) return "HALT_NOW needs a reason";
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

/// Operators that look at one fork look at one block, so that equal votes mean equal states.
Broken evidence(const PlanState& plan) {
  const auto loose = first_where(plan, [&](InstanceIndex i) {
    const auto& instance = plan.instances[i];
    if (!instance.evidence_asked || instance.evidence_expected != Outcome::new_version) return false;
    if (!switched_final(plan, i) || instance.final->switched_in.hash.is_zero()) return false;
    return !(instance.final->switched_in == *instance.evidence_asked) && !intended(plan, Kind::vote_new);
  });
  if (loose) return "S3: evidence of " + chain_name(plan, *loose) + " is about the block in which it switched";
  const auto unasked = first_where(plan, [&](InstanceIndex i) {
    const auto& instance = plan.instances[i];
    return (instance.evidence && !(instance.evidence_asked && *instance.evidence_asked == instance.evidence->block)) ||
           (instance.baseline && !(instance.baseline_asked && *instance.baseline_asked == instance.baseline->block));
  });
  if (unasked) return "evidence of " + chain_name(plan, *unasked) + " is of the block that was asked";
  return std::nullopt;
}

Broken submits(const PlanState& plan) {
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    for (const auto& [action, progress] : plan.instances[i].submits) {
      if (progress.intent.action != action || progress.intent.instance != i)
        return "submissions are filed under their action";
      if (action == Action::switch_version && !plan.plan.instances[i].switches)
        return "an instance without switch calls is not switched by us";
      if (action == Action::halt_now && plan.halt_reason.empty()) return "HALT_NOW is sent only when it is wanted";
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

/// A refused plan that governance armed after all may stand beside its successor; both then work for a safe end. A plan
/// whose end was in a final block that was replaced is open again.
bool clash(const PlanState& a, const PlanState& b) {
  const bool same = a.plan.protocol == b.plan.protocol && a.plan.epoch == b.plan.epoch;
  const bool both_open = !ended(a.stage) && !ended(b.stage);
  return same && both_open && !a.aborted && !b.aborted && !a.forked && !b.forked;
}

}  // namespace

Broken broken_invariant(const PlanState& plan) {
  for (const auto check : {shape, signing, attestations, evidence, submits, ends})
    if (auto broken = check(plan)) return short_id(plan.plan.hash) + ": " + *broken;
  return std::nullopt;
}

Broken broken_invariant(const State& state, const Hash32& hash) {
  const auto found = state.plans.find(hash);
  if (found == state.plans.end()) return std::nullopt;
  for (const auto& [other, plan] : state.plans)
    if (other != hash && clash(found->second, plan))
      return short_id(hash) + ": S6: one unfinished plan per protocol and epoch";
  return broken_invariant(found->second);
}

Broken broken_invariant(const State& state) {
  for (const auto& [hash, plan] : state.plans)
    if (auto broken = broken_invariant(state, hash)) return broken;
  return std::nullopt;
}

}  // namespace lockstep::coordinator
