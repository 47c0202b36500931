#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"

namespace lockstep::coordinator {
namespace {

Stage after_decision(const PlanState& plan) {
  const auto all = [&](auto question) { return everywhere(plan, question); };
  if (!all([&](InstanceIndex i) { return done_closing(plan, i); })) return Stage::closing;
  if (!all([&](InstanceIndex i) { return released(plan, i); })) return Stage::releasing;
  if (plan.decision == Outcome::old_version) {
    const bool verified = all([&](InstanceIndex i) {
      const auto& instance = plan.instances[i];
      if (!needs_old_evidence(plan, i)) return true;
      return instance.evidence_expected == Outcome::old_version && instance.evidence &&
             worst(instance.evidence->rows) != Colour::red;
    });
    return verified ? Stage::closed_old : Stage::releasing;
  }
  const bool verified = all([&](InstanceIndex i) {
    const auto& second = plan.instances[i].soak_evidence;
    return second && worst(second->rows) != Colour::red;
  });
  return verified ? Stage::closed_new : Stage::soaking;
}

Stage before_decision(const PlanState& plan) {
  const auto all = [&](auto question) { return everywhere(plan, question); };
  // Somebody already closed NEW: home decided, but we do not see that at finality, or no longer (F12).
  if (first_where(plan, [&](InstanceIndex i) { return plan.instances[i].closed == Outcome::new_version; }))
    return Stage::deciding;
  const bool halted_somewhere = first_where(plan, [&](InstanceIndex i) {
                                  return armed_final(plan, i) && plan.instances[i].final->halted &&
                                         final_time(plan.instances[i]) >= plan.plan.window.halt_at;
                                }).has_value();
  if (halted_somewhere) {
    if (!all([&](InstanceIndex i) { return halted_final(plan, i) && baseline_good(plan.instances[i]); }))
      return Stage::halting;
    if (!all([&](InstanceIndex i) { return switched_final(plan, i); })) return Stage::switching;
    return verified(plan) ? Stage::deciding : Stage::verifying;
  }
  if (!any_armed(plan)) {
    const bool too_late = all([&](InstanceIndex i) { return never_armed(plan, i); });
    if (plan.aborted || too_late) return Stage::refused;
  }
  if (all([&](InstanceIndex i) { return armed_final(plan, i); })) return Stage::armed;
  const bool ready_or_armed = any_armed(plan) || all([&](InstanceIndex i) { return ready(plan.instances[i]); });
  return ready_or_armed ? Stage::arming : Stage::checking;
}

}  // namespace

Stage stage_of(const PlanState& plan) {
  const bool end = plan.stage == Stage::closed_new || plan.stage == Stage::closed_old;
  if (end && !plan.frozen) return plan.stage;  // frozen: a final block that the end rested on was replaced
  return plan.decision == Outcome::none ? before_decision(plan) : after_decision(plan);
}

void derive_stage(Draft& draft) {
  const auto from = draft.plan().stage;
  const auto to = stage_of(draft.plan());
  if (from == to) return;
  draft.add(StageChanged{draft.hash(), from, to});
  if (to == Stage::armed) ask_readiness_again(draft);  // what was ready before governance acted may not be now
}

}  // namespace lockstep::coordinator
