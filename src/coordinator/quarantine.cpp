#include "coordinator/quarantine.hpp"

#include "coordinator/facts.hpp"

namespace lockstep::coordinator {

void quarantine(Draft& draft, const std::string& reason) {
  for (const auto kind : {Kind::switch_version, Kind::vote_new, Kind::vote_old, Kind::outcome, Kind::halt_now})
    if (!draft.plan().sign_refused.contains(kind)) draft.add(SignRefused{draft.hash(), kind, reason});
  draft.alarm("own-signature-unknown", reason);
}

std::string unknown_signature(const PlanState& plan, InstanceIndex index, const GateView& view) {
  const auto& set = plan.plan.operators;
  if (set.threshold != set.operators.size() || !can_sign(plan) || !ours(plan.plan, view)) return {};
  const auto& name = chain_name(plan, index);
  if (view.phase == GatePhase::switched && !plan.signing.contains(Kind::switch_version))
    return name + " is switched, which needs our signature, and this journal does not know of it";
  if (index == plan.plan.home && view.decision == Outcome::new_version && !plan.signing.contains(Kind::vote_new))
    return "home decided new, which needs our vote, and this journal does not know of it";
  return {};
}

}  // namespace lockstep::coordinator
