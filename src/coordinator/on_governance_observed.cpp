#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

Drafts on_event(const State& state, const GovernanceObserved& event) {
  auto draft = draft_of(state, event.plan);
  draft.add(event);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
