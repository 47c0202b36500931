#pragma once
// The fields of everything that is encoded, once, for writing and for reading. A is the archive: a(x, y, …) takes
// fields in order, a.list(xs, limit) a bounded list, a.since(v, x, y, …) fields that came with codec version v.
#include <concepts>
#include <type_traits>

#include "coordinator/record.hpp"

namespace lockstep::coordinator {

template <class T, class Plain>
concept Is = std::same_as<std::remove_const_t<T>, Plain>;

constexpr GatePhase last_of(GatePhase) { return GatePhase::closed_old; }
constexpr Outcome last_of(Outcome) { return Outcome::old_version; }
constexpr Kind last_of(Kind) { return Kind::halt_now; }
constexpr Finality last_of(Finality) { return Finality::final; }
constexpr Colour last_of(Colour) { return Colour::red; }
constexpr Action last_of(Action) { return Action::halt_now; }
constexpr TxnStatus last_of(TxnStatus) { return TxnStatus::rejected; }
constexpr GovernanceStage last_of(GovernanceStage) { return GovernanceStage::cancelled; }
constexpr CommandKind last_of(CommandKind) { return CommandKind::halt; }
constexpr Stage last_of(Stage) { return Stage::refused; }
constexpr Waiting last_of(Waiting) { return Waiting::activation; }
constexpr PlanKind last_of(PlanKind) { return PlanKind::network; }

template <class A>
void fields(A& a, Is<BlockRef> auto& v) {
  a(v.num, v.hash, v.time);
}
template <class A>
void fields(A& a, Is<GateView> auto& v) {
  a(v.block, v.phase, v.epoch, v.plan_hash, v.leaf_hash, v.halt_at, v.switch_by, v.decide_by, v.switched_at,
    v.closed_at, v.decision, v.decision_evidence, v.engaged, v.halted, v.halt_now_until, v.mask, v.operator_set);
  a.since(2, v.switched_in);
}
template <class A>
void fields(A& a, Is<OperatorSet> auto& v) {
  a.list(v.operators, max_operators);
  a(v.threshold, v.faulty, v.hash);
}
template <class A>
void fields(A& a, Is<Instance> auto& v) {
  a(v.chain, v.chain_id, v.gate, v.leaf_hash, v.push_breaker);
  a.since(2, v.switches, v.revocable, v.activates);
}
template <class A>
void fields(A& a, Is<Window> auto& v) {
  a(v.arm_by, v.halt_at, v.switch_by, v.decide_by, v.soak_s);
}
template <class A>
void fields(A& a, Is<Plan> auto& v) {
  a(v.hash, v.protocol, v.name, v.epoch, v.from_version, v.to_version);
  a.list(v.instances, max_instances);
  a(v.home, v.operators, v.self, v.window, v.last_stage_s, v.config_hash);
  a.since(2, v.kind, v.halt_on_interference);
}
template <class A>
void fields(A& a, Is<CheckRow> auto& v) {
  a(v.name, v.level, v.colour, v.detail);
}
template <class A>
void fields(A& a, Is<EvidenceReport> auto& v) {
  a(v.block);
  a.list(v.rows, max_check_rows);
  a(v.digest);
}
template <class A>
void fields(A& a, Is<Statement> auto& v) {
  a(v.kind, v.epoch, v.plan_hash, v.outcome, v.operator_set, v.evidence);
}
template <class A>
void fields(A& a, Is<Attestation> auto& v) {
  a(v.statement, v.signer, v.signature);
}
template <class A>
void fields(A& a, Is<WaitingOn> auto& v) {
  a(v.code, v.instance, v.since, v.detail, v.unblocks_when);
}

// Effects
template <class A>
void fields(A& a, Is<CheckReadiness> auto& v) {
  a(v.plan, v.instance, v.round);
}
template <class A>
void fields(A& a, Is<TakeBaseline> auto& v) {
  a(v.plan, v.instance, v.block);
}
template <class A>
void fields(A& a, Is<CheckEvidence> auto& v) {
  a(v.plan, v.instance, v.block, v.expected);
}
template <class A>
void fields(A& a, Is<Sign> auto& v) {
  a(v.statement);
}
template <class A>
void fields(A& a, Is<Submit> auto& v) {
  a(v.plan, v.instance, v.action, v.outcome, v.evidence);
  a.list(v.signatures, max_operators);
  a(v.attempt);
}
template <class A>
void fields(A& a, Is<Alarm> auto& v) {
  a(v.plan, v.code, v.detail);
}

// Facts
template <class A>
void fields(A& a, Is<PlanSubmitted> auto& v) {
  a(v.plan);
}
template <class A>
void fields(A& a, Is<GateObserved> auto& v) {
  a(v.plan, v.instance, v.finality, v.view);
}
template <class A>
void fields(A& a, Is<HeadRetracted> auto& v) {
  a(v.plan, v.instance, v.first_num);
}
template <class A>
void fields(A& a, Is<FinalityViolated> auto& v) {
  a(v.plan, v.instance, v.was, v.now);
}
template <class A>
void fields(A& a, Is<ReadinessReported> auto& v) {
  a(v.plan, v.instance, v.round);
  a.list(v.rows, max_check_rows);
}
template <class A>
void fields(A& a, Is<BaselineReported> auto& v) {
  a(v.plan, v.instance, v.report);
}
template <class A>
void fields(A& a, Is<EvidenceReported> auto& v) {
  a(v.plan, v.instance, v.expected, v.report);
}
template <class A>
void fields(A& a, Is<AttestationReceived> auto& v) {
  a(v.attestation);
}
template <class A>
void fields(A& a, Is<SignRefused> auto& v) {
  a(v.plan, v.kind, v.reason);
}
template <class A>
void fields(A& a, Is<TxnReported> auto& v) {
  a(v.plan, v.instance, v.action, v.status, v.txn, v.detail);
}
template <class A>
void fields(A& a, Is<GovernanceObserved> auto& v) {
  a(v.plan, v.instance, v.stage, v.executable_at, v.detail);
}
template <class A>
void fields(A& a, Is<InterferenceObserved> auto& v) {
  a(v.plan, v.instance, v.block, v.detail);
}
template <class A>
void fields(A& a, Is<CommandReceived> auto& v) {
  a(v.plan, v.command, v.reason, v.by);
}
template <class A>
void fields(A& a, Is<ClockTicked> auto& v) {
  a(v.now);
}

// Steps
template <class A>
void fields(A& a, Is<ReadinessConfirmed> auto& v) {
  a(v.plan, v.instance, v.round);
}
template <class A>
void fields(A& a, Is<StageChanged> auto& v) {
  a(v.plan, v.from, v.to);
}
template <class A>
void fields(A& a, Is<ReadinessAsked> auto& v) {
  a(v.plan, v.instance, v.round, v.at);
}
template <class A>
void fields(A& a, Is<BaselineAsked> auto& v) {
  a(v.plan, v.instance, v.block);
}
template <class A>
void fields(A& a, Is<EvidenceAsked> auto& v) {
  a(v.plan, v.instance, v.block, v.expected, v.soak);
}
template <class A>
void fields(A& a, Is<SignIntended> auto& v) {
  a(v.statement);
}
template <class A>
void fields(A& a, Is<SubmitIntended> auto& v) {
  a(v.intent, v.at);
}
template <class A>
void fields(A& a, Is<OldWanted> auto& v) {
  a(v.plan, v.reason);
}
template <class A>
void fields(A& a, Is<Decided> auto& v) {
  a(v.plan, v.outcome, v.evidence, v.block_num);
}
template <class A>
void fields(A& a, Is<Equivocated> auto& v) {
  a(v.kept, v.contradiction);
}
template <class A>
void fields(A& a, Is<Frozen> auto& v) {
  a(v.plan, v.instance, v.reason);
}
template <class A>
void fields(A& a, Is<AlarmRaised> auto& v) {
  a(v.plan, v.code, v.detail);
}
template <class A>
void fields(A& a, Is<WaitingChanged> auto& v) {
  a(v.plan, v.waiting);
}
template <class A>
void fields(A& a, Is<SubmitDelayed> auto& v) {
  a(v.plan, v.instance, v.action, v.until);
}
template <class A>
void fields(A& a, Is<HaltWanted> auto& v) {
  a(v.plan, v.reason);
}

// State; written only
template <class A>
void fields(A& a, Is<SubmitProgress> auto& v) {
  a(v.intent, v.status, v.txn, v.detail, v.asked_at, v.seen, v.gone_from);
}
template <class A>
void fields(A& a, Is<InstanceState> auto& v) {
  a(v.head, v.final, v.readiness_round, v.readiness_answered, v.readiness_asked_at, v.confirm_round);
  a.list(v.readiness, max_check_rows);
  a(v.baseline_asked, v.baseline, v.evidence_asked, v.evidence_expected, v.evidence, v.soak_asked, v.soak_evidence,
    v.submits, v.submit_after, v.governance, v.governance_executable_at, v.governance_since, v.armed_once,
    v.switched_once, v.closed, v.closed_at, v.closed_num, v.mismatch_known, v.interference, v.breaker_doubted,
    v.halt_after_close, v.fork);
}
template <class A>
void fields(A& a, Is<PlanState> auto& v) {
  a(v.plan, v.stage);
  a.list(v.instances, max_instances);
  a(v.attestations, v.signing, v.sign_refused, v.equivocations, v.decision, v.decision_evidence, v.decided_num,
    v.old_reason, v.aborted, v.abort_reason, v.halt_reason, v.forked, v.held, v.held_reason, v.frozen, v.frozen_reason,
    v.waiting);
}
template <class A>
void fields(A& a, Is<State> auto& v) {
  a(v.plans, v.now);
}

}  // namespace lockstep::coordinator
