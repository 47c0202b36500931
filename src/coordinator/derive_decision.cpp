#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"

namespace lockstep::coordinator {
namespace {

void freeze(Draft& draft, InstanceIndex index, const std::string& code, const std::string& reason) {
  draft.add(Frozen{draft.hash(), index, reason});
  draft.alarm(code, reason);
}

void read_home(Draft& draft) {
  const auto& plan = draft.plan();
  const auto home = plan.plan.home;
  const auto& final = plan.instances[home].final;
  if (!final) return;
  const auto num = final->block.num;
  if (ours(plan.plan, *final)) {
    if (final->decision != Outcome::none) {
      draft.add(Decided{draft.hash(), final->decision, final->decision_evidence, num});
    } else if (final->phase == GatePhase::closed_old) {  // disarmed: NEW can never be decided
      draft.add(Decided{draft.hash(), Outcome::old_version, {}, num});
    } else if (final->phase == GatePhase::closed_new && !plan.instances[home].mismatch_known) {
      freeze(draft, home, "force-resolved", chain_name(plan, home) + " (home) closed NEW without a decision");
    }
    return;
  }
  const auto armed = first_where(plan, [&](InstanceIndex i) { return plan.instances[i].armed_once; });
  if (never_armed(plan, home) && armed) draft.add(Decided{draft.hash(), Outcome::old_version, {}, num});
}

/// S2 at run time: governance resolved by force, or we are looking at a lie. Once per instance, so that a resume is not
/// in vain.
void compare_closed(Draft& draft) {
  const auto& plan = draft.plan();
  const auto moved_on = first_where(plan, [&](InstanceIndex i) {
    const auto& instance = plan.instances[i];
    return !instance.mismatch_known && instance.armed_once && instance.closed == Outcome::none && instance.final &&
           instance.final->epoch > plan.plan.epoch;
  });
  if (moved_on) {
    freeze(draft, *moved_on, "epoch-passed",
           chain_name(plan, *moved_on) + " is in a later epoch; how it closed this one was not seen");
    return;
  }
  if (plan.decision == Outcome::none) return;
  const auto wrong = first_where(plan, [&](InstanceIndex i) {
    const auto& instance = plan.instances[i];
    return !instance.mismatch_known && instance.closed != Outcome::none && instance.closed != plan.decision;
  });
  if (!wrong) return;
  freeze(draft, *wrong, "outcome-mismatch",
         chain_name(plan, *wrong) + " closed " + to_text(plan.instances[*wrong].closed) + " but home decided " +
             to_text(plan.decision));
}

}  // namespace

void derive_decision(Draft& draft) {
  if (ended(draft.plan().stage)) return;
  if (draft.plan().decision == Outcome::none) read_home(draft);
  if (!draft.plan().frozen) compare_closed(draft);
  const auto& plan = draft.plan();
  const auto signed_outcome = plan.signing.find(Kind::outcome);
  if (plan.decision == Outcome::none || signed_outcome == plan.signing.end() || plan.frozen) return;
  // Only a replaced final block brings us here. We never sign the other outcome (S8); the others must, or governance.
  const auto home = plan.plan.home;
  if (signed_outcome->second.outcome != plan.decision && !plan.instances[home].mismatch_known)
    freeze(draft, home, "outcome-contradicts-signature",
           std::string("home decided ") + to_text(plan.decision) + " after we signed " +
               to_text(signed_outcome->second.outcome));
}

}  // namespace lockstep::coordinator
