#pragma once
// One function per event, each in its own file. They are called with events that the guard let through, accept the
// fact, and let advance() derive what follows. A draft without records means that nothing happened.
#include <vector>

#include "coordinator/draft.hpp"

namespace lockstep::coordinator {

using Drafts = std::vector<Draft>;  // one per plan the event touches

Drafts on_event(const State& state, const PlanSubmitted& event);
Drafts on_event(const State& state, const GateObserved& event);
Drafts on_event(const State& state, const HeadRetracted& event);
Drafts on_event(const State& state, const FinalityViolated& event);
Drafts on_event(const State& state, const ReadinessReported& event);
Drafts on_event(const State& state, const BaselineReported& event);
Drafts on_event(const State& state, const EvidenceReported& event);
Drafts on_event(const State& state, const AttestationReceived& event);
Drafts on_event(const State& state, const SignRefused& event);
Drafts on_event(const State& state, const TxnReported& event);
Drafts on_event(const State& state, const GovernanceObserved& event);
Drafts on_event(const State& state, const InterferenceObserved& event);
Drafts on_event(const State& state, const CommandReceived& event);
Drafts on_event(const State& state, const ClockTicked& event);

/// Is there anything in this event that the state does not know yet? False for unknown and ended plans, old blocks,
/// answers nobody asked for, and whatever was said before (S12).
bool relevant(const State& state, const Event& event);

/// A draft of a plan that exists. The state must outlive it.
inline Draft draft_of(const State& state, const Hash32& plan) { return {state.plans.at(plan), state.now}; }

/// A final block is gone: the fact, the stage an ended plan goes back to if its end was in the lost blocks, the alarm.
void add_violation(Draft& draft, const FinalityViolated& violated);

/// Rows as they may be kept: too many of them are an error of whoever made them, and an error is red.
inline std::vector<CheckRow> bounded(std::vector<CheckRow> rows) {
  if (rows.size() <= max_check_rows) return rows;
  return {CheckRow{"report-size", "", Colour::red, std::to_string(rows.size()) + " rows"}};
}

}  // namespace lockstep::coordinator
