#include <string>

#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {
namespace {

/// Why it is too late for OLD; empty if it is not. OUTCOME NEW cannot be unsaid, though a replaced final block took the
/// decision back; after OUTCOME OLD an abort helps home to decide so again.
std::string too_late(const PlanState& plan) {
  if (plan.decision != Outcome::none) return std::string("home already decided ") + to_text(plan.decision);
  const auto said = plan.signing.find(Kind::outcome);
  if (said == plan.signing.end() || said->second.outcome != Outcome::new_version) return {};
  return "OUTCOME new is signed; the decision of home was lost with a final block that was replaced, and is to be made "
         "again";
}

}  // namespace

/// hold: nothing new is signed or sent, except closes whose outcome is certified. resume: lifts a hold and a freeze,
/// asks a signer that refused once more, repeats red verifications. abort: OLD while it is not decided; lifts a hold,
/// since it needs our vote. halt: every gate at once, by f + 1 operators; works while held and after the end.
Drafts on_event(const State& state, const CommandReceived& event) {
  auto draft = draft_of(state, event.plan);
  if (auto why = too_late(draft.plan()); event.command == CommandKind::abort && !why.empty()) {
    draft.alarm("abort-too-late", std::move(why));
    return {std::move(draft)};
  }
  draft.add(event);
  if (event.command == CommandKind::halt) want_halt(draft, "halted by " + event.by + ": " + event.reason);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
