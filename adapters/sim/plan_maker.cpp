#include "adapters/sim/plan_maker.hpp"

#include <algorithm>
#include <optional>

#include "base/byte_io.hpp"
#include "base/keccak256.hpp"

namespace lockstep::sim {
namespace {

struct Clocks {
  std::int64_t ahead = 0, behind = 0;  // seconds, both ≥ 0
};

Clocks clocks_of(const PlanBasis& basis) {
  Clocks clocks;
  for (const auto chain : basis.scenario.protocols[basis.protocol].chains) {
    const auto ahead = basis.ledgers[chain]->rules().clock_ahead_s;
    clocks.ahead = std::max(clocks.ahead, ahead);
    clocks.behind = std::max(clocks.behind, -ahead);
  }
  return clocks;
}

Hash32 plan_hash(const PlanBasis& basis) {
  ByteWriter out;
  for (const std::uint64_t value : {basis.scenario.seed, std::uint64_t{basis.protocol}, std::uint64_t{basis.round}})
    out.u64(value);
  return keccak256(out.take());
}

/// The change of one chain's base layer, seconds after its halt.
struct Change {
  std::size_t instance = 0;
  std::int64_t after_s = 0;
  bool in_time = false;  // there is time for a baseline before it and for what comes after it
};

/// One plan of twelve is of the network. The change comes in time mostly, or close to the halt, before it or too late.
std::optional<Change> draw_change(const PlanBasis& basis, std::uint64_t room_s) {
  Rng rng = Rng(basis.scenario.seed).split("change", basis.protocol * 16 + basis.round);
  if (!rng.chance(80)) return std::nullopt;
  Change change;
  change.instance = rng.below(basis.scenario.protocols[basis.protocol].chains.size());
  change.in_time = rng.chance(700);
  change.after_s = static_cast<std::int64_t>(change.in_time ? 300 + rng.below(room_s - 600) : rng.below(room_s + 900));
  if (!change.in_time) change.after_s -= 300;
  return change;
}

coordinator::Window make_times(const PlanBasis& basis, const WindowShape& shape) {
  const auto clocks = clocks_of(basis);
  coordinator::Window w;
  w.arm_by = basis.now / second + shape.notice + static_cast<std::uint64_t>(clocks.ahead) + shape.arm_slack;
  w.halt_at = w.arm_by + shape.to_halt;
  w.switch_by = w.halt_at + static_cast<std::uint64_t>(clocks.ahead + clocks.behind) + shape.to_switch_by;
  w.decide_by = w.switch_by + shape.to_decide_by;
  w.soak_s = shape.soak;
  return w;
}

void add_instance(PlanSpec& spec, const PlanBasis& basis, const WindowShape& window,
                  const std::optional<Change>& change) {
  const auto& shape = basis.scenario.protocols[basis.protocol];
  const auto i = spec.leaves.size();
  const auto chain = shape.chains[i];
  const auto& rules = basis.scenario.chains[chain];
  const auto& instance = *basis.ledgers[chain]->head().instances[basis.protocol];
  auto& plan = spec.plan;
  auto leaf = std::make_shared<Leaf>();
  leaf->chain_id = rules.chain_id;
  leaf->gate = instance.gate.address();
  leaf->epoch = plan.epoch;
  leaf->halt_at = plan.window.halt_at;
  leaf->switch_by = plan.window.switch_by;
  leaf->decide_by = plan.window.decide_by;
  leaf->operator_set = plan.operators.hash;
  leaf->oracle_max_age_s = window.oracle_max_age;
  leaf->push_breaker = shape.push[i];
  leaf->switches = shape.switches[i] && !change;
  if (change && change->instance == i)
    leaf->activates_at = static_cast<UnixSeconds>(static_cast<std::int64_t>(leaf->halt_at) + change->after_s);
  leaf->old_code = instance.exchange.code();
  leaf->new_code = leaf->switches ? keccak256(shape.name + " version " + std::to_string(plan.epoch)) : leaf->old_code;
  leaf->stages = window.stages;
  const bool revocable = !leaf->switches || shape.revocable[i];
  Payload payload;
  payload.rollback_fails = !revocable;
  spec.payloads.push_back(payload);
  plan.instances.push_back({.chain = rules.name,
                            .chain_id = leaf->chain_id,
                            .gate = leaf->gate,
                            .leaf_hash = leaf->hash(),
                            .push_breaker = leaf->push_breaker,
                            .switches = leaf->switches,
                            .revocable = revocable,
                            .activates = leaf->activates_at > 0});
  spec.leaves.push_back(std::move(leaf));
}

}  // namespace

MadePlan make_plan(const PlanBasis& basis, const WindowShape& window, bool halt_on_interference) {
  const auto& shape = basis.scenario.protocols[basis.protocol];
  const auto& home_gate = basis.ledgers[shape.chains[shape.home]]->head().instances[basis.protocol]->gate;
  const auto change = draw_change(basis, window.to_switch_by);
  MadePlan made;
  made.hard = change && !change->in_time;
  auto& spec = made.spec;
  spec.protocol = basis.protocol;
  spec.chains = shape.chains;
  spec.domain = home_gate.domain();
  auto& plan = spec.plan;
  plan.hash = plan_hash(basis);
  plan.protocol = shape.name;
  plan.name = "round " + std::to_string(basis.round);
  plan.kind = change ? coordinator::PlanKind::network : coordinator::PlanKind::protocol;
  plan.epoch = home_gate.epoch() + 1;
  plan.from_version = std::to_string(basis.round);
  plan.to_version = std::to_string(basis.round + 1);
  plan.home = static_cast<coordinator::InstanceIndex>(shape.home);
  plan.operators = home_gate.operators();
  plan.last_stage_s = window.stages.back().after_s;
  plan.config_hash = keccak256("config");
  plan.halt_on_interference = halt_on_interference;
  plan.window = make_times(basis, window);
  for (std::size_t i = 0; i < shape.chains.size(); ++i) add_instance(spec, basis, window, change);
  return made;
}

}  // namespace lockstep::sim
