#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/on_event.hpp"
#include "coordinator/policy.hpp"

namespace lockstep::coordinator {
namespace {

/// How many of the thresholds that anyone asks this instance's clock or height about lie behind the block. A view is
/// worth a record when this changes, even if nothing follows from it alone: rules that look at several instances see
/// the clock of the others in their last record.
std::size_t milestones(const PlanState& plan, InstanceIndex index, const BlockRef& block) {
  const auto& window = plan.plan.window;
  const auto& instance = plan.instances[index];
  std::size_t passed = 0;
  const auto time = [&](UnixSeconds threshold) { passed += block.time >= threshold; };
  for (const auto threshold : {window.arm_by, window.halt_at, window.switch_by, window.decide_by}) time(threshold);
  time(window.halt_at - std::min(window.halt_at, readiness_stop_s));
  time(window.decide_by - std::min(window.decide_by, vote_margin_s));
  if (instance.closed != Outcome::none) time(instance.closed_at + plan.plan.last_stage_s);
  if (index == plan.plan.home) time(last_closed_at(plan) + window.soak_s);
  if (instance.evidence_asked) passed += block.num >= instance.evidence_asked->num;
  if (instance.soak_asked) passed += block.num >= instance.soak_asked->num;
  return passed;
}

bool material(const PlanState& plan, const GateObserved& event) {
  const auto& instance = plan.instances[event.instance];
  const auto& before = event.finality == Finality::final ? instance.final : instance.head;
  if (!before) return true;
  auto same_block = *before;
  same_block.block = event.view.block;
  return !(same_block == event.view) ||
         milestones(plan, event.instance, before->block) != milestones(plan, event.instance, event.view.block);
}

}  // namespace

Drafts on_event(const State& state, const GateObserved& event) {
  auto draft = draft_of(state, event.plan);
  const bool keep = material(draft.plan(), event);
  const auto& final = draft.plan().instances[event.instance].final;
  const bool replaced = final && event.finality == Finality::final && final->block.num == event.view.block.num &&
                        final->block.hash != event.view.block.hash;
  if (replaced) {
    draft.add(FinalityViolated{event.plan, event.instance, final->block, event.view.block});
    draft.alarm("finality-violated", draft.plan().frozen_reason);
  }
  draft.add(event);
  const auto accepted = draft.size();
  const bool is_final = event.finality == Finality::final;
  advance(draft, is_final ? std::optional(event.instance) : std::nullopt);
  if (!keep && !replaced && draft.size() == accepted) return {};  // only the block moved, and nothing follows from it
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
