#include "adapters/sim/world.hpp"

#include <algorithm>

#include "base/byte_io.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {

using namespace coordinator;

namespace {

constexpr std::uint64_t steps_max = 3'000'000;

Address gate_address(const std::string& protocol, std::size_t chain) {
  const auto hash = keccak256("gate " + protocol + " " + std::to_string(chain));
  Address address;
  std::copy_n(hash.bytes.begin(), Address::size, address.bytes.begin());
  return address;
}

}  // namespace

World::World(const Scenario& scenario, Options options)
    : scenario_(scenario),
      options_(std::move(options)),
      rng_(Rng(scenario.seed).split("world")),
      time_(start_of_time_ms),
      recover_([this](const Hash32& digest, const Bytes& signature) { return memo_(digest, signature); }),
      network_(rng_.split("network")),
      judge_(scenario_, ledgers_, register_, recover_),
      forgetting_(scenario_),
      adversary_(scenario_, ledgers_, register_, rng_.split("adversary")) {
  build_ledgers();
  build_machines();
}

World::~World() {
  for (auto& machine : machines_)
    if (machine) machine->kill("the end");
}

void World::tell(const std::string& who, const std::string& what) {
  if (options_.story || options_.trace) verdict_.story.push_back({time_.now(), who, what});
}

void World::build_ledgers() {
  std::vector<Address> operators(operator_addresses().begin(), operator_addresses().begin() + scenario_.operators);
  OperatorSet set{operators, scenario_.threshold, scenario_.faulty, {}};
  set.hash = operator_set_hash(operators, set.threshold, set.faulty);
  for (const auto& rules : scenario_.chains)
    ledgers_.push_back(std::make_unique<Ledger>(rules, scenario_.protocols.size(), time_.now(), recover_));
  for (ProtocolIndex p = 0; p < scenario_.protocols.size(); ++p) {
    const auto& shape = scenario_.protocols[p];
    const auto home = shape.chains[shape.home];
    code_.push_back(keccak256(shape.name + " version 0"));
    for (std::size_t i = 0; i < shape.chains.size(); ++i) {
      const auto chain = shape.chains[i];
      const Gate gate(scenario_.chains[chain].chain_id, gate_address(shape.name, chain),
                      scenario_.chains[home].chain_id, gate_address(shape.name, home), set, {});
      ledgers_[chain]->deploy(p, gate, code_[p], shape.push[i]);
    }
  }
  paces_.resize(ledgers_.size());
  for (std::size_t i = 0; i < ledgers_.size(); ++i)
    schedule_block(i, time_.now() + 100 + rng_.below(ledgers_[i]->rules().interval_ms));
}

void World::build_machines() {
  std::vector<std::string> names;
  for (const auto& shape : scenario_.protocols) names.push_back(shape.name);
  MachineHooks hooks;
  hooks.signed_ = [this](std::size_t self, const Hash32&, const std::string& protocol, const Attestation& made) {
    judge_.signature(self, protocol, made);
    if (const auto broken = forgetting_.signs(self, protocol, made, !copies_.empty())) judge_.broke(*broken);
    adversary_.overhear(made);
    tell("operator " + std::to_string(self), std::string("signs ") + coordinator::to_text(made.statement.kind));
  };
  hooks.attestations_changed = [this](std::size_t self) {
    if (const auto* state = machines_[self]->state()) forgetting_.keeps(self, *state);
    nudge_all(self);
  };
  hooks.broke = [this](std::size_t self, const std::string& law) {
    // Who is shown a history that cannot be may stop; it must not do harm, and that is judged elsewhere.
    if (scenario_.suspect[self] && law.starts_with("the process stopped")) {
      ++verdict_.deceived_stops;
      return tell("operator " + std::to_string(self), law);
    }
    judge_.broke("operator " + std::to_string(self) + ": " + law);
  };
  hooks.died = [this](std::size_t self, const std::string& why) { machine_died(self, why); };
  if (options_.trace)
    hooks.event = [this](std::size_t self, const std::string& words) {
      tell("operator " + std::to_string(self), words);
    };
  hooks.attempted = [this](std::size_t ledger) {
    paces_[ledger].quiet = 0;
    hurry(ledger);
  };
  hooks.sent = [this](std::size_t self, const Submit& submit) {
    tell("operator " + std::to_string(self),
         std::string("sends ") + coordinator::to_text(submit.action) + " to #" + std::to_string(submit.instance));
  };
  machine_world_ = std::make_unique<MachineWorld>(
      MachineWorld{time_, network_, register_, recover_, ledgers_, std::move(names), scenario_.operators, trace_,
                   [this](std::size_t peer, std::size_t asker, const Hash32& plan) { return ask(peer, asker, plan); },
                   [this](std::size_t ledger, const Txn& txn) { return broadcast(ledger, txn); }, std::move(hooks)});
  machines_.resize(scenario_.operators);
  desks_.resize(scenario_.operators);
  Rng luck = rng_.split("machines");
  for (std::size_t i = 0; i < scenario_.operators; ++i) {
    if (scenario_.byzantine[i]) continue;
    auto machine = std::make_unique<Machine>(*machine_world_, i, rng_.split("machine", i), prepared_disks()[i]);
    for (auto& line : machine->lines()) {
      line.endpoints.resize(scenario_.endpoints);
      line.quorum = scenario_.quorum;
    }
    static constexpr int pages[] = {16, 100, 1000};
    machine->checkpoint_pages = pages[luck.below(3)];
    machine->clock_ahead_ms = static_cast<std::int64_t>(luck.below(4000)) - 2000;
    machines_[i] = std::move(machine);
    time_.after(luck.below(5000), [this, i] { start_machine(i); });
  }
}

bool World::run_until(TimeMs limit, const std::function<bool()>& done) {
  std::uint64_t since = 0;
  while (!time_.empty() && time_.next() <= limit && !judge_.broken()) {
    if (time_.steps() > steps_max) {
      judge_.broke("the simulation does not come to rest");
      return false;
    }
    time_.step();
    if (done && ++since >= 64) {
      since = 0;
      if (done()) return true;
    }
  }
  return done && done();
}

void World::play_round(std::size_t round) {
  healed_ = false;
  round_plans_.clear();
  const auto faults = make_faults(scenario_, round);
  std::size_t first = 0;
  for (std::size_t before = 0; before < round; ++before) first += make_faults(scenario_, before).size();
  std::vector<Fault> chosen;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (options_.classes && !options_.classes->contains(faults[i].what)) continue;
    if (options_.only && !options_.only->contains(first + i)) continue;
    chosen.push_back(faults[i]);
    places.push_back(first + i);
  }
  disturbed_ = disturbed_ || !chosen.empty() || scenario_.honest() < scenario_.operators;
  const auto began = time_.now();
  for (ProtocolIndex p = 0; p < scenario_.protocols.size(); ++p) begin_plan(p, round, chosen, places);
  if (round_plans_.empty()) return;
  schedule(chosen, places);
  TimeMs heal_at = 0;
  for (const auto& hash : round_plans_) {
    const auto& plan = register_.plans.at(hash).plan;
    std::int64_t slowest = 0;
    for (const auto& ledger : ledgers_) slowest = std::min(slowest, ledger->rules().clock_ahead_s);
    heal_at = std::max(heal_at, (plan.window.decide_by + static_cast<std::uint64_t>(-slowest)) * second);
  }
  heal_at += rng_.below(hour);
  const auto all_over = [this] { return !stuck(); };
  run_until(heal_at, all_over);
  heal();
  const bool promised =
      std::ranges::all_of(round_plans_, [this](const auto& hash) { return live_promised(register_.plans.at(hash)); });
  const bool gone = std::ranges::any_of(paces_, &Pace::gone);
  if (!judge_.broken()) run_until(time_.now() + (promised || gone ? 30 * day : 3 * hour), all_over);
  if (!judge_.broken() && stuck() && !promised) force();
  for (const auto& hash : round_plans_) judge_end(register_.plans.at(hash));
  verdict_.simulated_s += (time_.now() - began) / second;
}

Verdict World::run() {
  for (std::size_t round = 0; round < scenario_.rounds && !judge_.broken(); ++round) play_round(round);
  verdict_.broken = judge_.broken();
  verdict_.events = time_.steps();
  for (const auto& ledger : ledgers_) {
    verdict_.blocks += ledger->head_num();
    verdict_.forks += ledger->forks();
  }
  for (const auto& machine : machines_) {
    if (!machine) continue;
    verdict_.appends += machine->counts().appends;
    verdict_.signatures += machine->counts().signatures;
    verdict_.deaths += machine->counts().deaths;
  }
  for (const auto count : verdict_.struck) verdict_.faults += count;
  verdict_.trace_hash = trace_.value();
  return std::move(verdict_);
}

}  // namespace lockstep::sim
