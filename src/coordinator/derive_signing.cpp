#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"

namespace lockstep::coordinator {
namespace {

bool intended(const PlanState& plan, Kind kind) { return plan.signing.contains(kind); }
bool new_possible(const PlanState& plan) {
  return plan.decision == Outcome::none && plan.old_reason.empty() && !intended(plan, Kind::vote_old);
}

bool any_switches(const Plan& plan) {
  return std::ranges::any_of(plan.instances, [](const Instance& instance) { return instance.switches; });
}

bool may_sign(const PlanState& plan, Kind kind) {
  const auto& window = plan.plan.window;
  const auto home_time = latest_time(plan.instances[plan.plan.home]);
  switch (kind) {
    case Kind::switch_version:
      return new_possible(plan) && plan.stage == Stage::switching && any_switches(plan.plan) &&
             everywhere(plan, [&](InstanceIndex i) { return final_time(plan.instances[i]) < window.switch_by; });
    case Kind::vote_new:
      return new_possible(plan) && plan.stage == Stage::deciding && verified(plan) &&
             home_time + vote_margin_s < window.decide_by;
    case Kind::vote_old:  // after the deadline nobody needs to vote
      return plan.decision == Outcome::none && !plan.old_reason.empty() && !new_is_out(plan) &&
             home_time < window.decide_by &&
             first_where(plan, [&](InstanceIndex i) { return plan.instances[i].armed_once; });
    case Kind::outcome:
      return plan.decision != Outcome::none &&
             first_where(plan, [&](InstanceIndex i) { return needs_close(plan, i) && !stuck(plan, i); });
    case Kind::halt_now:
      return first_where(plan, [&](InstanceIndex i) { return halt_now_due(plan, i); }).has_value();
    case Kind::none:
      return false;
  }
  return false;
}

}  // namespace

void derive_signing(Draft& draft) {
  if (!can_sign(draft.plan())) return;
  const bool only_brake = draft.plan().held || ended(draft.plan().stage);
  for (const auto kind : {Kind::switch_version, Kind::vote_new, Kind::vote_old, Kind::outcome, Kind::halt_now}) {
    const auto& plan = draft.plan();
    if (only_brake && kind != Kind::halt_now) continue;
    if (intended(plan, kind) || plan.sign_refused.contains(kind) || !may_sign(plan, kind)) continue;
    draft.add(SignIntended{our_statement(plan, kind)});
  }
}

}  // namespace lockstep::coordinator
