// How each fault strikes, and how everything is made whole again.
#include <algorithm>

#include "adapters/sim/world.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {

using namespace coordinator;

void World::count_fault(const Fault& fault, std::size_t place) {
  ++verdict_.struck[static_cast<std::size_t>(fault.what)];
  verdict_.applied.push_back(place);
  trace_.add("fault", place);
  tell("fault", std::string(number_of(fault.what)) + " " + to_text(fault.what));
}

namespace {
/// Of the halt: in time mostly, or while everybody is halted, when the gate must refuse.
std::int64_t disarm_offset_ms(const Fault& fault) {
  if (fault.c % 4 == 3) return static_cast<std::int64_t>(fault.c % 1'200'000);
  return -static_cast<std::int64_t>(130'000 + fault.c % 400'000);
}
}  // namespace

void World::schedule(const std::vector<Fault>& faults, const std::vector<std::size_t>& places) {
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const auto& fault = faults[i];
    if (fault.plan >= scenario_.protocols.size()) continue;
    const auto spec = std::ranges::find_if(
        round_plans_, [&](const Hash32& hash) { return register_.plans.at(hash).protocol == fault.plan; });
    if (spec == round_plans_.end()) continue;
    const auto& plan = register_.plans.at(*spec);
    const auto ahead = ledgers_[plan.chains[plan.plan.home]]->rules().clock_ahead_s;
    auto offset = fault.at_ms;
    if (fault.what == FaultClass::disarm) offset = disarm_offset_ms(fault);
    const auto when = static_cast<std::int64_t>(plan.plan.window.halt_at) * 1000 - ahead * 1000 + offset;
    time_.at(static_cast<TimeMs>(std::max<std::int64_t>(when, static_cast<std::int64_t>(time_.now()) + 5000)),
             [this, fault, place = places[i], hash = *spec] {
               if (!healed_ && !round_plans_.empty() && std::ranges::find(round_plans_, hash) != round_plans_.end())
                 strike(fault, place, hash);
             });
  }
}

void World::strike(const Fault& fault, std::size_t place, const Hash32& plan) {
  bool done = false;
  switch (fault.what) {
    case FaultClass::reorg:
    case FaultClass::finality_broken:
    case FaultClass::finality_stall:
    case FaultClass::chain_halt:
    case FaultClass::chain_gone:
    case FaultClass::chain_clock:
    case FaultClass::oracle_stale:
      done = strike_chain(fault, plan);
      break;
    case FaultClass::wrong_chain:
    case FaultClass::endpoint_down:
    case FaultClass::endpoint_lag:
    case FaultClass::endpoint_lie:
    case FaultClass::deception:
    case FaultClass::txn_dropped:
    case FaultClass::txn_stuck:
    case FaultClass::txn_replaced:
    case FaultClass::txn_out_of_gas:
      done = strike_line(fault);
      break;
    case FaultClass::net_loss:
    case FaultClass::net_partition:
    case FaultClass::net_slow:
    case FaultClass::net_duplicates:
      done = strike_network(fault);
      break;
    case FaultClass::disarm:
    case FaultClass::outsider:
    case FaultClass::guardian_halt:
    case FaultClass::command_hold:
    case FaultClass::command_abort:
    case FaultClass::command_halt:
      done = strike_plan(fault, plan);
      break;
    default:
      done = strike_machine(fault);
  }
  if (done) count_fault(fault, place);
}

bool World::strike_chain(const Fault& fault, const Hash32& hash) {
  const auto& spec = register_.plans.at(hash);
  const auto number = spec.chains[fault.b % spec.chains.size()];
  auto& chain = *ledgers_[number];
  auto& pace = paces_[number];
  switch (fault.what) {
    case FaultClass::reorg: {
      const auto most = chain.head_num() - chain.final_num();
      if (most == 0 || chain.stalled()) return false;
      fork(number, 1 + fault.c % most, fault.a % 3 == 0 ? 300 : 0);
      return true;
    }
    case FaultClass::finality_broken: {
      // Not below the block in which a gate was armed: what governance did is older than any fork that is thinkable.
      const auto final = chain.final_num();
      const auto from = final - std::min<std::uint64_t>(final, 1 + fault.c % 6);
      if (from < 2 || chain.stalled()) return false;
      for (const auto& instance : chain.at(from - 1).instances)
        if (instance != nullptr &&
            instance->gate.plan_hash() != chain.head().instances[spec.protocol]->gate.plan_hash() &&
            instance->gate.plan_hash() == chain.at(0).instances[spec.protocol]->gate.plan_hash())
          return false;
      if (chain.at(from - 1).instances[spec.protocol]->gate.plan_hash() != hash) return false;
      fork(number, chain.head_num() - from + 1, fault.a % 2 == 0 ? 500 : 0);
      return true;
    }
    case FaultClass::finality_stall:
      if (chain.finality_stalled()) return false;
      chain.set_finality_stalled(true);
      undo_later(fault.for_ms, [&chain] { chain.set_finality_stalled(false); });
      return true;
    case FaultClass::chain_gone:
      if (pace.gone || chain.stalled()) return false;
      pace.gone = true;
      chain.set_stalled(true);
      return true;
    case FaultClass::chain_halt:
      if (chain.stalled()) return false;
      chain.set_stalled(true);
      undo_later(fault.for_ms, [this, number] { let_go_on(number); });
      return true;
    case FaultClass::chain_clock:
      chain.set_clock(chain.rules().clock_ahead_s + static_cast<std::int64_t>(fault.c % 120) - 30);
      return true;
    default:
      chain.set_oracle_stale_until(chain.head().ref.time + fault.for_ms / second);
      return true;
  }
}

void World::let_go_on(std::size_t ledger) {
  if (!ledgers_[ledger]->stalled() || paces_[ledger].gone) return;
  ledgers_[ledger]->set_stalled(false);
  paces_[ledger].quiet = 0;
  schedule_block(ledger, time_.now() + 1 + rng_.below(ledgers_[ledger]->rules().interval_ms));
}

bool World::strike_line(const Fault& fault) {
  const auto number = fault.a % machines_.size();
  if (!machines_[number]) return false;
  auto& machine = *machines_[number];
  const auto ledger = fault.b % ledgers_.size();
  auto& line = machine.line(ledger);
  auto& endpoint = line.endpoints[fault.c % line.endpoints.size()];
  const auto again = [this, number, ledger] {
    if (machines_[number]) machines_[number]->wake_chain(ledger, 2000);
  };
  switch (fault.what) {
    case FaultClass::endpoint_down:
    case FaultClass::wrong_chain:
      if (!endpoint.up) return false;
      endpoint.up = false;
      if (fault.c % 7 == 0)
        for (auto& one : line.endpoints) one.up = false;
      undo_later(fault.for_ms, [&line, again] {
        for (auto& one : line.endpoints) one.up = true;
        again();
      });
      return true;
    case FaultClass::endpoint_lag:
      endpoint.lag = 1 + fault.c % 12;
      line.preferred = fault.c % line.endpoints.size();
      undo_later(fault.for_ms, [&endpoint, again] {
        endpoint.lag = 0;
        again();
      });
      return true;
    case FaultClass::endpoint_lie:
    case FaultClass::deception: {
      const bool deceives = fault.what == FaultClass::deception;
      const auto lie = static_cast<Lie>(1 + fault.c % (static_cast<std::uint64_t>(Lie::count_) - 1));
      if (line.lie != Lie::none || (deceives ? !scenario_.suspect[number] : line.quorum < 2)) return false;
      line.lie = lie;
      line.preferred = fault.c % line.endpoints.size();
      const auto liars = deceives ? line.endpoints.size() : 1 + fault.c % (line.quorum - 1);
      for (std::size_t i = 0; i < liars; ++i) line.endpoints[(line.preferred + i) % line.endpoints.size()].lies = true;
      again();
      undo_later(fault.for_ms, [&line, again] {
        line.lie = Lie::none;
        for (auto& one : line.endpoints) one.lies = false;
        again();
      });
      return true;
    }
    case FaultClass::txn_dropped:
      line.fates.push_back(TxnFate::dropped);
      return true;
    case FaultClass::txn_stuck:
      line.fates.push_back(TxnFate::stuck);
      return true;
    case FaultClass::txn_replaced:
      line.fates.push_back(TxnFate::replaced);
      return true;
    default:
      line.fates.push_back(TxnFate::out_of_gas);
      return true;
  }
}

bool World::strike_network(const Fault& fault) {
  if (scenario_.operators < 2) return false;
  switch (fault.what) {
    case FaultClass::net_loss:
      network_.set_loss(static_cast<std::uint32_t>(100 + fault.c % 700));
      undo_later(fault.for_ms, [this] { network_.set_loss(0); });
      return true;
    case FaultClass::net_partition:
      network_.partition(static_cast<std::uint32_t>(fault.c));
      undo_later(fault.for_ms, [this] {
        network_.partition(0);
        for (auto& machine : machines_)
          if (machine) machine->retry_peers();
      });
      return true;
    case FaultClass::net_slow:
      network_.set_slow(500 + fault.c % 20'000);
      undo_later(fault.for_ms, [this] { network_.set_slow(0); });
      return true;
    default:
      network_.set_duplicates(500);
      undo_later(fault.for_ms, [this] { network_.set_duplicates(0); });
      return true;
  }
}

bool World::strike_plan(const Fault& fault, const Hash32& hash) {
  const auto& spec = register_.plans.at(hash);
  const auto instance = fault.b % spec.chains.size();
  const auto machine = fault.a % machines_.size();
  Txn txn;
  txn.protocol = spec.protocol;
  txn.ready = time_.now();
  switch (fault.what) {
    case FaultClass::disarm:
      txn.call = Disarm{};
      if (fault.c % 3 == 0)
        for (const auto chain : spec.chains) broadcast(chain, txn);
      else
        broadcast(spec.chains[instance], txn);
      return true;
    case FaultClass::outsider:
      txn.call = Outsider{fault.c % 2 == 0 ? std::optional(keccak256("something else")) : std::nullopt};
      broadcast(spec.chains[instance], txn);
      excused_.insert(spec.protocol);
      judge_.excuse(spec.chains[instance], spec.protocol);
      return true;
    case FaultClass::guardian_halt:
      txn.call = GuardianHalt{};
      broadcast(spec.chains[instance], txn);
      return true;
    case FaultClass::command_abort:
      command(machine, hash, CommandKind::abort, "the desk wants out");
      return true;
    case FaultClass::command_halt:
      for (std::size_t m = 0; m <= fault.c % machines_.size(); ++m) command(m, hash, CommandKind::halt, "alarm");
      return true;
    default:
      command(machine, hash, CommandKind::hold, "wait");
      undo_later(fault.for_ms, [this, machine, hash] { command(machine, hash, CommandKind::resume, "go on"); });
      return true;
  }
}

/// Whom it strikes: one of those who may suffer it.
std::optional<std::size_t> World::victim(const Fault& fault) const {
  std::vector<std::size_t> all;
  for (std::size_t m = 0; m < machines_.size(); ++m)
    if (machines_[m] && may_suffer(scenario_, fault.what, m)) all.push_back(m);
  if (all.empty()) return std::nullopt;
  return all[fault.a % all.size()];
}

bool World::strike_machine(const Fault& fault) {
  if (fault.what == FaultClass::all_down) {
    for (std::size_t m = 0; m < machines_.size(); ++m) keep_down(m, fault.for_ms);
    return true;
  }
  const auto struck = victim(fault);
  if (!struck || machines_[*struck]->dead_for_good) return false;
  const auto number = *struck;
  auto& machine = *machines_[number];
  switch (fault.what) {
    case FaultClass::crash: {
      if (!machine.running()) return false;
      static constexpr KillPoint points[] = {KillPoint::now,         KillPoint::before_append, KillPoint::after_append,
                                             KillPoint::before_sign, KillPoint::in_sign,       KillPoint::after_sign,
                                             KillPoint::disk};
      machine.arm_kill(points[fault.b % std::size(points)], 1 + fault.c % 6);
      return true;
    }
    case FaultClass::operator_down:
      keep_down(number, fault.for_ms);
      return true;
    case FaultClass::operator_clock:
      machine.clock_ahead_ms += static_cast<std::int64_t>(fault.c % 600'000) - 300'000;
      return true;
    case FaultClass::repeated_events:
      return machine.repeat_news(1 + fault.c % 12);
    case FaultClass::slow_signer:
      machine.sign_delay_ms = 1 + fault.c % 60'000;
      undo_later(fault.for_ms, [&machine] { machine.sign_delay_ms = 0; });
      return true;
    default:
      return strike_disk(fault, number);
  }
}

void World::keep_down(std::size_t number, TimeMs for_ms) {
  if (!machines_[number] || machines_[number]->dead_for_good) return;
  desks_[number].down_until = std::max(desks_[number].down_until, time_.now() + for_ms);
  machines_[number]->kill("stopped");
}

bool World::strike_disk(const Fault& fault, std::size_t number) {
  auto& machine = *machines_[number];
  auto& desk = desks_[number];
  switch (fault.what) {
    case FaultClass::disk_error:
      machine.disk().arm(fault.b % 2 == 0 ? DiskFault::sync_error : DiskFault::write_error, 1 + fault.c % 12);
      return true;
    case FaultClass::power_loss:
      machine.lose_power();
      return true;
    case FaultClass::disk_full:
      machine.disk().arm(DiskFault::full, 1 + fault.c % 8);
      undo_later(fault.for_ms, [&machine] { machine.disk().free_space(); });
      return true;
    case FaultClass::lying_sync:
      machine.disk().set_sync_lies(true);
      undo_later(fault.for_ms, [&machine] {
        machine.lose_power();
        machine.disk().set_sync_lies(false);
      });
      desk.damaged = true;
      return true;
    case FaultClass::old_journal:
    case FaultClass::old_disk: {
      const bool all = fault.what == FaultClass::old_disk;
      const auto old = machine.disk().image();
      desk.damaged = true;
      undo_later(fault.for_ms + 1000, [&machine, old, all] {
        machine.kill("restored from a backup");
        auto image = all ? old : machine.disk().image();
        if (!all) {
          image.erase("/journal.db-wal");
          for (const auto& [name, content] : old)
            if (name.starts_with("/journal")) image[name] = content;
        }
        machine.disk().restore(image);
      });
      return true;
    }
    case FaultClass::corruption: {
      machine.kill("the disk is examined");
      auto image = machine.disk().image();
      auto& content = image[fault.b % 2 == 0 ? "/journal.db" : "/guard.db"];
      if (content.empty()) return false;
      for (int i = 0; i < 64; ++i) content[(fault.c + static_cast<std::uint64_t>(i)) % content.size()] ^= 0x5a;
      machine.disk().restore(image);
      desk.damaged = true;
      return true;
    }
    case FaultClass::second_copy: {
      if (!copies_.empty()) return false;
      auto copy =
          std::make_unique<Machine>(*machine_world_, number, rng_.split("copy", number), machine.disk().image());
      copy->set_copy();
      for (auto& line : copy->lines()) {
        line.endpoints.resize(scenario_.endpoints);
        line.quorum = scenario_.quorum;
      }
      if (copy->start()) return false;
      copies_.push_back(std::move(copy));
      undo_later(fault.for_ms, [this] { copies_.clear(); });
      return true;
    }
    default:
      return false;
  }
}

void World::undo_later(TimeMs delay, std::function<void()> what) {
  time_.after(delay, [this, generation = heal_generation_, what = std::move(what)] {
    if (generation == heal_generation_) what();
  });
}

/// Faults stop: everything comes back, and people do what people do afterwards.
void World::heal() {
  healed_ = true;
  healed_at_ = time_.now();
  ++heal_generation_;
  tell("world", "faults stop");
  network_.heal();
  copies_.clear();
  for (std::size_t i = 0; i < ledgers_.size(); ++i) {
    ledgers_[i]->set_finality_stalled(false);
    ledgers_[i]->set_oracle_stale_until(0);
    if (paces_[i].gone) {  // it comes back when nobody thinks of it any more
      time_.after(24 * hour + rng_.below(14 * 24 * hour), [this, i] {
        paces_[i].gone = false;
        let_go_on(i);
      });
    } else {
      let_go_on(i);
      paces_[i].quiet = 0;
      hurry(i);
    }
  }
  for (std::size_t m = 0; m < machines_.size(); ++m) {
    if (!machines_[m]) continue;
    auto& machine = *machines_[m];
    machine.disk().free_space();
    machine.disk().set_sync_lies(false);
    machine.disk().revive();
    machine.arm_kill(KillPoint::none, 0);
    machine.sign_delay_ms = 0;
    for (auto& line : machine.lines()) {
      for (auto& endpoint : line.endpoints) endpoint = {};
      line.lie = Lie::none;
      line.fates.clear();
    }
    desks_[m].down_until = 0;
    for (std::size_t i = 0; i < ledgers_.size(); ++i) machine.wake_chain(i, 2000);
    machine.retry_peers();
    look_after(m);
  }
}

/// A person comes by now and then, starts what does not run and lifts what holds.
void World::look_after(std::size_t number) {
  auto& machine = *machines_[number];
  if (!machine.running() && !machine.dead_for_good && !desks_[number].starting) {
    start_machine(number);
  }
  // A store that failed once is not used again by this process: people start it anew.
  if (machine.store_failed()) {
    machine.kill("started anew after its disk failed");
    desks_[number].starting = true;
    start_machine(number);
  }
  if (const auto* state = machine.state()) {
    for (const auto& [hash, plan] : state->plans) {
      if (ended(plan.stage)) continue;
      const bool red = std::ranges::any_of(plan.instances, [](const auto& instance) {
        return (instance.soak_evidence && worst(instance.soak_evidence->rows) == Colour::red) ||
               (instance.evidence && instance.evidence_expected == Outcome::old_version &&
                worst(instance.evidence->rows) == Colour::red);
      });
      if (plan.held || plan.frozen || red || (!plan.sign_refused.empty() && !machine.quarantined()))
        command(number, hash, CommandKind::resume, "looked after");
    }
  }
  auto& visits = desks_[number].visits;
  time_.after(std::min<TimeMs>(12 * hour, 300'000ULL << std::min(visits++, 10U)),
              [this, number, generation = heal_generation_] {
                if (generation == heal_generation_ && healed_) look_after(number);
              });
}

}  // namespace lockstep::sim
