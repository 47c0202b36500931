#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

Drafts on_event(const State& state, const SignRefused& event) {
  auto draft = draft_of(state, event.plan);
  draft.add(event);
  if (event.kind == Kind::none)
    draft.alarm("own-signature-unknown", event.reason);
  else
    draft.alarm("sign-refused", std::string(to_text(event.kind)) + ": " + event.reason);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
