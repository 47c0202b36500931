#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

Drafts on_event(const State& state, const HeadRetracted& event) {
  auto draft = draft_of(state, event.plan);
  const auto& final = draft.plan().instances[event.instance].final;
  if (final && event.first_num <= final->block.num) {  // it says head, but it reaches what was final
    add_violation(draft, {event.plan, event.instance, final->block, BlockRef{event.first_num, {}, 0}});
  } else {
    draft.add(event);
  }
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
