#include <string>

#include "coordinator/advance.hpp"
#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"

namespace lockstep::coordinator {
namespace {

std::string red_rows(const std::vector<CheckRow>& rows) {
  std::string text;
  for (const auto& row : rows) {
    if (row.colour != Colour::red) continue;
    if (!text.empty()) text += "; ";
    text += row.name;
    if (!row.detail.empty()) text += " (" + row.detail + ")";
  }
  return text.empty() ? "no rows" : text;
}

std::string about_evidence(const PlanState& plan, InstanceIndex i) {
  const auto& instance = plan.instances[i];
  if (instance.baseline && !baseline_good(instance))
    return "baseline is red on " + chain_name(plan, i) + ": " + red_rows(instance.baseline->rows);
  if (evidence_red(plan, i))
    return "evidence is red on " + chain_name(plan, i) + ": " + red_rows(instance.evidence->rows);
  return {};
}

std::string about_readiness(const PlanState& plan, InstanceIndex i) {
  const auto& instance = plan.instances[i];
  if (ready(instance)) return {};
  const bool confirmed = instance.readiness_answered >= instance.confirm_round || halt_is_close(plan, i);
  if (instance.readiness_answered > 0 && confirmed && plan.stage <= Stage::armed)
    return "readiness is red on " + chain_name(plan, i) + ": " + red_rows(instance.readiness);
  if (armed_final(plan, i) && final_time(instance) >= plan.plan.window.halt_at)
    return "the halt time came and readiness was not green on " + chain_name(plan, i);
  return {};
}

std::string about_gate(const PlanState& plan, InstanceIndex i) {
  const auto& instance = plan.instances[i];
  if (!instance.final) return {};
  const auto& view = *instance.final;
  const auto& name = chain_name(plan, i);
  if (ours(plan.plan, view)) {
    if (view.phase == GatePhase::closed_old) return "the gate of " + name + " was disarmed or closed OLD";
    if (view.leaf_hash != plan.plan.instances[i].leaf_hash) return "the gate of " + name + " armed another leaf";
    if (view.operator_set != plan.plan.operators.hash) return "the gate of " + name + " has another operator set";
  }
  if (!armed_final(plan, i) && instance.closed == Outcome::none && view.block.time >= plan.plan.window.arm_by)
    return name + " was not armed by the time agreed";
  if (armed_final(plan, i) && !switched_final(plan, i) && view.block.time >= plan.plan.window.switch_by)
    return name + (plan.plan.instances[i].switches ? " was not switched by" : " had not changed by") +
           " the time agreed";
  return {};
}

std::string about_switch(const PlanState& plan, InstanceIndex i) {
  const auto& submits = plan.instances[i].submits;
  const auto found = submits.find(Action::switch_version);
  const auto* view = latest(plan.instances[i]);
  if (found == submits.end() || (view && shows(plan, i, *view, Action::switch_version))) return {};
  const auto& progress = found->second;
  const auto tried = progress.intent.attempt + 1;
  const bool reverted = progress.status == TxnStatus::reverted && tried >= switch_reverts_max;
  const bool rejected = progress.status == TxnStatus::rejected && tried >= switch_rejects_max;
  if (!reverted && !rejected) return {};
  return "the switch of " + chain_name(plan, i) + (reverted ? " reverted: " : " cannot be sent: ") + progress.detail;
}

std::string about_deadline(const PlanState& plan) {
  const auto* home = latest(plan.instances[plan.plan.home]);
  if (!home || !open_epoch(plan.plan, *home) || home->decision != Outcome::none) return {};
  if (home->block.time < plan.plan.window.decide_by) return {};
  return "home did not decide by the time agreed";
}

std::string about_peers(const PlanState& plan) {
  const auto needed = quorum(plan.plan, Kind::vote_old);
  if (count_signed(plan, our_statement(plan, Kind::vote_old)) < needed) return {};
  return std::to_string(needed) + " operators voted OLD";  // one of them at least is honest
}

std::string reason(const PlanState& plan) {
  if (plan.aborted) return plan.abort_reason;
  if (!plan.halt_reason.empty()) return plan.halt_reason;
  for (const auto about : {about_gate, about_evidence, about_readiness, about_switch})
    for (InstanceIndex i = 0; i < plan.instances.size(); ++i)
      if (auto text = about(plan, i); !text.empty()) return text;
  if (auto text = about_deadline(plan); !text.empty()) return text;
  return about_peers(plan);
}

}  // namespace

/// f + 1 operators ask for the hand brake: one of them at least is honest, so it is pulled.
void derive_halt(Draft& draft) {
  const auto& plan = draft.plan();
  const auto needed = quorum(plan.plan, Kind::halt_now);
  if (!plan.halt_reason.empty() || count_signed(plan, our_statement(plan, Kind::halt_now)) < needed) return;
  want_halt(draft, std::to_string(needed) + " operators ask to halt at once");
}

void want_halt(Draft& draft, const std::string& reason) {
  draft.add(HaltWanted{draft.hash(), reason});
  draft.alarm("halt-wanted", reason);
}

void derive_old(Draft& draft) {
  const auto& plan = draft.plan();
  if (ended(plan.stage) || plan.decision != Outcome::none || !plan.old_reason.empty() || new_is_out(plan)) return;
  // Until governance armed somewhere there is nothing to vote on: the plan simply is not ready.
  if (!first_where(plan, [&](InstanceIndex i) { return plan.instances[i].armed_once; })) return;
  const auto text = reason(plan);
  if (text.empty()) return;
  draft.add(OldWanted{draft.hash(), text});
  draft.alarm("voting-old", text);
}

}  // namespace lockstep::coordinator
