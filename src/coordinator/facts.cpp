#include "coordinator/facts.hpp"

#include <algorithm>

#include "coordinator/policy.hpp"

namespace lockstep::coordinator {

bool ours(const Plan& plan, const GateView& view) { return view.epoch == plan.epoch && view.plan_hash == plan.hash; }

bool open_epoch(const Plan& plan, const GateView& view) {
  return ours(plan, view) && (view.phase == GatePhase::armed || view.phase == GatePhase::switched);
}

const GateView* latest(const InstanceState& instance) {
  if (!instance.head) return instance.final ? &*instance.final : nullptr;
  if (!instance.final) return &*instance.head;
  return instance.final->block.num > instance.head->block.num ? &*instance.final : &*instance.head;
}

UnixSeconds final_time(const InstanceState& instance) { return instance.final ? instance.final->block.time : 0; }

UnixSeconds latest_time(const InstanceState& instance) {
  const auto* view = latest(instance);
  return view ? view->block.time : 0;
}

bool armed_final(const PlanState& plan, InstanceIndex index) {
  const auto& final = plan.instances[index].final;
  return final && open_epoch(plan.plan, *final);
}

bool any_armed(const PlanState& plan) {
  return first_where(plan,
                     [&](InstanceIndex i) {
                       const auto* view = latest(plan.instances[i]);
                       return plan.instances[i].armed_once || (view && open_epoch(plan.plan, *view));
                     })
      .has_value();
}

bool halted_final(const PlanState& plan, InstanceIndex index) {
  if (!armed_final(plan, index)) return false;
  const auto& view = *plan.instances[index].final;
  const bool engaged = !plan.plan.instances[index].push_breaker || view.engaged;
  return view.halted && view.block.time >= plan.plan.window.halt_at && engaged;
}

bool switched(const Plan& plan, InstanceIndex index, const GateView& view) {
  if (!open_epoch(plan, view)) return false;
  return plan.instances[index].switches ? view.phase == GatePhase::switched : !view.switched_in.hash.is_zero();
}

bool switched_final(const PlanState& plan, InstanceIndex index) {
  const auto& final = plan.instances[index].final;
  return final && switched(plan.plan, index, *final);
}

bool never_armed(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  if (!instance.final || instance.armed_once) return false;
  const auto* view = latest(instance);
  if (open_epoch(plan.plan, *view) || ours(plan.plan, *instance.final)) return false;
  return instance.final->block.time >= plan.plan.window.halt_at || instance.final->epoch > plan.plan.epoch;
}

bool executed_in_vain(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  const bool executed = instance.governance == GovernanceStage::executed && !instance.armed_once;
  if (!executed || !instance.final || instance.final->block.num <= instance.governance_since) return false;
  const auto* view = latest(instance);
  return !ours(plan.plan, *instance.final) && !ours(plan.plan, *view) && instance.final->epoch < plan.plan.epoch;
}

bool ready(const InstanceState& instance) {
  return instance.readiness_answered > 0 && worst(instance.readiness) != Colour::red;
}

bool halt_is_close(const PlanState& plan, InstanceIndex index) {
  return latest_time(plan.instances[index]) + readiness_stop_s > plan.plan.window.halt_at;
}

bool baseline_good(const InstanceState& instance) {
  return instance.baseline && worst(instance.baseline->rows) != Colour::red;
}

namespace {
bool evidence_final(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  if (!instance.evidence || instance.evidence_expected != Outcome::new_version || !switched_final(plan, index))
    return false;
  // Height alone would count evidence of a switch on a fork that is gone. (What was voted on records of codec version
  // 1, which do not name the block of the switch, stays.)
  const auto& since = instance.final->switched_in;
  const bool voted_before = since.hash.is_zero() && plan.signing.contains(Kind::vote_new);
  return since == instance.evidence->block ||
         (voted_before && instance.final->block.num >= instance.evidence->block.num);
}
}  // namespace

bool evidence_good(const PlanState& plan, InstanceIndex index) {
  return evidence_final(plan, index) && worst(plan.instances[index].evidence->rows) != Colour::red;
}

bool verified(const PlanState& plan) {
  return everywhere(plan, [&](InstanceIndex i) { return evidence_good(plan, i); });
}

bool evidence_red(const PlanState& plan, InstanceIndex index) {
  return evidence_final(plan, index) && worst(plan.instances[index].evidence->rows) == Colour::red;
}

bool new_is_out(const PlanState& plan) {
  const auto outcome = plan.signing.find(Kind::outcome);
  if (outcome != plan.signing.end() && outcome->second.outcome == Outcome::new_version) return true;
  if (plan.aborted) return false;
  return !everywhere(plan, [&](InstanceIndex i) { return plan.instances[i].closed != Outcome::new_version; });
}

bool needs_close(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  const auto* view = latest(instance);
  return instance.closed == Outcome::none && view && open_epoch(plan.plan, *view);
}

bool stuck(const PlanState& plan, InstanceIndex index) {
  if (plan.plan.instances[index].revocable || plan.decision != Outcome::old_version) return false;
  const auto* view = latest(plan.instances[index]);
  return view && open_epoch(plan.plan, *view) && view->phase == GatePhase::switched;
}

bool done_closing(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  if (instance.mismatch_known) return true;
  if (instance.closed != Outcome::none) return instance.closed == plan.decision;
  return plan.decision == Outcome::old_version && never_armed(plan, index);
}

bool released(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  if (instance.closed == Outcome::none || instance.closed_at < plan.plan.window.halt_at) return true;
  if (instance.final && instance.final->epoch > plan.plan.epoch) return true;
  return final_time(instance) >= instance.closed_at + plan.plan.last_stage_s;
}

bool needs_old_evidence(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  return plan.decision == Outcome::old_version && instance.closed == Outcome::old_version && instance.switched_once;
}

UnixSeconds last_closed_at(const PlanState& plan) {
  UnixSeconds last = 0;
  for (const auto& instance : plan.instances) last = std::max(last, instance.closed_at);
  return last;
}

bool shows(const PlanState& plan, InstanceIndex index, const GateView& view, Action action) {
  if (view.epoch > plan.plan.epoch) return true;  // the epoch is over; nothing of it can be done any more
  if (!ours(plan.plan, view)) return false;
  const bool closed = view.phase == GatePhase::closed_new || view.phase == GatePhase::closed_old;
  switch (action) {
    case Action::engage:
      return (view.engaged && !plan.instances[index].breaker_doubted) || closed;
    case Action::switch_version:
      return view.phase == GatePhase::switched || closed;
    case Action::decide:
      return view.decision != Outcome::none || closed;
    case Action::close:
      return closed;
    case Action::halt_now:
      return view.halted;
  }
  return false;
}

bool end_rests_on(const PlanState& plan, InstanceIndex index, std::uint64_t first_num) {
  const auto& instance = plan.instances[index];
  if (instance.closed != Outcome::none && instance.closed_num >= first_num) return true;
  return index == plan.plan.home && plan.decision != Outcome::none && plan.decided_num >= first_num;
}

bool halting_after_end(const PlanState& plan) {
  return (plan.stage == Stage::closed_new || plan.stage == Stage::closed_old) && !plan.halt_reason.empty();
}

bool active(const PlanState& plan) { return !ended(plan.stage) || halting_after_end(plan); }

bool halt_now_due(const PlanState& plan, InstanceIndex index) {
  const auto& instance = plan.instances[index];
  const auto* view = latest(instance);
  if (plan.halt_reason.empty() || !view || !ours(plan.plan, *view)) return false;
  return view->phase != GatePhase::closed_old || instance.halt_after_close;
}

bool halt_now_over(const SubmitProgress& progress, const GateView& view) {
  return progress.seen && view.halt_now_until != 0 && view.block.time >= view.halt_now_until;
}

bool any_halted(const PlanState& plan) {
  return first_where(plan,
                     [&](InstanceIndex i) {
                       const auto* view = latest(plan.instances[i]);
                       return view && open_epoch(plan.plan, *view) && view->halted &&
                              view->block.time >= plan.plan.window.halt_at;
                     })
      .has_value();
}

std::optional<InstanceIndex> non_revocable(const Plan& plan) {
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i)
    if (!plan.instances[i].revocable) return i;
  return std::nullopt;
}

bool can_sign(const PlanState& plan) {
  const auto& self = plan.plan.self;
  const auto& list = plan.plan.operators.operators;
  return self && std::binary_search(list.begin(), list.end(), *self);
}

bool intended(const PlanState& plan, Kind kind) { return plan.signing.contains(kind); }

const std::string& chain_name(const PlanState& plan, InstanceIndex index) { return plan.plan.instances[index].chain; }

}  // namespace lockstep::coordinator
