#include "coordinator/advance.hpp"

#include "base/assert.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/quarantine.hpp"
#include "coordinator/waiting_words.hpp"

namespace lockstep::coordinator {
namespace {
/// Per instance a handful of steps can follow from one fact; more than this is a rule that undoes another.
constexpr std::size_t rounds_max = 32;

/// Nothing the operators can sign opens it again.
void alarm_stuck(Draft& draft) {
  const auto i = non_revocable(draft.plan().plan);
  if (!i || !stuck(draft.plan(), *i) || (draft.before() && stuck(*draft.before(), *i))) return;
  draft.alarm("non-revocable-switched", chain_name(draft.plan(), *i) +
                                            " switched and cannot be rolled back, but OLD was decided; it stays halted "
                                            "until governance resolves it");
}
/// "Executed" is said by the timelock; only the gate says that it took effect.
void alarm_in_vain(Draft& draft) {
  const auto& plan = draft.plan();
  if (ended(plan.stage)) return;
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    if (!executed_in_vain(plan, i) || (draft.before() && executed_in_vain(*draft.before(), i))) continue;
    draft.alarm("executed-no-effect",
                in_vain(plan, i) +
                    "; look at what it called (target, value, calldata), render the proposal again with `lockstep plan "
                    "render --proposal` and have it executed before the time to arm passes, or abort the plan");
  }
}
}  // namespace

void advance(Draft& draft, std::optional<InstanceIndex> fresh) {
  derive_quarantine(draft);
  std::size_t rounds = 0;
  for (std::size_t before = draft.size() + 1; before != draft.size() && !draft.plan().frozen;) {
    LOCKSTEP_ASSERT(rounds++ < rounds_max);
    before = draft.size();
    derive_decision(draft);
    if (draft.plan().frozen) break;
    derive_halt(draft);
    derive_old(draft);
    derive_stage(draft);
    derive_checks(draft, fresh);
    derive_signing(draft);
    derive_submits(draft);
  }
  alarm_stuck(draft);
  alarm_in_vain(draft);
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
