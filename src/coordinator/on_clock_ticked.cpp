#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

/// Pacing only: asks again what was answered red, sends again what failed. Nothing is decided by our clock.
Drafts on_event(const State& state, const ClockTicked& event) {
  Drafts drafts;
  for (const auto& [hash, plan] : state.plans) {
    if (!active(plan) || plan.frozen) continue;
    Draft draft(plan, event.now);
    if (!ended(plan.stage)) pace_readiness(draft);
    pace_submits(draft);
    if (draft.size() == 0) continue;
    advance(draft);
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

}  // namespace lockstep::coordinator
