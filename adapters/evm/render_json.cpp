#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/evm/compile_parts.hpp"
#include "adapters/evm/diamond.hpp"
#include "adapters/evm/direct/operation.hpp"
#include "adapters/evm/governance/reader.hpp"
#include "adapters/evm/render.hpp"
#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

constexpr std::array compare_text{"?", "==", "!=", ">=", "<="};

/// Function and arguments as the bytes say; asserts that they are a call of `signature`, as compile() made them.
json decoded(const std::string& signature, const Bytes& data) {
  const auto function = abi::parse_function(signature).value();
  const auto selector = function.selector();
  LOCKSTEP_ASSERT(data.size() >= selector.size() && std::equal(selector.begin(), selector.end(), data.begin()));
  const auto values = abi::decode(function.inputs, BytesView{data}.subspan(selector.size())).value();
  json arguments = json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    arguments.push_back({{"type", function.inputs[i].canonical()},
                         {"name", function.inputs[i].name},
                         {"value", abi::to_text(function.inputs[i], values[i])}});
  }
  return {{"function", function.canonical()}, {"selector", to_hex(BytesView{selector})}, {"arguments", arguments}};
}

void add_plain(json& out, const Call& call) {
  out["target"] = abi::checksum(call.target);
  out["value_wei"] = to_decimal(call.value);
  out["data"] = to_hex(call.data);
}

/// What a call that executes a timelock's operation runs: in the call's own arguments these are bytes that nobody can
/// read. Upgrades and cuts are decoded; of any other call `function` is null, and its bytes are all there is.
json runs_json(const Call& call) {
  json out = json::array();
  const auto execution = direct::execution_of(call);
  if (!execution) return out;
  std::vector<const char*> signatures{diamond::cut_signature};
  for (const auto& some : {upgrades_of_itself, upgrades_by_admin})
    signatures.insert(signatures.end(), some.begin(), some.end());
  for (const auto& inner : execution->operation.calls) {
    json run{{"function", nullptr}, {"arguments", json::array()}};
    for (const char* signature : signatures) {
      if (governance::CallShape(signature).decode(inner.data)) run = decoded(signature, inner.data);
    }
    add_plain(run, inner);
    out.push_back(std::move(run));
  }
  return out;
}

json page_calls(const std::vector<settings::CallText>& texts, const std::vector<Call>& calls) {
  json out = json::array();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto call = decoded(texts[i].signature, calls[i].data);
    call["contract"] = texts[i].contract;
    add_plain(call, calls[i]);
    if (auto runs = runs_json(calls[i]); !runs.empty()) call["runs"] = std::move(runs);
    out.push_back(std::move(call));
  }
  return out;
}

json page_reads(const std::vector<settings::ReadText>& texts, const std::vector<Read>& reads) {
  json out = json::array();
  for (std::size_t i = 0; i < reads.size(); ++i) {
    auto read = decoded(texts[i].signature, reads[i].data);
    read["contract"] = texts[i].contract;
    read["target"] = abi::checksum(reads[i].target);
    read["word"] = reads[i].word;
    read["compare"] = compare_text[static_cast<std::size_t>(reads[i].compare)];
    read["operand"] = to_decimal(from_word(reads[i].operand));
    read["operand_word"] = to_hex(reads[i].operand);
    out.push_back(std::move(read));
  }
  return out;
}

json changes_json(const CompiledInstance& instance) {
  json proxies = json::array(), diamonds = json::array(), writes = json::array(), deltas = json::array();
  for (const auto& p : instance.proxies) {
    proxies.push_back({{"contract", p.contract},
                       {"proxy", abi::checksum(p.proxy)},
                       {"old_implementation", abi::checksum(p.old_implementation)},
                       {"new_implementation", abi::checksum(p.new_implementation)},
                       {"old_codehash", to_hex(p.old_code_hash)},
                       {"new_codehash", to_hex(p.new_code_hash)}});
  }
  for (const auto& d : instance.diamonds) {
    diamonds.push_back({{"contract", d.contract},
                        {"diamond", abi::checksum(d.diamond)},
                        {"old_version", to_hex(d.old_version)},
                        {"new_version", to_hex(d.new_version)}});
  }
  for (const auto& w : instance.writes) {
    writes.push_back({{"account", abi::checksum(w.account)},
                      {"name", w.name},
                      {"slot", to_hex(w.slot)},
                      {"becomes", to_hex(to_word(w.value))}});
  }
  for (const auto& d : instance.deltas) {
    deltas.push_back({{"row", mirror::to_text(d.key)}, {"field", d.field}, {"becomes", mirror::to_text(d.value)}});
  }
  return {{"proxies", proxies}, {"diamonds", diamonds}, {"storage_writes", writes}, {"parameter_changes", deltas}};
}

json page_instance(const CompiledInstance& instance, const settings::PlanInstance& wanted) {
  const auto& leaf = instance.leaf;
  json oracles = json::array();
  for (std::size_t i = 0; i < leaf.oracles.size(); ++i) {
    auto oracle = decoded(wanted.oracles[i].signature, leaf.oracles[i].data);
    oracle["target"] = abi::checksum(leaf.oracles[i].target);
    oracle["word"] = leaf.oracles[i].word;
    oracles.push_back(std::move(oracle));
  }
  auto out = changes_json(instance);
  out["chain"] = instance.chain;
  out["chain_id"] = leaf.chain_id;
  out["gate"] = abi::checksum(leaf.gate);
  out["timelock"] = abi::checksum(instance.timelock);
  out["governor"] = instance.governor.is_zero() ? json() : json(abi::checksum(instance.governor));
  out["leaf_hash"] = to_hex(instance.leaf_hash);
  out["halt_calls"] = page_calls(wanted.halt, leaf.halt_calls);
  out["switch_calls"] = page_calls(wanted.switch_calls, declared_switch(instance));
  out["rollback_calls"] = page_calls(wanted.rollback, declared_rollback(instance));
  out["resume_calls"] = page_calls(wanted.resume, leaf.resume_calls);
  out["new_reads"] = page_reads(wanted.new_reads, leaf.new_reads);
  out["old_reads"] = page_reads(wanted.old_reads, leaf.old_reads);
  out["oracles"] = oracles;
  out["switches"] = !leaf.switch_calls.empty();
  out["revocable"] = leaf.switch_calls.empty() || !leaf.rollback_calls.empty();
  if (instance.direct) {
    const auto& setup = *instance.direct;
    out["direct"] = {{"switch_operation", to_hex(setup.forward.id)}, {"rollback_operation", to_hex(setup.back.id)}};
  }
  out["unchanged_contracts"] = json::array();
  for (const auto& account : instance.observed) out["unchanged_contracts"].push_back(abi::checksum(account));
  return out;
}

/// A sum is null where the field has none that is conserved.
json page_tolerances(const CompiledPlan& plan) {
  json out = json::array();
  const auto number = [](mirror::Int value) { return json(mirror::to_text(mirror::Value{value})); };
  for (const auto& one : plan.tolerances)
    out.push_back({{"table", mirror::info(one.table).name},
                   {"field", one.field},
                   {"at_most", number(one.at_most)},
                   {"sum_at_most", mirror::is_conserved(one.table, one.field) ? number(one.sum_at_most) : json()}});
  return out;
}

/// Null for a protocol plan.
json page_network(const CompiledPlan& plan) {
  if (!plan.network) return nullptr;
  const auto& network = *plan.network;
  const auto bound = [](std::uint64_t value) { return value == 0 ? json() : json(value); };
  return {{"chain", plan.instances[network.instance].chain},
          {"activation_time", network.time == 0 ? json() : json(to_rfc3339(network.time))},
          {"activation_block", network.block == 0 ? json() : json(network.block)},
          {"block_interval_max_s", bound(network.block_interval_max_s)},
          {"finality_lag_max_s", bound(network.finality_lag_max_s)},
          {"margin_deviations", bound(network.margin_deviations)}};
}

}  // namespace

json render_json(const CompiledPlan& plan, const settings::PlanDocument& document) {
  json instances = json::array(), operators = json::array(), stages = json::array();
  for (const auto& instance : plan.instances) {
    const auto wanted = std::find_if(document.instances.begin(), document.instances.end(),
                                     [&](const auto& i) { return i.chain == instance.chain; });
    LOCKSTEP_ASSERT(wanted != document.instances.end());
    instances.push_back(page_instance(instance, *wanted));
  }
  for (const auto& address : plan.plan.operators.operators) operators.push_back(abi::checksum(address));
  const auto& leaf = plan.instances.front().leaf;
  for (const auto& stage : leaf.stages)
    stages.push_back({{"after_s", stage.after_s}, {"allow", mask_names(stage.mask)}});
  const auto& window = plan.plan.window;
  std::vector<Hash32> leaves;
  leaves.reserve(plan.instances.size());
  for (const auto& instance : plan.instances) leaves.push_back(instance.leaf_hash);
  return {{"schema", "lockstep.plan-page/1"},
          {"plan_hash", to_hex(plan.plan.hash)},
          {"short_id", to_hex(plan.plan.hash).substr(2, 8)},
          {"document_hash", to_hex(plan.document_hash)},
          {"leaves_root", to_hex(leaves_root(leaves))},
          {"protocol", plan.plan.protocol},
          {"name", plan.plan.name},
          {"epoch", plan.plan.epoch},
          {"kind", coordinator::to_text(plan.plan.kind)},
          {"network", page_network(plan)},
          {"from_version", plan.plan.from_version},
          {"to_version", plan.plan.to_version},
          {"home", plan.plan.instances[plan.plan.home].chain},
          {"assurance", is_direct(plan) ? json("degraded") : json()},
          {"operators",
           {{"addresses", operators},
            {"threshold", plan.plan.operators.threshold},
            {"faulty", plan.plan.operators.faulty},
            {"hash", to_hex(plan.plan.operators.hash)}}},
          {"window",
           {{"arm_by", to_rfc3339(window.arm_by)},
            {"halt_at", to_rfc3339(window.halt_at)},
            {"switch_by", to_rfc3339(window.switch_by)},
            {"decide_by", to_rfc3339(window.decide_by)},
            {"soak_s", window.soak_s}}},
          {"policy",
           {{"allowed_while_halted", mask_names(leaf.halted_mask)},
            {"oracle_age_max_s", document.oracle_age_max_s},
            {"halt_on_interference", plan.plan.halt_on_interference},
            {"newly_liquidatable_max", plan.newly_liquidatable_max},
            {"tolerances", page_tolerances(plan)},
            {"resume", stages}}},
          {"instances", instances}};
}

std::string proposal_description(const CompiledPlan& plan) {
  const auto& p = plan.plan;
  return "Lockstep: " + p.protocol + " " + p.name + ", epoch " + std::to_string(p.epoch) + ", plan " + to_hex(p.hash);
}

/// What proposers give the timelock: both operations, the first one's id being the second one's predecessor. The delay
/// is the timelock's own least one, so the calldata has a place for it.
json operations_json(const CompiledPlan& plan, const CompiledInstance& instance) {
  const auto& setup = *instance.direct;
  const auto one = [&](const direct::Operation& operation) {
    json targets = json::array(), values = json::array(), payloads = json::array();
    for (const auto& call : operation.calls) {
      targets.push_back(abi::checksum(call.target));
      values.push_back(to_decimal(call.value));
      payloads.push_back(to_hex(call.data));
    }
    return json{{"call", "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"},
                {"targets", targets},
                {"values", values},
                {"payloads", payloads},
                {"predecessor", to_hex(operation.predecessor)},
                {"salt", to_hex(operation.salt)},
                {"id", to_hex(operation.id)}};
  };
  return {{"chain", instance.chain},
          {"chain_id", instance.leaf.chain_id},
          {"governor", instance.governor.is_zero() ? json() : json(abi::checksum(instance.governor))},
          {"timelock", abi::checksum(instance.timelock)},
          {"operations", {one(setup.forward), one(setup.back)}},
          {"description", proposal_description(plan)}};
}

json proposal_json(const CompiledPlan& plan) {
  json proposals = json::array();
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& instance = plan.instances[i];
    if (instance.direct) {
      proposals.push_back(operations_json(plan, instance));
      continue;
    }
    proposals.push_back({{"chain", instance.chain},
                         {"chain_id", instance.leaf.chain_id},
                         {"governor", instance.governor.is_zero() ? json() : json(abi::checksum(instance.governor))},
                         {"timelock", abi::checksum(instance.timelock)},
                         {"targets", {abi::checksum(instance.leaf.gate)}},
                         {"values", {"0"}},
                         {"calldatas", {to_hex(arm_calldata(plan, i))}},
                         {"description", proposal_description(plan)}});
  }
  return {{"schema", "lockstep.proposal/1"}, {"plan_hash", to_hex(plan.plan.hash)}, {"proposals", proposals}};
}

}  // namespace lockstep::evm
