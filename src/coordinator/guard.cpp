#include <algorithm>

#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/on_event.hpp"
#include "coordinator/quarantine.hpp"

namespace lockstep::coordinator {
namespace {

const PlanState* known(const State& state, const Hash32& hash) {
  const auto found = state.plans.find(hash);
  return found == state.plans.end() ? nullptr : &found->second;
}

const PlanState* running(const State& state, const Hash32& hash) {
  const auto* plan = known(state, hash);
  return plan && !ended(plan->stage) ? plan : nullptr;
}

const InstanceState* instance_of(const PlanState* plan, InstanceIndex index) {
  return plan && index < plan->instances.size() ? &plan->instances[index] : nullptr;
}

const InstanceState* running(const State& state, const Hash32& hash, InstanceIndex index) {
  return instance_of(running(state, hash), index);
}

/// Running, or ended and HALT_NOW is still to be carried out.
const PlanState* heard(const State& state, const Hash32& hash) {
  const auto* plan = known(state, hash);
  return plan && active(*plan) ? plan : nullptr;
}

bool closed(const PlanState& plan) { return plan.stage == Stage::closed_new || plan.stage == Stage::closed_old; }

bool answers(const std::optional<BlockRef>& asked, const std::optional<EvidenceReport>& answered,
             const BlockRef& block) {
  return asked && !answered && *asked == block;
}

bool any_red_after_release(const PlanState& plan) {
  return first_where(plan,
                     [&](InstanceIndex i) {
                       const auto& instance = plan.instances[i];
                       const auto is_red = [](const auto& report) {
                         return report && worst(report->rows) == Colour::red;
                       };
                       return is_red(instance.soak_evidence) ||
                              (instance.evidence_expected == Outcome::old_version && is_red(instance.evidence));
                     })
      .has_value();
}

bool news(const State& state, const PlanSubmitted& e) { return !state.plans.contains(e.plan.hash); }

bool news(const State& state, const GateObserved& e) {
  const auto* plan = known(state, e.plan);
  if (!plan || e.instance >= plan->instances.size()) return false;
  // A refused plan comes back if governance arms it after all: a halted chain is never left alone.
  if (!active(*plan) && !(plan->stage == Stage::refused && open_epoch(plan->plan, e.view))) return false;
  const auto& instance = plan->instances[e.instance];
  const auto num = e.view.block.num;
  if (instance.final && num < instance.final->block.num) return false;
  const auto& before = e.finality == Finality::final ? instance.final : instance.head;
  return !before || num > before->block.num || (num == before->block.num && !(e.view == *before));
}

bool news(const State& state, const HeadRetracted& e) {
  const auto* instance = instance_of(heard(state, e.plan), e.instance);
  if (!instance) return false;
  const bool head = instance->head && instance->head->block.num >= e.first_num;
  const bool final = instance->final && instance->final->block.num >= e.first_num;
  const bool evidence = instance->evidence_asked && instance->evidence_asked->num >= e.first_num;
  const bool mined = std::ranges::any_of(instance->submits, [&](const auto& entry) {
    return entry.second.status == TxnStatus::mined && !entry.second.seen && entry.second.gone_from != e.first_num;
  });
  return head || final || evidence || mined;
}

bool news(const State& state, const FinalityViolated& e) {
  const auto* plan = known(state, e.plan);
  const auto* instance = plan && plan->stage != Stage::refused ? instance_of(plan, e.instance) : nullptr;
  return instance && (!instance->fork || !(*instance->fork == e.now));
}

bool news(const State& state, const ReadinessReported& e) {
  const auto* instance = running(state, e.plan, e.instance);
  return instance && e.round == instance->readiness_round && e.round > instance->readiness_answered &&
         known(state, e.plan)->stage <= Stage::armed;
}

bool news(const State& state, const BaselineReported& e) {
  const auto* instance = running(state, e.plan, e.instance);
  return instance && answers(instance->baseline_asked, instance->baseline, e.report.block);
}

bool news(const State& state, const EvidenceReported& e) {
  const auto* instance = running(state, e.plan, e.instance);
  if (!instance) return false;
  const bool first = answers(instance->evidence_asked, instance->evidence, e.report.block) &&
                     e.expected == instance->evidence_expected;
  const bool second =
      answers(instance->soak_asked, instance->soak_evidence, e.report.block) && e.expected == Outcome::new_version;
  return first || second;
}

bool news(const State& state, const AttestationReceived& e) {
  const auto& [statement, signer, signature] = e.attestation;
  const auto* plan = known(state, statement.plan_hash);
  if (!plan || (ended(plan->stage) && !(closed(*plan) && statement.kind == Kind::halt_now))) return false;
  if (!acceptable(plan->plan, statement) || signature.size() != 65) return false;
  if (!std::ranges::binary_search(plan->plan.operators.operators, signer)) return false;
  const auto kind = plan->attestations.find(statement.kind);
  if (kind == plan->attestations.end() || !kind->second.contains(signer)) return true;
  if (kind->second.at(signer).statement == statement) return false;
  const auto told = plan->equivocations.find(statement.kind);
  return told == plan->equivocations.end() || !told->second.contains(signer);
}

bool news(const State& state, const SignRefused& e) {
  const auto* plan = heard(state, e.plan);
  if (plan && e.kind == Kind::none) return can_sign(*plan) && !quarantined(*plan);
  return plan && plan->signing.contains(e.kind) && !plan->sign_refused.contains(e.kind) && !quarantined(*plan);
}

bool news(const State& state, const TxnReported& e) {
  const auto* instance = instance_of(heard(state, e.plan), e.instance);
  if (!instance) return false;
  const auto found = instance->submits.find(e.action);
  if (found == instance->submits.end()) return false;
  const auto& known_so_far = found->second;
  return e.status != known_so_far.status || e.txn != known_so_far.txn || e.detail != known_so_far.detail;
}

bool news(const State& state, const GovernanceObserved& e) {
  const auto* instance = running(state, e.plan, e.instance);
  return instance && (e.stage != instance->governance || e.executable_at != instance->governance_executable_at);
}

/// After its end: nothing is to be halted for it any more where a later plan of the protocol is known.
bool halts_after_end(const State& state, const PlanState& plan) {
  if (!closed(plan) || !plan.plan.halt_on_interference || !plan.halt_reason.empty()) return false;
  return std::ranges::none_of(state.plans, [&](const auto& other) {
    return other.second.plan.protocol == plan.plan.protocol && other.second.plan.epoch > plan.plan.epoch &&
           other.second.stage != Stage::refused;
  });
}

bool news(const State& state, const InterferenceObserved& e) {
  const auto* plan = known(state, e.plan);
  if (plan && ended(plan->stage) && !halts_after_end(state, *plan)) return false;
  const auto* instance = instance_of(plan, e.instance);
  if (!instance) return false;
  const auto& before = instance->interference;
  return !before || e.block.num > before->num || (e.block.num == before->num && e.block.hash != before->hash);
}

bool news(const State& state, const CommandReceived& e) {
  const auto* plan = known(state, e.plan);
  if (!plan) return false;
  const bool refused = std::ranges::any_of(plan->sign_refused, [](const auto& one) { return one.first != Kind::none; });
  if (ended(plan->stage)) {
    if (e.command == CommandKind::halt) return closed(*plan) && plan->halt_reason.empty();
    return e.command == CommandKind::resume && halting_after_end(*plan) && refused;
  }
  switch (e.command) {
    case CommandKind::hold:
      return !plan->held;
    case CommandKind::resume:
      return plan->held || plan->frozen || refused || any_red_after_release(*plan);
    case CommandKind::abort:
      return !plan->aborted;
    case CommandKind::halt:
      return plan->halt_reason.empty();
  }
  return false;
}

bool news(const State& state, const ClockTicked& e) { return e.now > state.now; }

}  // namespace

bool relevant(const State& state, const Event& event) {
  return std::visit([&](const auto& e) { return news(state, e); }, event);
}

}  // namespace lockstep::coordinator
