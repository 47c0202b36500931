#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

/// F12: from here on nothing is signed or sent until an operator has looked. What rested on the lost blocks is
/// forgotten at once and observed anew; signatures made are kept, and their certificates are sent again after resume.
Drafts on_event(const State& state, const FinalityViolated& event) {
  auto draft = draft_of(state, event.plan);
  draft.add(event);
  draft.alarm("finality-violated", draft.plan().frozen_reason);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
