#include "settings/plan_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "settings/check.hpp"
#include "settings/plan_direct.hpp"
#include "settings/plan_lint.hpp"
#include "settings/plan_vars.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

/// One [[upgrade]] as seen on one instance: its texts with variables replaced.
struct Expander {
  const InstanceConfig& instance;
  const std::string& contract;  // the upgrade's own; calls and reads without one are on it
  Variables& variables;
  std::vector<Error>& errors;

  std::string text(const Node& node) { return variables.expand(node.text, instance, node.where, errors); }

  std::string text(const Node& node, const std::string& key, const std::string& fallback = {}) {
    const auto* found = node.find(key);
    return found != nullptr ? text(*found) : fallback;
  }

  nlohmann::json as_json(const Node& node) {
    if (node.kind == Node::Kind::array) {
      auto list = nlohmann::json::array();
      for (const auto& item : node.items) list.push_back(as_json(item));
      return list;
    }
    if (node.kind == Node::Kind::integer) return node.integer;
    if (node.kind == Node::Kind::boolean) return node.boolean;
    return text(node);
  }

  std::vector<std::string> args(const Node& node) {
    std::vector<std::string> out;
    for (const auto& item : items_at(node, "args"))
      out.push_back(item.kind == Node::Kind::array ? as_json(item).dump() : text(item));
    return out;
  }

  CallText call(const Node& node) {
    return {text(node, "contract", contract), text(node, "call"), args(node), text(node, "value", "0"), node.where};
  }

  ReadText read(const Node& node) {
    ReadText out{text(node, "contract", contract),
                 text(node, "call"),
                 args(node),
                 {},
                 {},
                 static_cast<std::uint32_t>(number_at(node, "word")),
                 node.where};
    std::size_t comparisons = 0;
    for (const char* key : {"equals", "not_zero", "at_least", "at_most"}) {
      const auto* operand = node.find(key);
      if (operand == nullptr) continue;
      ++comparisons;
      out.compare = key;
      out.operand = out.compare == "not_zero" ? std::string{} : text(*operand);
      if (out.compare == "not_zero" && !operand->boolean)
        errors.push_back({"not_zero can only be true", operand->where, {}, {}});
    }
    if (comparisons != 1) {
      errors.push_back({fmt::format("read \"{}\" has {} comparisons", out.signature, comparisons), node.where,
                        "a read without a comparison proves nothing",
                        "give exactly one of equals, not_zero, at_least, at_most"});
    }
    return out;
  }

  WriteText write(const Node& node) {
    if (node.kind == Node::Kind::table)
      return {text(node, "contract", contract), text(node, "slot"), text(node, "value"), node.where};
    const auto whole = text(node);
    const auto equals = std::min(whole.find('='), whole.size());
    return {contract, whole.substr(0, equals), equals < whole.size() ? whole.substr(equals + 1) : "", node.where};
  }

  DeltaText delta(const Node& node) {
    DeltaText out{text(node, "table"), {}, text(node, "field"), text(node, "value"), node.where};
    if (const auto* key = node.find("key")) {
      for (const auto& member : key->members) out.key[member.key] = text(member.value);
    }
    return out;
  }
};

template <class T, class F>
void add(std::vector<T>& to, const Node& node, std::string_view path, F make) {
  for (const auto& item : items_at(node, path)) to.push_back(make(item));
}

void add_expectations(PlanInstance& instance, const Node& upgrade, Expander& expander) {
  const auto& contract = expander.contract;
  const auto put = [&](std::map<std::string, std::string>& into, const std::string& key, bool always) {
    const auto* node = at(upgrade, "expect." + key);
    if (node == nullptr && !always) return;
    const auto value = node != nullptr ? expander.text(*node) : std::string{};
    const auto [it, added] = into.emplace(contract, value);
    if (!added && it->second != value) {
      expander.errors.push_back(
          {fmt::format("expect.{} of {} on {} is given twice and differs", key, contract, instance.chain),
           upgrade.where,
           {},
           {}});
    }
  };
  put(instance.new_codehash, "codehash", true);
  put(instance.old_codehash, "old_codehash", true);
  put(instance.new_implementation, "implementation", false);
  put(instance.old_implementation, "old_implementation", false);
  put(instance.new_layout, "layout", false);
  put(instance.old_layout, "old_layout", false);
  add(instance.new_reads, upgrade, "expect.reads", [&](const Node& n) { return expander.read(n); });
  add(instance.old_reads, upgrade, "expect.old_reads", [&](const Node& n) { return expander.read(n); });
  add(instance.writes, upgrade, "expect.writes", [&](const Node& n) { return expander.write(n); });
  add(instance.deltas, upgrade, "delta", [&](const Node& n) { return expander.delta(n); });
}

void add_observed(PlanInstance& instance, const Node& observed, Expander& expander) {
  const auto call = [&](const Node& node) { return expander.call(node); };
  add(instance.halt, observed, "halt", call);
  add(instance.resume, observed, "resume", call);
  for (auto* reads : {&instance.new_reads, &instance.old_reads})
    add(*reads, observed, "reads", [&](const Node& n) { return expander.read(n); });
  instance.observed.push_back({expander.contract, expander.text(observed, "codehash"), observed.where});
}

void add_upgrade(PlanInstance& instance, const Node& upgrade, Expander& expander) {
  instance.revocable = instance.revocable && flag_at(upgrade, "revocable");
  const auto call = [&](const Node& node) { return expander.call(node); };
  add(instance.switch_calls, upgrade, "switch", call);
  add(instance.halt, upgrade, "halt", call);
  add(instance.resume, upgrade, "resume", call);
  // What was switched last is rolled back first.
  std::vector<CallText> rollback;
  add(rollback, upgrade, "rollback", call);
  instance.rollback.insert(instance.rollback.begin(), rollback.begin(), rollback.end());
  add_expectations(instance, upgrade, expander);
}

void check_chains(const Node& root, const Protocol& protocol, std::vector<Error>& errors) {
  std::vector<std::string> known{"*"};
  for (const auto& instance : protocol.instances) known.push_back(instance.chain);
  const auto check_one = [&](const Node& chain, const std::string& path) {
    if (std::find(known.begin(), known.end(), chain.text) != known.end()) return;
    errors.push_back({"chain \"" + chain.text + "\" has no instance of " + protocol.name,
                      chain.where + " " + path,
                      {},
                      suggestion(chain.text, known)});
  };
  for (const char* list : {"upgrade", "observe"}) {
    for (const auto& entry : items_at(root, list)) {
      for (const auto& chain : items_at(entry, "chains")) check_one(chain, std::string(list) + ".chains");
    }
  }
  for (const auto& chain : items_at(root, "unchanged")) check_one(chain, "unchanged");
  if (const auto* chain = at(root, "network.chain")) check_one(*chain, "network.chain");
}

/// An instance that is not upgraded needs no price that it has no contract for.
bool has_contract(const InstanceConfig& config, const std::string& name) {
  return name.starts_with("0x") || config.contracts.contains(name);
}

bool concerns(const Node& upgrade, const std::string& chain) {
  const auto chains = strings_at(upgrade, "chains");
  return std::any_of(chains.begin(), chains.end(), [&](const std::string& c) { return c == "*" || c == chain; });
}

std::vector<PlanInstance> read_instances(const Node& root, const Protocol& protocol, Variables& variables,
                                         std::vector<Error>& errors) {
  std::vector<PlanInstance> instances;
  for (const auto& config : protocol.instances) {
    PlanInstance instance;
    instance.chain = config.chain;
    for (const auto& upgrade : items_at(root, "upgrade")) {
      if (!concerns(upgrade, config.chain)) continue;
      const auto contract = text_at(upgrade, "contract");
      Expander expander{config, contract, variables, errors};
      add_upgrade(instance, upgrade, expander);
    }
    for (const auto& observed : items_at(root, "observe")) {
      if (!concerns(observed, config.chain)) continue;
      const auto contract = text_at(observed, "contract");
      Expander expander{config, contract, variables, errors};
      add_observed(instance, observed, expander);
    }
    const std::string none;
    Expander expander{config, none, variables, errors};
    for (const auto& oracle : items_at(root, "policy.oracle")) {
      if (instance.switch_calls.empty() && !has_contract(config, text_at(oracle, "contract"))) continue;
      instance.oracles.push_back({expander.text(oracle, "contract"), expander.text(oracle, "call"),
                                  expander.args(oracle), static_cast<std::uint32_t>(number_at(oracle, "word"))});
    }
    instances.push_back(std::move(instance));
  }
  return instances;
}

/// What is wrong in one place is wrong on every chain: said once.
std::vector<Error> without_repeats(const std::vector<Error>& errors) {
  std::vector<Error> out;
  std::set<std::string> seen;
  for (const auto& error : errors) {
    if (seen.insert(error.text()).second) out.push_back(error);
  }
  return out;
}

void read_header(const Node& root, PlanDocument& plan) {
  plan.version = static_cast<std::uint32_t>(number_at(root, "version"));
  plan.protocol = text_at(root, "protocol");
  plan.name = text_at(root, "name");
  plan.from_version = text_at(root, "from_version");
  plan.to_version = text_at(root, "to_version");
  plan.epoch = number_at(root, "epoch");
  plan.kind = text_at(root, "kind") == "network" ? PlanKind::network : PlanKind::protocol;
  plan.halt_on_interference = flag_at(root, "policy.halt_on_interference");
  if (root.find("network") != nullptr) {
    plan.network = {.chain = text_at(root, "network.chain"),
                    .time = parse_rfc3339(text_at(root, "network.activation.time")).value_or(0),
                    .block = number_at(root, "network.activation.block"),
                    .block_interval_max_s = seconds_at(root, "network.block_interval_max"),
                    .finality_lag_max_s = seconds_at(root, "network.finality_lag_max"),
                    .margin_deviations = number_at(root, "network.margin_deviations")};
  }
  plan.halt_at = parse_rfc3339(text_at(root, "window.halt_at")).value_or(0);
  const auto notice = seconds_at(root, "window.arm_by");
  plan.arm_by = plan.halt_at > notice ? plan.halt_at - notice : 0;
  plan.switch_by = plan.halt_at + seconds_at(root, "window.switch_by");
  plan.decide_by = plan.halt_at + seconds_at(root, "window.decide_by");
  plan.soak_s = seconds_at(root, "window.soak");
  plan.oracle_age_max_s = seconds_at(root, "policy.oracle_age_max");
  plan.newly_liquidatable_max = number_at(root, "policy.newly_liquidatable_max");
  for (const auto& one : items_at(root, "policy.tolerance"))
    plan.tolerances.push_back({text_at(one, "table"), text_at(one, "field"), text_at(one, "at_most"),
                               text_at(one, "sum_at_most"), one.where});
  if (at(root, "policy.halted_allow") != nullptr) plan.halted_allow = strings_at(root, "policy.halted_allow");
  for (const auto& stage : items_at(root, "policy.resume"))
    plan.resume.push_back({seconds_at(stage, "after"), strings_at(stage, "allow")});
}

}  // namespace

Result<std::string> plan_protocol(const std::string& text, const std::string& file_name) {
  const auto root = parse_toml(text, file_name);
  if (!root) return std::unexpected(root.error());
  const auto* name = root->find("protocol");
  if (name != nullptr && name->kind == Node::Kind::string) return name->text;
  return fail("key \"protocol\" is missing", file_name, "a plan is for one protocol",
              "add protocol = \"<name in protocols/*.toml>\"");
}

std::expected<PlanDocument, std::vector<Error>> parse_plan(const std::string& text, const std::string& file_name,
                                                           const Protocol& protocol) {
  auto root = parse_toml(text, file_name);
  if (!root) return std::unexpected(std::vector{root.error()});
  std::vector<Error> errors;
  check(*root, plan_rules(), file_name, errors);
  PlanDocument plan;
  plan.source = text;
  plan.file = file_name;
  read_header(*root, plan);
  if (!plan.protocol.empty() && plan.protocol != protocol.name) {
    errors.push_back({"the plan is for protocol \"" + plan.protocol + "\", not \"" + protocol.name + "\"",
                      where_at(*root, "protocol"),
                      {},
                      {}});
    return std::unexpected(std::move(errors));
  }
  const bool well_formed = errors.empty();
  Variables variables(*root, protocol, errors);
  check_chains(*root, protocol, errors);
  plan.instances = read_instances(*root, protocol, variables, errors);
  if (well_formed) {
    lint_shape(*root, plan, errors);
    lint_coverage(*root, plan, protocol, errors);
    lint_revocable(*root, plan, errors);
  }
  variables.report_unused(errors);
  lint_window(*root, plan, errors);
  if (well_formed) lint_network(*root, plan, protocol, errors);
  lint_policy(*root, plan, errors);
  if (well_formed) add_direct(*root, protocol, plan, errors);
  // Contents are only judged once the shape is right: errors about the same place would repeat.
  if (errors.empty()) lint_instances(plan, protocol, errors);
  if (!errors.empty()) return std::unexpected(without_repeats(errors));
  return plan;
}

}  // namespace lockstep::settings
