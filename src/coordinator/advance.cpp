#include "coordinator/advance.hpp"

#include "base/assert.hpp"
#include "coordinator/facts.hpp"

namespace lockstep::coordinator {
namespace {
/// Per instance a handful of steps can follow from one fact; more than this is a rule that undoes another.
constexpr std::size_t rounds_max = 32;
}  // namespace

void advance(Draft& draft, std::optional<InstanceIndex> fresh) {
  std::size_t rounds = 0;
  for (std::size_t before = draft.size() + 1; before != draft.size() && !draft.plan().frozen;) {
    LOCKSTEP_ASSERT(rounds++ < rounds_max);
    before = draft.size();
    derive_decision(draft);
    if (draft.plan().frozen) break;
    derive_old(draft);
    derive_stage(draft);
    derive_checks(draft, fresh);
    derive_signing(draft);
    derive_submits(draft);
  }
  derive_waiting(draft);
}

void derive_waiting(Draft& draft) {
  auto waiting = waiting_of(draft.plan());
  const auto& old = draft.plan().waiting;
  const bool same_thing = waiting.code == old.code && waiting.instance == old.instance;
  waiting.since = same_thing ? old.since : latest_time(draft.plan().instances[draft.plan().plan.home]);
  if (waiting != old) draft.add(WaitingChanged{draft.hash(), std::move(waiting)});
}

}  // namespace lockstep::coordinator
