#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/invariants.hpp"
#include "coordinator/quarantine.hpp"
#include "coordinator/rank.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {

using Broken = std::optional<std::string>;

namespace {

bool newly(const PlanState& before, const PlanState& after, Kind kind) {
  return after.signing.contains(kind) && !before.signing.contains(kind);
}

Broken signing(const PlanState& before, const PlanState& after) {
  for (const auto& [kind, statement] : before.signing) {
    const auto found = after.signing.find(kind);
    if (found == after.signing.end() || !(found->second == statement))
      return "S8: what was intended to be signed is never changed";
  }
  const bool for_new = newly(before, after, Kind::switch_version) || newly(before, after, Kind::vote_new);
  if (for_new && before.signing.contains(Kind::vote_old)) return "after VOTE_OLD neither SWITCH nor VOTE_NEW is signed";
  // A fact of the moment of voting: what is learnt later (a fork, a member closed NEW) cannot unsay it.
  if (newly(before, after, Kind::vote_new) && !verified(after))
    return "S3: VOTE_NEW is intended only when every instance is verified at finality";
  for (const auto& [kind, statement] : after.signing) {
    if (!newly(before, after, kind)) continue;
    if (after.frozen) return "nothing is signed while frozen";
    if (quarantined(after)) return "F3: nothing is signed in quarantine";
    if (kind != Kind::halt_now && (after.held || (ended(before.stage) && ended(after.stage))))
      return "only HALT_NOW is signed while held and after the end";
    if (before.sign_refused.contains(kind) && after.sign_refused.contains(kind))
      return "F3: a kind that was refused is not signed";
  }
  return std::nullopt;
}

const Submit* newest(const PlanState& before, const PlanState& after, InstanceIndex i, Action action) {
  const auto now = after.instances[i].submits.find(action);
  if (now == after.instances[i].submits.end()) return nullptr;
  const auto was = before.instances[i].submits.find(action);
  const bool same = was != before.instances[i].submits.end() && was->second.intent == now->second.intent;
  return same ? nullptr : &now->second.intent;
}

/// Whoever is not the first in rank repeats what failed, or waited for its turn.
Broken stagger(const PlanState& before, const PlanState& after, const Submit& intent) {
  const auto& instance = before.instances[intent.instance];
  const auto was = instance.submits.find(intent.action);
  const bool failed = was != instance.submits.end() &&
                      (was->second.status == TxnStatus::reverted || was->second.status == TxnStatus::rejected);
  const bool waited = instance.submit_after.contains(intent.action);
  if (failed || waited || rank_of(after.plan, intent.instance) == 0) return std::nullopt;
  return "an operator of a higher rank lets the others go first";
}

Broken submits(const PlanState& before, const PlanState& after) {
  const auto first = non_revocable(after.plan);
  for (InstanceIndex i = 0; i < before.instances.size(); ++i) {
    for (const auto& [action, progress] : before.instances[i].submits) {
      const auto found = after.instances[i].submits.find(action);
      if (found == after.instances[i].submits.end() || found->second.intent.attempt < progress.intent.attempt)
        return "attempts only grow";
    }
    for (const auto& [action, progress] : after.instances[i].submits) {
      const auto* intent = newest(before, after, i, action);
      if (!intent) continue;
      if (after.instances[i].submit_after.contains(action)) return "a delay ends with the submission";
      if (after.frozen) return "nothing is sent while frozen";
      if (action != Action::halt_now && ended(before.stage) && ended(after.stage))
        return "only HALT_NOW is sent after the end";
      if (action == Action::switch_version && first && *first != i && !evidence_good(after, *first))
        return "S1: others switch only after the one that cannot be rolled back is verified";
      if (action == Action::close && stuck(after, i)) return "S4: what cannot be rolled back is not closed OLD";
      if (auto broken = stagger(before, after, *intent)) return broken;
    }
  }
  return std::nullopt;
}

/// A final block of some instance was replaced in this step.
bool forked_now(const PlanState& before, const PlanState& after) {
  return first_where(after, [&](InstanceIndex i) { return after.instances[i].fork != before.instances[i].fork; })
      .has_value();
}

Broken lasting(const PlanState& before, const PlanState& after) {
  if (!(before.plan == after.plan)) return "S14: a plan does not change";
  const bool end = before.stage == Stage::closed_new || before.stage == Stage::closed_old;
  if (end && after.stage != before.stage && !(after.frozen && forked_now(before, after)))
    return "an end is an end, unless a final block that it rests on was replaced";
  if (!after.forked && before.decision != Outcome::none && after.decision != before.decision)
    return "S2: the decision of home does not change";
  if (!before.old_reason.empty() && after.old_reason.empty()) return "wanting OLD is never taken back";
  if (quarantined(before) && !quarantined(after)) return "F3: a quarantine is never lifted";
  if (!before.halt_reason.empty() && after.halt_reason != before.halt_reason) return "HALT_NOW is never taken back";
  return std::nullopt;
}

}  // namespace

Broken broken_step(const PlanState& before, const PlanState& after) {
  for (const auto check : {lasting, signing, submits})
    if (auto broken = check(before, after)) return short_id(before.plan.hash) + ": " + *broken;
  return std::nullopt;
}

Broken broken_step(const State& before, const State& after) {
  for (const auto& [hash, plan] : before.plans) {
    const auto found = after.plans.find(hash);
    if (found == after.plans.end()) return short_id(hash) + ": a plan never disappears";
    if (auto broken = broken_step(plan, found->second)) return broken;
  }
  return std::nullopt;
}

}  // namespace lockstep::coordinator
