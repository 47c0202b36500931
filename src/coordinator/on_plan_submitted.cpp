#include <algorithm>
#include <string>

#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {
namespace {

/// The compiler of plans checks this and more; a plan that cannot be carried out safely must not get in by another way.
std::string defect(const Plan& plan) {
  const auto& set = plan.operators;
  const auto members = set.operators.size();
  if (plan.hash.is_zero()) return "the plan has no hash";
  if (plan.epoch == 0) return "epochs begin with 1";
  if (plan.instances.empty() || plan.instances.size() > max_instances) return "a plan has 1 to 64 instances";
  if (plan.home >= plan.instances.size()) return "home is not an instance of the plan";
  if (members == 0 || members > max_operators) return "an operator set has 1 to 32 members";
  if (std::ranges::adjacent_find(set.operators, std::ranges::greater_equal{}) != set.operators.end())
    return "operators are not strictly ascending";
  if (set.threshold == 0 || set.threshold > members || 2 * std::size_t{set.threshold} <= members + set.faulty)
    return "the operator set breaks 1 <= N <= M and 2N > M + f";
  const auto& w = plan.window;
  if (!(w.arm_by < w.halt_at && w.halt_at < w.switch_by && w.switch_by < w.decide_by))
    return "the window is not arm_by < halt_at < switch_by < decide_by";
  if (std::ranges::count_if(plan.instances, [](const Instance& i) { return !i.revocable; }) > 1)
    return "more than one instance cannot be rolled back; at most one can go first";
  const bool observes = std::ranges::any_of(plan.instances, [](const Instance& i) { return i.activates; });
  if (observes && plan.kind != PlanKind::network) return "only a network plan observes a change of a chain itself";
  const auto torn = [](const Instance& i) { return i.activates && i.switches; };
  if (std::ranges::any_of(plan.instances, torn)) return "an instance whose chain changes cannot be switched as well";
  return {};
}

std::string conflict(const State& state, const Plan& plan) {
  for (const auto& [hash, other] : state.plans)
    if (!ended(other.stage) && other.plan.protocol == plan.protocol && other.plan.epoch == plan.epoch)
      return "plan " + short_id(hash) + " of the same protocol and epoch is not finished";
  return {};
}

}  // namespace

Drafts on_event(const State& state, const PlanSubmitted& event) {
  PlanState plan;
  plan.plan = event.plan;
  auto why_not = defect(event.plan);
  if (why_not.empty()) why_not = conflict(state, event.plan);
  if (!why_not.empty()) {
    Draft refused(std::move(plan), state.now);
    refused.alarm("plan-refused", std::move(why_not));
    return {std::move(refused)};
  }
  plan.instances.resize(event.plan.instances.size());
  Draft draft(std::move(plan), state.now);
  draft.add(event);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
