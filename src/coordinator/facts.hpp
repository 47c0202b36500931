#pragma once
// Questions about a plan that have one answer. Everything here looks at one PlanState and changes nothing.
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// The view belongs to this plan's epoch, not to an earlier or later one.
bool ours(const Plan& plan, const GateView& view);
/// ARMED or SWITCHED with our plan: it will halt, or has, and must be closed.
bool open_epoch(const Plan& plan, const GateView& view);

/// The view of the highest block, head or final; null if the chain never answered.
const GateView* latest(const InstanceState& instance);
/// Chain time of the highest final, or of any, block of the instance; 0 if the chain never answered.
UnixSeconds final_time(const InstanceState& instance);
UnixSeconds latest_time(const InstanceState& instance);

bool armed_final(const PlanState& plan, InstanceIndex index);   // ARMED or further, epoch open, in a final block
bool any_armed(const PlanState& plan);                          // ARMED or further in any block, now or (finally) once
bool halted_final(const PlanState& plan, InstanceIndex index);  // by the armed time, push breaker engaged
/// The view shows that the instance runs what the plan wants: SWITCHED, or for one without switch calls its moment.
bool switched(const Plan& plan, InstanceIndex index, const GateView& view);
bool switched_final(const PlanState& plan, InstanceIndex index);
/// The halt time passed and the gate is not armed with our plan: it never will be.
bool never_armed(const PlanState& plan, InstanceIndex index);
bool ready(const InstanceState& instance);  // the last readiness round has no red
/// No new readiness round this short before the halt, by the instance's own clock.
bool halt_is_close(const PlanState& plan, InstanceIndex index);
bool baseline_good(const InstanceState& instance);
/// Green or amber evidence at a block that is final by now.
bool evidence_good(const PlanState& plan, InstanceIndex index);
bool verified(const PlanState& plan);  // evidence_good everywhere
/// An answer of the same kind, but red.
bool evidence_red(const PlanState& plan, InstanceIndex index);

/// NEW is out in the world: an instance closed NEW, or we signed that outcome. If home's decision is then lost with a
/// final block, we never work for OLD, even if the deadline allows it: S2 is worth more than a reopened chain. If only
/// the instance says so (governance may have forced it), an operator can abort.
bool new_is_out(const PlanState& plan);

bool needs_close(const PlanState& plan, InstanceIndex index);  // open epoch in the highest block
/// OLD was decided, but this one switched and cannot be rolled back: it stays halted until governance resolves it.
bool stuck(const PlanState& plan, InstanceIndex index);
bool done_closing(const PlanState& plan, InstanceIndex index);  // at finality; only asked once a decision is known
bool released(const PlanState& plan, InstanceIndex index);      // every resume stage has passed on its own clock
/// OLD after a switch: the old version is verified too.
bool needs_old_evidence(const PlanState& plan, InstanceIndex index);
UnixSeconds last_closed_at(const PlanState& plan);

template <class Question>
bool everywhere(const PlanState& plan, Question question) {
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i)
    if (!question(i)) return false;
  return true;
}
template <class Question>
std::optional<InstanceIndex> first_where(const PlanState& plan, Question question) {
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i)
    if (question(i)) return i;
  return std::nullopt;
}

/// Does this view show what the action is for? Then nobody needs to send it any more.
bool shows(const PlanState& plan, InstanceIndex index, const GateView& view, Action action);

/// How the plan ended was read from blocks of this instance from `first_num` on: its close, or at home the decision.
bool end_rests_on(const PlanState& plan, InstanceIndex index, std::uint64_t first_num);

/// The plan ended, but HALT_NOW is wanted after its end: only that is still worked on.
bool halting_after_end(const PlanState& plan);
/// Neither ended, nor ended for good: events of it are heard.
bool active(const PlanState& plan);
/// HALT_NOW is wanted and this gate, of our epoch and plan, ought to be halted by it: it is open, or closed NEW, or was
/// closed before that was wanted. (An OLD close after it answers it.)
bool halt_now_due(const PlanState& plan, InstanceIndex index);
/// A halt of ours was seen and has ended by itself: the gate takes one certificate in an epoch, and that was it.
bool halt_now_over(const SubmitProgress& progress, const GateView& view);
/// A gate of the plan is halted by the plan in the highest block.
bool any_halted(const PlanState& plan);
/// Governance executed the proposal that arms this gate, and a final block from then on shows it not armed by it: the
/// operation ran and took no effect.
bool executed_in_vain(const PlanState& plan, InstanceIndex index);
/// The one that cannot be rolled back, if the plan has one.
std::optional<InstanceIndex> non_revocable(const Plan& plan);

/// We hold a key that counts in this plan.
bool can_sign(const PlanState& plan);
/// A statement of this kind is durable as an intent to sign.
bool intended(const PlanState& plan, Kind kind);
const std::string& chain_name(const PlanState& plan, InstanceIndex index);

}  // namespace lockstep::coordinator
