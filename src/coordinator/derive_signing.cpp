#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"
#include "coordinator/quarantine.hpp"

namespace lockstep::coordinator {
namespace {

bool new_possible(const PlanState& plan) {
  return plan.decision == Outcome::none && plan.old_reason.empty() && !intended(plan, Kind::vote_old);
}

bool any_switches(const Plan& plan) {
  return std::ranges::any_of(plan.instances, [](const Instance& instance) { return instance.switches; });
}

UnixSeconds home_time(const PlanState& plan) { return latest_time(plan.instances[plan.plan.home]); }

bool may_switch(const PlanState& plan) {
  return new_possible(plan) && plan.stage == Stage::switching && any_switches(plan.plan) &&
         everywhere(plan, [&](InstanceIndex i) { return final_time(plan.instances[i]) < plan.plan.window.switch_by; });
}

bool may_vote_new(const PlanState& plan) {
  return new_possible(plan) && plan.stage == Stage::deciding && verified(plan) &&
         home_time(plan) + vote_margin_s < plan.plan.window.decide_by;
}

/// After the deadline nobody needs to vote.
bool may_vote_old(const PlanState& plan) {
  return plan.decision == Outcome::none && !plan.old_reason.empty() && !new_is_out(plan) &&
         home_time(plan) < plan.plan.window.decide_by &&
         first_where(plan, [&](InstanceIndex i) { return plan.instances[i].armed_once; });
}

bool may_say_outcome(const PlanState& plan) {
  return plan.decision != Outcome::none &&
         first_where(plan, [&](InstanceIndex i) { return needs_close(plan, i) && !stuck(plan, i); });
}

bool may_halt_now(const PlanState& plan) {
  return first_where(plan, [&](InstanceIndex i) { return halt_now_due(plan, i); }).has_value();
}

struct Vow {
  Kind kind;
  bool (*may)(const PlanState&);
};
constexpr Vow vows[] = {{Kind::switch_version, may_switch},
                        {Kind::vote_new, may_vote_new},
                        {Kind::vote_old, may_vote_old},
                        {Kind::outcome, may_say_outcome},
                        {Kind::halt_now, may_halt_now}};

}  // namespace

void derive_signing(Draft& draft) {
  if (!can_sign(draft.plan()) || quarantined(draft.plan())) return;
  const bool only_brake = draft.plan().held || ended(draft.plan().stage) || doubt(draft.plan());
  for (const auto& [kind, may] : vows) {
    const auto& plan = draft.plan();
    if (only_brake && kind != Kind::halt_now) continue;
    if (intended(plan, kind) || plan.sign_refused.contains(kind) || !may(plan)) continue;
    draft.add(SignIntended{our_statement(plan, kind)});
  }
}

}  // namespace lockstep::coordinator
