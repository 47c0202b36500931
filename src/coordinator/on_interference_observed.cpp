#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

/// Somebody acted outside the plan (F28). While NEW is possible and a gate is armed, it no longer is; before that
/// readiness will tell. While gates are halted it is a heuristic outcome: one chain went its own way, and the others
/// are held at once.
Drafts on_event(const State& state, const InterferenceObserved& event) {
  auto draft = draft_of(state, event.plan);
  draft.add(event);
  const auto& plan = draft.plan();
  const auto reason = "interference on " + chain_name(plan, event.instance) + ": " + event.detail;
  draft.alarm("interference", reason);
  const bool undecided = plan.decision == Outcome::none && plan.old_reason.empty() && !new_is_out(plan);
  const bool armed = first_where(plan, [&](InstanceIndex i) { return plan.instances[i].armed_once; }).has_value();
  const bool halt = armed && plan.halt_reason.empty() && (plan.plan.halt_on_interference || any_halted(plan));
  if (undecided && armed) draft.add(OldWanted{event.plan, reason});
  if (halt) want_halt(draft, reason);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
