#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/evm/compile_parts.hpp"

// The document says in words and in bytes what was decided. Addresses and hashes are lower-case hex, amounts and words
// decimal strings, times and counts integers. A field that has no value is absent, never null.
namespace lockstep::evm {
namespace {

using nlohmann::json;
using settings::CallText;

constexpr std::array compare_names{"none", "equals", "not_zero", "at_least", "at_most"};

/// Text and bytes side by side: texts[i] became calls[i].
json calls_json(const std::vector<CallText>& texts, const std::vector<Call>& calls) {
  json out = json::array();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    out.push_back({{"args", texts[i].args},
                   {"call", texts[i].signature},
                   {"contract", texts[i].contract},
                   {"data", to_hex(calls[i].data)},
                   {"target", to_hex(calls[i].target)},
                   {"value", to_decimal(calls[i].value)}});
  }
  return out;
}

json codes_json(const std::vector<CodeCheck>& codes) {
  json out = json::array();
  for (const auto& code : codes)
    out.push_back({{"account", to_hex(code.account)}, {"codehash", to_hex(code.code_hash)}});
  return out;
}

json reads_json(const std::vector<settings::ReadText>& texts, const std::vector<Read>& reads) {
  json out = json::array();
  for (std::size_t i = 0; i < reads.size(); ++i) {
    out.push_back({{"args", texts[i].args},
                   {"call", texts[i].signature},
                   {"compare", compare_names[static_cast<std::size_t>(reads[i].compare)]},
                   {"data", to_hex(reads[i].data)},
                   {"operand", to_hex(reads[i].operand)},
                   {"target", to_hex(reads[i].target)},
                   {"word", reads[i].word}});
  }
  return out;
}

json oracles_json(const std::vector<settings::OracleText>& texts, const std::vector<OracleCheck>& oracles) {
  json out = json::array();
  for (std::size_t i = 0; i < oracles.size(); ++i) {
    out.push_back({{"args", texts[i].args},
                   {"call", texts[i].signature},
                   {"data", to_hex(oracles[i].data)},
                   {"target", to_hex(oracles[i].target)},
                   {"word", oracles[i].word}});
  }
  return out;
}

json expectations_json(const CompiledInstance& instance) {
  json proxies = json::array(), writes = json::array(), deltas = json::array();
  for (const auto& p : instance.proxies) {
    proxies.push_back({{"contract", p.contract},
                       {"new_codehash", to_hex(p.new_code_hash)},
                       {"new_implementation", to_hex(p.new_implementation)},
                       {"old_codehash", to_hex(p.old_code_hash)},
                       {"old_implementation", to_hex(p.old_implementation)},
                       {"proxy", to_hex(p.proxy)}});
  }
  for (const auto& w : instance.writes) {
    writes.push_back({{"account", to_hex(w.account)},
                      {"name", w.name},
                      {"slot", to_hex(w.slot)},
                      {"value", to_hex(to_word(w.value))}});
  }
  for (const auto& d : instance.deltas) {
    deltas.push_back({{"field", d.field}, {"key", mirror::to_text(d.key)}, {"value", mirror::to_text(d.value)}});
  }
  json out{{"deltas", deltas}, {"proxies", proxies}, {"writes", writes}};
  for (const auto& d : instance.diamonds) {
    out["diamonds"].push_back({{"contract", d.contract},
                               {"diamond", to_hex(d.diamond)},
                               {"new_version", to_hex(d.new_version)},
                               {"old_version", to_hex(d.old_version)}});
  }
  return out;
}

json operation_json(const direct::Operation& operation) {
  return {
      {"id", to_hex(operation.id)}, {"predecessor", to_hex(operation.predecessor)}, {"salt", to_hex(operation.salt)}};
}

json direct_json(const direct::Setup& setup) {
  json contracts = json::array();
  for (const auto& contract : setup.contracts)
    contracts.push_back({{"address", to_hex(contract.address)}, {"paused", to_hex(contract.paused)}});
  return {
      {"contracts", contracts}, {"rollback", operation_json(setup.back)}, {"switch", operation_json(setup.forward)}};
}

json instance_json(const CompiledInstance& instance, const settings::PlanInstance& wanted) {
  const auto& leaf = instance.leaf;
  json out = expectations_json(instance);
  out["chain"] = instance.chain;
  out["chain_id"] = std::to_string(leaf.chain_id);
  out["gate"] = to_hex(leaf.gate);
  out["timelock"] = to_hex(instance.timelock);
  if (!instance.governor.is_zero()) out["governor"] = to_hex(instance.governor);
  out["halt_calls"] = calls_json(wanted.halt, leaf.halt_calls);
  out["resume_calls"] = calls_json(wanted.resume, leaf.resume_calls);
  out["switch_calls"] = calls_json(wanted.switch_calls, declared_switch(instance));
  out["rollback_calls"] = calls_json(wanted.rollback, declared_rollback(instance));
  out["new_code"] = codes_json(leaf.new_code);
  out["old_code"] = codes_json(leaf.old_code);
  out["new_reads"] = reads_json(wanted.new_reads, leaf.new_reads);
  out["old_reads"] = reads_json(wanted.old_reads, leaf.old_reads);
  out["oracles"] = oracles_json(wanted.oracles, leaf.oracles);
  out["leaf_hash"] = to_hex(instance.leaf_hash);
  if (!leaf.switch_calls.empty() && leaf.rollback_calls.empty()) out["revocable"] = false;
  if (instance.direct) out["direct"] = direct_json(*instance.direct);
  if (!instance.observed.empty()) {
    json observed = json::array();
    for (const auto& account : instance.observed) observed.push_back(to_hex(account));
    out["observed"] = std::move(observed);
  }
  return out;
}

json policy_json(const CompiledPlan& plan, const settings::PlanDocument& document) {
  const auto& leaf = plan.instances.front().leaf;
  json stages = json::array();
  for (const auto& stage : leaf.stages) stages.push_back({{"after", stage.after_s}, {"mask", stage.mask}});
  json policy{{"halted_mask", leaf.halted_mask},
              {"newly_liquidatable_max", std::to_string(plan.newly_liquidatable_max)},
              {"oracle_age_max", document.oracle_age_max_s},
              {"resume", stages}};
  if (document.halt_on_interference) policy["halt_on_interference"] = true;
  for (const auto& one : plan.tolerances) {
    policy["tolerances"].push_back({{"at_most", mirror::to_text(mirror::Value{one.at_most})},
                                    {"field", one.field},
                                    {"sum_at_most", mirror::to_text(mirror::Value{one.sum_at_most})},
                                    {"table", mirror::info(one.table).name}});
  }
  return policy;
}

json network_json(const CompiledPlan& plan) {
  const auto& network = *plan.network;
  json activation = json::object();
  if (network.time != 0) activation["time"] = network.time;
  if (network.block != 0) activation["block"] = network.block;
  json out{{"activation", activation}, {"chain", plan.instances[network.instance].chain}};
  if (network.block_interval_max_s != 0) out["block_interval_max"] = network.block_interval_max_s;
  if (network.finality_lag_max_s != 0) out["finality_lag_max"] = network.finality_lag_max_s;
  if (network.margin_deviations != 0) out["margin_deviations"] = network.margin_deviations;
  return out;
}

}  // namespace

json document_json(const CompiledPlan& plan, const settings::PlanDocument& document,
                   const settings::Protocol& protocol) {
  json instances = json::array(), operators = json::array();
  for (const auto& instance : plan.instances) {
    const auto wanted = std::find_if(document.instances.begin(), document.instances.end(),
                                     [&](const auto& i) { return i.chain == instance.chain; });
    instances.push_back(instance_json(instance, *wanted));
  }
  for (const auto& address : plan.plan.operators.operators) operators.push_back(to_hex(address));
  const auto& window = plan.plan.window;
  json whole{{"schema", "lockstep.plan/1"},
             {"protocol", document.protocol},
             {"name", document.name},
             {"epoch", document.epoch},
             {"from_version", document.from_version},
             {"to_version", document.to_version},
             {"home", protocol.home},
             {"operators",
              {{"addresses", operators},
               {"faulty", plan.plan.operators.faulty},
               {"threshold", plan.plan.operators.threshold}}},
             {"window",
              {{"arm_by", window.arm_by},
               {"decide_by", window.decide_by},
               {"halt_at", window.halt_at},
               {"soak", window.soak_s},
               {"switch_by", window.switch_by}}},
             {"policy", policy_json(plan, document)},
             {"instances", instances}};
  if (plan.network) {
    whole["kind"] = "network";
    whole["network"] = network_json(plan);
  }
  return whole;
}

}  // namespace lockstep::evm
