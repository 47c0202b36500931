#include <algorithm>

#include "base/assert.hpp"
#include "coordinator/decide.hpp"
#include "coordinator/draft.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {
namespace {

void fold(PlanState&, const PlanSubmitted&) {}  // creates the plan: see apply()
void fold(PlanState&, const ClockTicked&) {}    // belongs to no plan
void fold(PlanState&, const AlarmRaised&) {}    // told to people; changes nothing

void drop_evidence(InstanceState& instance) {
  instance.evidence_asked.reset();
  instance.evidence.reset();
  instance.evidence_expected = Outcome::none;
}

/// The block of the evidence is final, so only FinalityViolated takes it. (Views of codec version 1 do not name the
/// block of the switch; what was voted on such a one stays.)
bool pinned(const PlanState& plan, const InstanceState& instance) {
  const auto& asked = *instance.evidence_asked;
  if (!instance.final || instance.final->block.num < asked.num) return false;
  const auto& since = instance.final->switched_in;
  return since == asked || (since.hash.is_zero() && plan.signing.contains(Kind::vote_new));
}

/// Evidence of the new version rests on one block. It falls with that block, and with the switch itself.
void drop_stale_evidence(const PlanState& plan, InstanceIndex index, InstanceState& instance, const GateView& view) {
  if (!instance.evidence_asked || instance.evidence_expected != Outcome::new_version || pinned(plan, instance)) return;
  const auto& asked = *instance.evidence_asked;
  const bool replaced = view.block.num == asked.num && view.block.hash != asked.hash;
  const bool open = open_epoch(plan.plan, view);
  const bool undone = open && view.block.num >= asked.num && !switched(plan.plan, index, view);
  const bool elsewhere = open && !view.switched_in.hash.is_zero() && !(view.switched_in == asked);
  if (replaced || undone || elsewhere) drop_evidence(instance);
}

/// The first arming makes readiness count: what was red before it is asked once more before anybody votes OLD for it.
void confirm_readiness(PlanState& plan) {
  if (first_where(plan, [&](InstanceIndex i) { return plan.instances[i].armed_once; })) return;
  for (auto& instance : plan.instances) instance.confirm_round = instance.readiness_round + 1;
}

void fold(PlanState& plan, const GateObserved& seen) {
  auto& instance = plan.instances[seen.instance];
  const auto& view = seen.view;
  const bool mine = view.epoch == plan.plan.epoch && view.plan_hash == plan.plan.hash;
  drop_stale_evidence(plan, seen.instance, instance, view);
  if (mine && view.phase == GatePhase::switched) instance.switched_once = true;
  for (auto& [action, progress] : instance.submits)
    if (shows(plan, seen.instance, view, action)) progress.seen = true;
  std::erase_if(instance.submit_after,
                [&](const auto& delay) { return shows(plan, seen.instance, view, delay.first); });
  if (seen.finality == Finality::head) {
    instance.head = view;
    return;
  }
  instance.final = view;
  if (!mine || view.phase == GatePhase::idle) return;
  confirm_readiness(plan);
  instance.armed_once = true;
  if (instance.closed != Outcome::none || open_epoch(plan.plan, view)) return;
  instance.closed = view.phase == GatePhase::closed_new ? Outcome::new_version : Outcome::old_version;
  instance.closed_at = view.closed_at;
  instance.closed_num = view.block.num;
}

void fold(PlanState& plan, const HeadRetracted& lost) {
  auto& instance = plan.instances[lost.instance];
  if (instance.head && instance.head->block.num >= lost.first_num) instance.head.reset();
  if (instance.evidence_asked && instance.evidence_expected == Outcome::new_version &&
      instance.evidence_asked->num >= lost.first_num)
    drop_evidence(instance);
  // A breaker that was mended is doubted again; engaging once more does no harm.
  const bool push = plan.plan.instances[lost.instance].push_breaker;
  if (push && instance.interference && instance.submits.contains(Action::engage)) instance.breaker_doubted = true;
  // Where a transaction was mined we do not know; the next head shows whether it survived.
  for (auto& [action, progress] : instance.submits)
    if (progress.status == TxnStatus::mined && !progress.seen) progress.gone_from = lost.first_num;
}

/// Everything that rests on blocks from `first_num` on is forgotten and observed anew. What was signed is never
/// forgotten.
void forget_from(PlanState& plan, InstanceIndex index, std::uint64_t first_num) {
  auto& instance = plan.instances[index];
  instance.head.reset();
  if (instance.final && instance.final->block.num >= first_num) instance.final.reset();
  instance.armed_once = false;  // seen again if it is so
  if (instance.baseline_asked && instance.baseline_asked->num >= first_num) {
    instance.baseline_asked.reset();
    instance.baseline.reset();
  }
  if (instance.evidence_asked && instance.evidence_asked->num >= first_num) drop_evidence(instance);
  if (instance.soak_asked && instance.soak_asked->num >= first_num) {
    instance.soak_asked.reset();
    instance.soak_evidence.reset();
  }
  if (instance.closed != Outcome::none && instance.closed_num >= first_num) {
    instance.closed = Outcome::none;
    instance.closed_at = 0;
    instance.closed_num = 0;
    instance.mismatch_known = false;
  }
  for (auto& [action, progress] : instance.submits) {
    progress.status = TxnStatus::rejected;
    progress.detail = "lost with a final block that was replaced";
    progress.seen = false;
  }
  if (index == plan.plan.home && plan.decision != Outcome::none && plan.decided_num >= first_num) {
    plan.decision = Outcome::none;
    plan.decision_evidence = {};
    plan.decided_num = 0;
  }
}

void fold(PlanState& plan, const FinalityViolated& violated) {
  const auto first_num = std::min(violated.was.num, violated.now.num);
  const bool concerns = !ended(plan.stage) || end_rests_on(plan, violated.instance, first_num);
  plan.instances[violated.instance].fork = violated.now;
  if (!concerns) return;  // an end is an end
  forget_from(plan, violated.instance, first_num);
  plan.forked = true;
  plan.frozen = true;
  plan.frozen_reason = "final block " + std::to_string(violated.was.num) + " of " +
                       chain_name(plan, violated.instance) + " was replaced";
}

void fold(PlanState& plan, const ReadinessReported& report) {
  auto& instance = plan.instances[report.instance];
  instance.readiness_answered = report.round;
  instance.readiness = report.rows;
}

void fold(PlanState& plan, const ReadinessConfirmed& confirmed) {
  plan.instances[confirmed.instance].readiness_answered = confirmed.round;
}

void fold(PlanState& plan, const BaselineReported& report) { plan.instances[report.instance].baseline = report.report; }

void fold(PlanState& plan, const EvidenceReported& report) {
  auto& instance = plan.instances[report.instance];
  const bool soak = instance.soak_asked && *instance.soak_asked == report.report.block;
  (soak ? instance.soak_evidence : instance.evidence) = report.report;
}

void fold(PlanState& plan, const AttestationReceived& received) {
  const auto& attestation = received.attestation;
  plan.attestations[attestation.statement.kind].try_emplace(attestation.signer, attestation);
}

void fold(PlanState& plan, const Equivocated& seen) {
  plan.equivocations[seen.contradiction.statement.kind].try_emplace(seen.contradiction.signer, seen.contradiction);
}

void fold(PlanState& plan, const SignRefused& refused) { plan.sign_refused[refused.kind] = refused.reason; }

void fold(PlanState& plan, const TxnReported& report) {
  auto& submits = plan.instances[report.instance].submits;
  const auto found = submits.find(report.action);
  if (found == submits.end()) return;
  found->second.status = report.status;
  found->second.txn = report.txn;
  found->second.detail = report.detail;
  const bool mended = report.action == Action::engage && report.status == TxnStatus::mined;
  if (mended) plan.instances[report.instance].breaker_doubted = false;
}

void fold(PlanState& plan, const GovernanceObserved& seen) {
  auto& instance = plan.instances[seen.instance];
  instance.governance = seen.stage;
  instance.governance_executable_at = seen.executable_at;
  instance.governance_since = instance.final ? instance.final->block.num : 0;
}

void fold(PlanState& plan, const InterferenceObserved& seen) {
  auto& instance = plan.instances[seen.instance];
  instance.interference = seen.block;
  const auto* view = latest(instance);
  const bool holds = view && open_epoch(plan.plan, *view) && view->engaged;
  if (plan.plan.instances[seen.instance].push_breaker && holds) instance.breaker_doubted = true;
}

/// Red verifications after the release have nothing left to decide: an operator looks, mends and has them repeated.
void forget_red(InstanceState& instance) {
  if (instance.soak_evidence && worst(instance.soak_evidence->rows) == Colour::red) {
    instance.soak_asked.reset();
    instance.soak_evidence.reset();
  }
  const bool old_red = instance.evidence && instance.evidence_expected == Outcome::old_version &&
                       worst(instance.evidence->rows) == Colour::red;
  if (old_red) drop_evidence(instance);
}

void fold(PlanState& plan, const CommandReceived& command) {
  switch (command.command) {
    case CommandKind::hold:
      plan.held = true;
      plan.held_reason = command.reason;
      return;
    case CommandKind::resume:
      plan.frozen = false;
      plan.frozen_reason.clear();
      std::erase_if(plan.sign_refused, [](const auto& refused) { return refused.first != Kind::none; });
      for (auto& instance : plan.instances) forget_red(instance);
      break;
    case CommandKind::abort:
      plan.aborted = true;
      plan.abort_reason = "aborted by " + command.by + ": " + command.reason;
      break;
    case CommandKind::halt:  // HaltWanted follows
      return;
  }
  plan.held = false;
  plan.held_reason.clear();
}

void fold(PlanState& plan, const StageChanged& changed) { plan.stage = changed.to; }

void fold(PlanState& plan, const ReadinessAsked& asked) {
  auto& instance = plan.instances[asked.instance];
  instance.readiness_round = asked.round;
  instance.readiness_asked_at = asked.at;
}

void fold(PlanState& plan, const BaselineAsked& asked) { plan.instances[asked.instance].baseline_asked = asked.block; }

void fold(PlanState& plan, const EvidenceAsked& asked) {
  auto& instance = plan.instances[asked.instance];
  if (asked.soak) {
    instance.soak_asked = asked.block;
    return;
  }
  instance.evidence_asked = asked.block;
  instance.evidence_expected = asked.expected;
  instance.evidence.reset();
}

void fold(PlanState& plan, const SignIntended& intended) {
  plan.signing.try_emplace(intended.statement.kind, intended.statement);
}

void fold(PlanState& plan, const SubmitIntended& intended) {
  SubmitProgress progress;
  progress.intent = intended.intent;
  progress.asked_at = intended.at;
  auto& instance = plan.instances[intended.intent.instance];
  instance.submits.insert_or_assign(intended.intent.action, std::move(progress));
  instance.submit_after.erase(intended.intent.action);
}

void fold(PlanState& plan, const SubmitDelayed& delayed) {
  plan.instances[delayed.instance].submit_after[delayed.action] = delayed.until;
}

void fold(PlanState& plan, const HaltWanted& wanted) {
  plan.halt_reason = wanted.reason;
  for (auto& instance : plan.instances) {
    const auto* view = latest(instance);
    instance.halt_after_close = view && ours(plan.plan, *view) && !open_epoch(plan.plan, *view);
  }
}

void fold(PlanState& plan, const OldWanted& wanted) { plan.old_reason = wanted.reason; }

void fold(PlanState& plan, const Decided& decided) {
  plan.decision = decided.outcome;
  plan.decision_evidence = decided.evidence;
  plan.decided_num = decided.block_num;
}

void fold(PlanState& plan, const Frozen& frozen) {
  plan.frozen = true;
  plan.frozen_reason = frozen.reason;
  plan.instances[frozen.instance].mismatch_known = true;
}

void fold(PlanState& plan, const WaitingChanged& changed) { plan.waiting = changed.waiting; }

}  // namespace

void apply_to(PlanState& plan, const Record& record) {
  const auto index = record_instance(record);
  LOCKSTEP_ASSERT(!index || *index < plan.instances.size());
  std::visit([&](const auto& fact) { fold(plan, fact); }, record);
}

void apply(State& state, const Record& record) {
  if (const auto* tick = std::get_if<ClockTicked>(&record)) {
    state.now = tick->now;
    return;
  }
  if (const auto* submitted = std::get_if<PlanSubmitted>(&record)) {
    PlanState plan;
    plan.plan = submitted->plan;
    plan.instances.resize(submitted->plan.instances.size());
    state.plans.try_emplace(submitted->plan.hash, std::move(plan));
    return;
  }
  const auto hash = record_plan(record);
  LOCKSTEP_ASSERT(hash);
  const auto found = state.plans.find(*hash);
  if (found != state.plans.end()) apply_to(found->second, record);
}

}  // namespace lockstep::coordinator
