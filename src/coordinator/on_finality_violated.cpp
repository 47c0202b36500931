#include <string>

#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

void add_violation(Draft& draft, const FinalityViolated& violated) {
  const auto end = draft.plan().stage;
  draft.add(violated);
  const bool reopened = ended(end) && draft.plan().frozen;
  if (reopened) draft.add(StageChanged{violated.plan, end, stage_of(draft.plan())});
  draft.alarm("finality-violated", "final block " + std::to_string(violated.was.num) + " of " +
                                       chain_name(draft.plan(), violated.instance) + " was replaced" +
                                       (ended(end) && !reopened ? "; the end of the plan does not rest on it" : ""));
}

/// F12: from here on nothing is signed or sent until an operator has looked. What rested on the lost blocks is
/// forgotten at once and observed anew; signatures made are kept, and their certificates are sent again after resume. A
/// plan that ended stays ended, unless its end was in the lost blocks; people are told either way.
Drafts on_event(const State& state, const FinalityViolated& event) {
  auto draft = draft_of(state, event.plan);
  add_violation(draft, event);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
