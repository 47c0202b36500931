#include <algorithm>
#include <optional>

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

/// Said of a final block, and what is final does not change: one of the two blocks is gone (F12).
std::optional<FinalityViolated> contradiction(const PlanState& plan, const GateObserved& event) {
  const auto& final = plan.instances[event.instance].final;
  if (!final || event.finality != Finality::final) return std::nullopt;
  const auto& view = event.view;
  if (final->block.num == view.block.num && final->block.hash != view.block.hash)
    return FinalityViolated{event.plan, event.instance, final->block, view.block};
  const bool began = switched(plan.plan, event.instance, *final) && !final->switched_in.hash.is_zero();
  if (!began || !open_epoch(plan.plan, view) || view.switched_in == final->switched_in) return std::nullopt;
  const BlockRef lost{final->switched_in.num, {}, 0};
  return FinalityViolated{event.plan, event.instance, final->switched_in,
                          view.switched_in.hash.is_zero() ? lost : view.switched_in};
}

}  // namespace

Drafts on_event(const State& state, const GateObserved& event) {
  auto draft = draft_of(state, event.plan);
  const bool keep = material(draft.plan(), event);
  const auto replaced = contradiction(draft.plan(), event);
  if (replaced) add_violation(draft, *replaced);
  draft.add(event);
  const auto accepted = draft.size();
  const bool is_final = event.finality == Finality::final;
  advance(draft, is_final ? std::optional(event.instance) : std::nullopt);
  if (!keep && !replaced && draft.size() == accepted) return {};  // only the block moved, and nothing follows from it
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
