#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {

/// hold: nothing new is signed or sent, except closes whose outcome is certified. resume: lifts a hold and a freeze,
/// asks a signer that refused once more, repeats red verifications. abort: OLD while it is not decided; lifts a hold,
/// since it needs our vote. halt: every gate at once, by f + 1 operators; works while held and after the end.
Drafts on_event(const State& state, const CommandReceived& event) {
  auto draft = draft_of(state, event.plan);
  const auto& plan = draft.plan();
  const bool decided = plan.decision != Outcome::none || plan.signing.contains(Kind::outcome);
  if (event.command == CommandKind::abort && decided) {
    draft.alarm("abort-too-late", std::string("home already decided ") + to_text(plan.decision));
    return {std::move(draft)};
  }
  draft.add(event);
  if (event.command == CommandKind::halt) want_halt(draft, "halted by " + event.by + ": " + event.reason);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
