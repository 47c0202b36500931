// Plans, governance, and the people at the operators' desks.
#include <algorithm>

#include "adapters/sim/plan_maker.hpp"
#include "adapters/sim/world.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {

using namespace coordinator;

/// Every instance stands where the plan before left it.
bool World::ready_for_plan(ProtocolIndex protocol) const {
  const auto& shape = scenario_.protocols[protocol];
  const auto& home_gate = ledgers_[shape.chains[shape.home]]->head().instances[protocol]->gate;
  for (std::size_t i = 0; i < shape.chains.size(); ++i) {
    const auto& instance = *ledgers_[shape.chains[i]]->head().instances[protocol];
    const bool other_code = shape.switches[i] && instance.exchange.code() != code_[protocol];
    if (instance.gate.open() || instance.gate.epoch() != home_gate.epoch() || other_code) return false;
  }
  return true;
}

void World::begin_plan(ProtocolIndex protocol, std::size_t round, const std::vector<Fault>& faults,
                       const std::vector<std::size_t>& places) {
  if (!ready_for_plan(protocol)) return;
  Rng rng = Rng(scenario_.seed).split("plan", protocol * 16 + round);
  const auto window = make_window(rng);
  auto [spec, hard] = make_plan({scenario_, ledgers_, protocol, round, time_.now()}, window, rng.chance(500));
  disturbed_ = disturbed_ || hard;
  prepare(spec, faults, places);
  const auto& kept = register_.plans.emplace(spec.plan.hash, std::move(spec)).first->second;
  round_plans_.push_back(kept.plan.hash);
  adversary_.plan_begins(kept);
  ++verdict_.plans;
  const auto arm_at = time_.now() + window.notice * second;
  const auto within = std::min<TimeMs>(window.notice * second / 2, 2 * hour);
  for (std::size_t m = 0; m < machines_.size(); ++m)
    if (machines_[m]) submit_later(kept.plan.hash, m, time_.now() + 10'000 + rng.below(within) + late_ms_[m]);
  for (InstanceIndex i = 0; i < kept.plan.instances.size(); ++i) {
    const auto when = arm_at + rng.below(120 * second);
    arm_later(kept, i, when + arm_delay_ms_[i], arm_cancelled_[i]);
  }
}

/// Faults that are part of the plan itself.
void World::prepare(PlanSpec& spec, const std::vector<Fault>& faults, const std::vector<std::size_t>& places) {
  const auto count = spec.plan.instances.size();
  arm_delay_ms_.assign(count, 0);
  arm_cancelled_.assign(count, false);
  late_ms_.assign(scenario_.operators, 0);
  for (std::size_t f = 0; f < faults.size(); ++f) {
    const auto& fault = faults[f];
    if (fault.plan != spec.protocol) continue;
    const auto i = fault.b % count;
    auto& payload = spec.payloads[i];
    const bool seen = fault.c % 4 == 0;
    switch (fault.what) {
      case FaultClass::never_armed:
        if (fault.c % 3 == 0)
          arm_cancelled_.assign(count, true);
        else
          arm_cancelled_[i] = true;
        break;
      case FaultClass::late_arming:
        arm_delay_ms_[i] = (fault.c % 7200) * second;
        break;
      case FaultClass::late_submission:
        late_ms_[fault.a % scenario_.operators] = (fault.c % 200'000) * second;
        break;
      case FaultClass::rollback_fails:
        payload.rollback_fails = true;
        payload.seen_by_rehearsal = seen;
        spec.payloads[(i + 1) % count].reverts_until = ~UnixSeconds{0};
        break;
      case FaultClass::switch_reverts:
        payload.reverts_until = fault.c % 2 == 0 ? ~UnixSeconds{0} : spec.plan.window.halt_at + fault.for_ms / second;
        payload.seen_by_rehearsal = seen;
        break;
      case FaultClass::switch_corrupts:
        payload.corrupts = spec.plan.instances[i].switches || spec.plan.instances[i].activates;
        payload.seen_by_rehearsal = seen;
        break;
      default:
        continue;
    }
    count_fault(fault, places[f]);
  }
}

void World::arm_later(const PlanSpec& spec, InstanceIndex instance, TimeMs when, bool cancelled) {
  const auto hash = spec.plan.hash;
  auto& sight = register_.governance[{hash, instance}];
  sight = {cancelled ? GovernanceStage::cancelled : GovernanceStage::queued, when / second};
  if (cancelled) return;
  time_.at(when, [this, hash, instance] {
    const auto& plan = register_.plans.at(hash);
    Txn txn;
    txn.protocol = plan.protocol;
    txn.call = Arm{hash, plan.leaves[instance], plan.payloads[instance]};
    txn.ready = time_.now();
    broadcast(plan.chains[instance], std::move(txn));
    register_.governance[{hash, instance}].stage = GovernanceStage::executed;
    tell("governance", "arms " + plan.plan.instances[instance].chain);
  });
}

void World::submit_later(const Hash32& hash, std::size_t machine, TimeMs when) {
  time_.at(when, [this, hash, machine] {
    auto& there = *machines_[machine];
    const auto* state = there.state();
    if (state != nullptr && state->plans.contains(hash)) return;
    if (there.dead_for_good || std::ranges::find(round_plans_, hash) == round_plans_.end()) return;
    if (state != nullptr) {
      auto plan = register_.plans.at(hash).plan;
      plan.self = there.address();
      there.post(Event{PlanSubmitted{std::move(plan)}});
    }
    // A person looks whether it was taken, and does it again if the process died meanwhile.
    submit_later(hash, machine, time_.now() + 120'000);
  });
}

void World::command(std::size_t machine, const Hash32& plan, CommandKind kind, const std::string& reason) {
  if (!machines_[machine] || !machines_[machine]->running()) return;
  machines_[machine]->post(Event{CommandReceived{plan, kind, reason, "desk"}});
}

bool World::over(const PlanSpec& spec) const {
  for (const auto chain : spec.chains) {
    const auto& head = ledgers_[chain]->head();
    const auto& gate = head.instances[spec.protocol]->gate;
    if (gate.plan_hash() == spec.plan.hash && (gate.open() || gate.mask(head.ref.time) != mask_all)) return false;
  }
  for (std::size_t m = 0; m < machines_.size(); ++m) {
    if (!machines_[m] || scenario_.suspect[m] || machines_[m]->dead_for_good) continue;
    const auto* state = machines_[m]->state();
    if (state == nullptr) return false;
    const auto found = state->plans.find(spec.plan.hash);
    if (found == state->plans.end() || !ended(found->second.stage)) return false;
  }
  return true;
}

bool World::stuck() const {
  return !std::ranges::all_of(round_plans_, [this](const auto& hash) { return over(register_.plans.at(hash)); });
}

/// The way out of what cannot end: everybody stops their daemon, governance waits as long as the gate makes it wait,
/// closes each instance as it stands, and the daemons look at what became of it.
void World::force() {
  tell("governance", "resolves by force what cannot end");
  for (const auto& hash : round_plans_) {
    const auto& spec = register_.plans.at(hash);
    excused_.insert(spec.protocol);
    for (const auto chain : spec.chains) judge_.excuse(chain, spec.protocol);
  }
  constexpr TimeMs wait = 26 * hour;
  for (std::size_t m = 0; m < machines_.size(); ++m) keep_down(m, wait);
  run_until(time_.now() + wait, {});
  for (const auto& hash : round_plans_) {
    const auto& spec = register_.plans.at(hash);
    for (const auto chain : spec.chains) {
      const auto& gate = ledgers_[chain]->head().instances[spec.protocol]->gate;
      if (gate.plan_hash() != hash || !gate.open()) continue;
      Txn txn;
      txn.protocol = spec.protocol;
      txn.ready = time_.now();
      if (gate.is_home() && gate.decision() == Outcome::none) {
        txn.call = Certified{Action::decide, Outcome::old_version, {}};
        broadcast(chain, txn);
        txn.ready += 3 * ledgers_[chain]->rules().interval_ms;
      }
      txn.call = ForceResolve{Outcome::none};
      broadcast(chain, txn);
    }
  }
  run_until(time_.now() + 3 * hour, [this] { return !stuck(); });
}

bool World::live_promised(const PlanSpec& spec) const {
  if (!scenario_.enough_remain() || over_budget_ || excused_.contains(spec.protocol)) return false;
  for (const auto chain : spec.chains)
    if (ledgers_[chain]->violated()) return false;
  const auto& home = ledgers_[spec.chains[spec.plan.home]]->head().instances[spec.protocol]->gate;
  if (home.decision() == Outcome::new_version) return true;
  return std::ranges::none_of(spec.payloads, [](const Payload& payload) { return payload.rollback_fails; });
}

bool World::closed_new_everywhere(const PlanSpec& spec) const {
  return std::ranges::all_of(spec.chains, [&](std::size_t chain) {
    const auto& gate = ledgers_[chain]->head().instances[spec.protocol]->gate;
    return gate.plan_hash() == spec.plan.hash && gate.phase() == GatePhase::closed_new;
  });
}

void World::judge_end(const PlanSpec& spec) {
  const auto& home = ledgers_[spec.chains[spec.plan.home]]->head().instances[spec.protocol]->gate;
  const bool done = over(spec);
  auto ending = Ending::unfinished;
  if (done && home.forced())
    ending = Ending::forced;
  else if (done && home.plan_hash() == spec.plan.hash)
    ending = home.phase() == GatePhase::closed_new ? Ending::new_version : Ending::old_version;
  if (done && home.plan_hash() != spec.plan.hash) {
    ending = Ending::refused;
    for (const auto chain : spec.chains)
      if (ledgers_[chain]->head().instances[spec.protocol]->gate.plan_hash() == spec.plan.hash)
        ending = Ending::old_version;
  }
  ++verdict_.endings[static_cast<std::size_t>(ending)];
  verdict_.network_plans += spec.network() ? 1 : 0;
  verdict_.network_new += spec.network() && ending == Ending::new_version ? 1 : 0;
  if (ending == Ending::new_version && !spec.network())
    code_[spec.protocol] = keccak256(spec.plan.protocol + " version " + std::to_string(spec.plan.epoch));
  const bool promised = live_promised(spec) && !home.forced();
  verdict_.live = verdict_.live || promised;
  for (std::size_t m = 0; m < machines_.size(); ++m)
    if (machines_[m] && !done) tell("operator " + std::to_string(m), machines_[m]->describe(spec.plan.hash));
  tell("judge", std::string("the plan of ") + spec.plan.protocol + " is " + (done ? "over" : "not over"));
  if (!disturbed_ && !closed_new_everywhere(spec) && !judge_.broken())
    return judge_.broke("L0: nothing went wrong, and the plan of " + spec.plan.protocol + " was not closed NEW");
  if (done || !promised || judge_.broken()) return;
  for (std::size_t i = 0; i < spec.chains.size(); ++i) {
    const auto& head = ledgers_[spec.chains[i]]->head();
    const auto& gate = head.instances[spec.protocol]->gate;
    if (gate.plan_hash() == spec.plan.hash && gate.open())
      return judge_.broke("L3: " + ledgers_[spec.chains[i]]->rules().name +
                          " is still halted, long after everything healed");
  }
  for (std::size_t m = 0; m < machines_.size(); ++m) {
    if (!machines_[m] || scenario_.suspect[m] || machines_[m]->dead_for_good) continue;
    const auto* state = machines_[m]->state();
    const auto who = "operator " + std::to_string(m);
    if (state == nullptr) return judge_.broke("L1: " + who + " does not run");
    const auto found = state->plans.find(spec.plan.hash);
    if (found == state->plans.end()) return judge_.broke("L1: " + who + " does not know the plan");
    const auto& plan = found->second;
    if (!ended(plan.stage))
      return judge_.broke("L1: the plan does not end at " + who + ", stage " + coordinator::to_text(plan.stage) +
                          ", waiting on " + coordinator::to_text(plan.waiting.code) + ": " + plan.waiting.detail);
  }
  judge_.broke("L3: a chain does not open, long after everything healed");
}

}  // namespace lockstep::sim
