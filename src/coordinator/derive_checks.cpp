#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"

namespace lockstep::coordinator {
namespace {

void ask_readiness(Draft& draft, InstanceIndex i) {
  draft.add(ReadinessAsked{draft.hash(), i, draft.plan().instances[i].readiness_round + 1, draft.now()});
}

/// A twentieth of the time left, so that a plan asks often only when an answer can still change much.
std::uint64_t readiness_every(const Draft& draft, const InstanceState& instance) {
  const auto halt_at = draft.plan().plan.window.halt_at;
  const auto left = halt_at - std::min(halt_at, draft.now());
  return std::clamp(left / 20, readiness_least_s, ready(instance) ? readiness_most_s : readiness_red_most_s);
}

/// Red from before governance armed: perhaps it passed since.
bool unconfirmed(const PlanState& plan, InstanceIndex i) {
  const auto& instance = plan.instances[i];
  return instance.readiness_round < instance.confirm_round && instance.readiness_answered == instance.readiness_round &&
         !ready(instance) && !halt_is_close(plan, i);
}

/// Nothing of the new version can be in the state of this block yet.
bool before_change(const PlanState& plan, InstanceIndex i) {
  const auto& instance = plan.plan.instances[i];
  return (!instance.switches && !instance.activates) || !switched_final(plan, i);
}

/// At the first final block in which the instance is halted; after the switch it is too late. Where nothing changes,
/// at the block that the evidence will be about: it is never later than ours.
void ask_baseline(Draft& draft, InstanceIndex i) {
  const auto& plan = draft.plan();
  const auto& instance = plan.instances[i];
  if (instance.baseline_asked || !plan.old_reason.empty()) return;
  if (!halted_final(plan, i) || !before_change(plan, i)) return;
  const auto& since = instance.final->switched_in;
  draft.add(BaselineAsked{draft.hash(), i, since.hash.is_zero() ? instance.final->block : since});
}

/// Asked as soon as any block shows the switch, to save the time finality takes; counted when that block is final. It
/// is about the block in which the new version began, so that all operators speak of one and the same state.
void ask_evidence(Draft& draft, InstanceIndex i) {
  const auto& plan = draft.plan();
  const auto& instance = plan.instances[i];
  const auto* view = switched_final(plan, i) ? &*instance.final : latest(instance);
  if (instance.evidence_asked || !baseline_good(instance) || !view) return;
  if (switched(plan.plan, i, *view) && !view->switched_in.hash.is_zero())
    draft.add(EvidenceAsked{draft.hash(), i, view->switched_in, Outcome::new_version, false});
}

void ask_old_evidence(Draft& draft, InstanceIndex i) {
  const auto& plan = draft.plan();
  const auto& instance = plan.instances[i];
  if (!needs_old_evidence(plan, i) || instance.evidence_expected == Outcome::old_version) return;
  draft.add(EvidenceAsked{draft.hash(), i, instance.final->block, Outcome::old_version, false});
}

void ask_soak(Draft& draft, InstanceIndex i) {
  const auto& plan = draft.plan();
  const auto& instance = plan.instances[i];
  if (plan.stage != Stage::soaking || instance.soak_asked) return;
  if (final_time(plan.instances[plan.plan.home]) < last_closed_at(plan) + plan.plan.window.soak_s) return;
  draft.add(EvidenceAsked{draft.hash(), i, instance.final->block, Outcome::new_version, true});
}

}  // namespace

void derive_checks(Draft& draft, std::optional<InstanceIndex> fresh) {
  if (ended(draft.plan().stage)) return;
  for (InstanceIndex i = 0; i < draft.plan().instances.size(); ++i) {
    const bool before_halt = draft.plan().stage <= Stage::armed && draft.plan().old_reason.empty();
    if (before_halt && (draft.plan().instances[i].readiness_round == 0 || unconfirmed(draft.plan(), i)))
      ask_readiness(draft, i);
    if (draft.plan().decision != Outcome::none) continue;
    ask_baseline(draft, i);
    ask_evidence(draft, i);
  }
  if (!fresh) return;
  ask_old_evidence(draft, *fresh);
  ask_soak(draft, *fresh);
}

void ask_readiness_again(Draft& draft) {
  if (!draft.plan().old_reason.empty()) return;
  for (InstanceIndex i = 0; i < draft.plan().instances.size(); ++i) {
    const auto& instance = draft.plan().instances[i];
    if (instance.readiness_answered == instance.readiness_round && !halt_is_close(draft.plan(), i))
      ask_readiness(draft, i);
  }
}

void pace_readiness(Draft& draft) {
  if (draft.plan().stage > Stage::armed || !draft.plan().old_reason.empty()) return;
  for (InstanceIndex i = 0; i < draft.plan().instances.size(); ++i) {
    const auto& instance = draft.plan().instances[i];
    if (instance.readiness_answered != instance.readiness_round || halt_is_close(draft.plan(), i)) continue;
    if (draft.now() >= instance.readiness_asked_at + readiness_every(draft, instance)) ask_readiness(draft, i);
  }
}

}  // namespace lockstep::coordinator
