#include "adapters/evm/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/evm/compile_check.hpp"
#include "adapters/evm/compile_parts.hpp"
#include "adapters/evm/jcs.hpp"
#include "adapters/evm/leaf_codec.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using settings::PlanDocument;
using settings::Protocol;

const settings::PlanInstance* wanted_for(const PlanDocument& document, const std::string& chain) {
  const auto it = std::find_if(document.instances.begin(), document.instances.end(),
                               [&](const auto& i) { return i.chain == chain; });
  return it == document.instances.end() ? nullptr : &*it;
}

/// What is the same in every leaf.
Leaf common_leaf(const PlanDocument& document, const coordinator::OperatorSet& operators, std::vector<Error>& errors) {
  Leaf leaf;
  leaf.epoch = document.epoch;
  leaf.halt_at = document.halt_at;
  leaf.switch_by = document.switch_by;
  leaf.decide_by = document.decide_by;
  leaf.operator_set = operators.hash;
  leaf.halted_mask = resolve_mask(document.halted_allow, errors, document.file + ": policy.halted_allow");
  leaf.stages = resolve_stages(document, errors);
  return leaf;
}

/// Of an instance without switch calls: its halt, and on the chain whose base layer changes that change as well.
Onset onset_of(const PlanDocument& document, const std::string& chain) {
  Onset onset{.time = document.halt_at, .num = 0};
  if (!document.network || document.network->chain != chain) return onset;
  return {.time = std::max(onset.time, document.network->time), .num = document.network->block};
}

CompiledInstance compile_instance(InstanceContext context, Leaf leaf, std::uint64_t chain_id) {
  CompiledInstance out;
  const auto& instance = context.instance;
  leaf.chain_id = chain_id;
  leaf.gate = instance.gate;
  const auto switch_calls = resolve_calls(context, context.wanted.switch_calls);
  const auto rollback_calls = resolve_calls(context, context.wanted.rollback);
  leaf.halt_calls = plain(resolve_calls(context, context.wanted.halt));
  leaf.resume_calls = plain(resolve_calls(context, context.wanted.resume));
  leaf.switch_calls = plain(switch_calls);
  leaf.rollback_calls = plain(rollback_calls);
  out.proxies = resolve_proxies(context, switch_calls, rollback_calls);
  resolve_codes(context, out.proxies, leaf);
  leaf.new_reads = resolve_reads(context, context.wanted.new_reads);
  leaf.old_reads = resolve_reads(context, context.wanted.old_reads);
  leaf.oracles = resolve_oracles(context);
  leaf.oracle_max_age = leaf.oracles.empty() ? 0 : static_cast<std::uint32_t>(context.document.oracle_age_max_s);
  out.observed = resolve_observed(context, leaf);
  out.writes = resolve_writes(context, out.proxies);
  out.deltas = resolve_deltas(context);
  out.chain = instance.chain;
  out.bare = instance.contracts.empty();
  out.timelock = instance.timelock.address;
  if (instance.governor) out.governor = instance.governor->address;
  out.direct = resolve_direct(context, switch_calls, rollback_calls, leaf);
  out.diamonds = resolve_diamonds(context, leaf);
  if (leaf.switch_calls.empty()) out.onset = onset_of(context.document, instance.chain);
  check_limits(leaf, context.document.file + ": instance on " + instance.chain, context.errors);
  out.leaf_hash = leaf_hash(leaf);
  out.leaf = std::move(leaf);
  return out;
}

void fill_plan(CompiledPlan& compiled, const PlanDocument& document, const Protocol& protocol) {
  auto& plan = compiled.plan;
  plan.protocol = document.protocol;
  plan.name = document.name;
  plan.epoch = document.epoch;
  plan.from_version = document.from_version;
  plan.to_version = document.to_version;
  plan.kind =
      document.kind == settings::PlanKind::network ? coordinator::PlanKind::network : coordinator::PlanKind::protocol;
  plan.halt_on_interference = document.halt_on_interference;
  plan.window = {document.arm_by, document.halt_at, document.switch_by, document.decide_by, document.soak_s};
  plan.last_stage_s = compiled.instances.front().leaf.stages.back().after_s;
  for (std::size_t i = 0; i < compiled.instances.size(); ++i) {
    const auto& instance = compiled.instances[i];
    const bool switches = !instance.leaf.switch_calls.empty();
    plan.instances.push_back({.chain = instance.chain,
                              .chain_id = instance.leaf.chain_id,
                              .gate = instance.leaf.gate,
                              .leaf_hash = instance.leaf_hash,
                              .push_breaker = !instance.leaf.halt_calls.empty(),
                              .switches = switches,
                              .revocable = !switches || !instance.leaf.rollback_calls.empty(),
                              .activates = !switches && document.network && document.network->chain == instance.chain});
    const auto index = static_cast<coordinator::InstanceIndex>(i);
    if (instance.chain == protocol.home) plan.home = index;
    if (const auto& network = document.network; network && network->chain == instance.chain) {
      compiled.network = {.instance = index,
                          .time = network->time,
                          .block = network->block,
                          .block_interval_max_s = network->block_interval_max_s,
                          .finality_lag_max_s = network->finality_lag_max_s,
                          .margin_deviations = network->margin_deviations};
    }
  }
  compiled.newly_liquidatable_max = document.newly_liquidatable_max;
}

std::vector<Hash32> hashes(const CompiledPlan& compiled) {
  std::vector<Hash32> out;
  out.reserve(compiled.instances.size());
  for (const auto& instance : compiled.instances) out.push_back(instance.leaf_hash);
  return out;
}

Result<void> seal(CompiledPlan& compiled, const PlanDocument& document, const Protocol& protocol) {
  auto text = canonical_json(document_json(compiled, document, protocol));
  if (!text) return std::unexpected(text.error());
  compiled.document = std::move(*text);
  compiled.document_hash = crypto::keccak256(std::string_view{compiled.document});
  const auto leaves = hashes(compiled);
  for (std::size_t i = 0; i < leaves.size(); ++i) compiled.instances[i].siblings = siblings(leaves, i);
  compiled.plan.hash = plan_hash(compiled.document_hash, leaves_root(leaves));
  return {};
}

void check_whole(const PlanDocument& document, const Protocol& protocol, std::vector<Error>& errors) {
  const auto refuse = [&](std::string what, std::string next = {}) {
    errors.push_back({std::move(what), document.file, {}, std::move(next)});
  };
  if (document.protocol != protocol.name)
    refuse("the plan is for protocol " + document.protocol + ", not " + protocol.name);
  if (protocol.instances.empty()) refuse("protocol " + protocol.name + " has no instance");
  if (protocol.instances.size() > coordinator::max_instances)
    refuse(fmt::format("more than {} instances", coordinator::max_instances));
  if (std::none_of(protocol.instances.begin(), protocol.instances.end(),
                   [&](const auto& i) { return i.chain == protocol.home; })) {
    refuse("home " + protocol.home + " is not an instance of " + protocol.name,
           "name the chain of one [[instance]] as home");
  }
}

}  // namespace

std::expected<CompiledPlan, std::vector<Error>> compile(const PlanDocument& document, const Protocol& protocol,
                                                        const std::map<std::string, std::uint64_t>& chain_ids) {
  std::vector<Error> errors = check_protocol(protocol);
  check_whole(document, protocol, errors);
  auto tolerances = resolve_tolerances(document, errors);
  auto operators = resolve_operators(protocol, errors);
  if (!operators) return std::unexpected(std::move(errors));
  const auto leaf = common_leaf(document, *operators, errors);
  CompiledPlan compiled;
  compiled.plan.operators = std::move(*operators);
  compiled.tolerances = std::move(tolerances);
  for (const auto& instance : protocol.instances) {
    const auto* wanted = wanted_for(document, instance.chain);
    const auto id = chain_ids.find(instance.chain);
    if (wanted == nullptr)
      errors.push_back({"no upgrade for instance " + instance.chain, document.file, "a plan names every instance", {}});
    if (id == chain_ids.end() || id->second == 0) {
      errors.push_back({"chain id of " + instance.chain + " is not known",
                        protocol.file.string(),
                        {},
                        "add a [[chain]] with this id to config.toml"});
    }
    if (wanted == nullptr || id == chain_ids.end()) continue;
    compiled.instances.push_back(compile_instance({document, protocol, instance, *wanted, errors}, leaf, id->second));
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  fill_plan(compiled, document, protocol);
  if (auto sealed = seal(compiled, document, protocol); !sealed)
    return std::unexpected(std::vector<Error>{sealed.error()});
  return compiled;
}

Bytes arm_calldata(const CompiledPlan& plan, std::size_t instance) {
  LOCKSTEP_ASSERT(instance < plan.instances.size());
  static const auto arm =
      abi::parse_function(std::string{"arm(bytes32,"} + leaf_type_text + ",(bytes32,bytes32[]))").value();
  const auto& armed = plan.instances[instance];
  abi::Value proof, path;
  for (const auto& hash : armed.siblings) path.elements.push_back(abi::of(hash));
  proof.elements = {abi::of(plan.document_hash), path};
  return abi::encode_call(arm, {abi::of(plan.plan.hash), leaf_value(armed.leaf), proof});
}

}  // namespace lockstep::evm
