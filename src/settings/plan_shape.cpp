// Which instances a plan moves, which it only halts, and what it observes.
#include <fmt/format.h>

#include <algorithm>

#include "settings/plan_lint.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void lint_shape(const Node& root, const PlanDocument& plan, std::vector<Error>& errors) {
  const auto upgrades = items_at(root, "upgrade").size();
  if (plan.kind == PlanKind::protocol) {
    if (upgrades == 0) errors.push_back({"key \"upgrade\" is missing", plan.file, {}, "add [[upgrade]]"});
    if (plan.network) {
      errors.push_back({"[network] belongs to a plan of kind \"network\"",
                        where_at(root, "network"),
                        {},
                        "write kind = \"network\", or remove it"});
    }
    return;
  }
  if (upgrades > 0) {
    errors.push_back({"a network plan has no [[upgrade]]", where_at(root, "upgrade"),
                      "it observes a change of the base layer and sends none",
                      "make it a plan of its own, with the next epoch"});
  }
  if (!plan.network) {
    errors.push_back({"key \"network\" is missing", plan.file, "a network plan says which chain changes, and when",
                      "add [network] with chain and activation"});
  } else if ((plan.network->time == 0) == (plan.network->block == 0)) {
    errors.push_back({"network.activation needs exactly one of time and block",
                      where_at(root, "network.activation"),
                      {},
                      "write { time = 2026-12-01T14:10:00Z } or { block = 25000000 }"});
  }
}

void lint_coverage(const Node& root, const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors) {
  const auto unchanged = strings_at(root, "unchanged");
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& instance = plan.instances[i];
    const bool upgraded = !instance.switch_calls.empty();
    if (upgraded && contains(unchanged, instance.chain)) {
      errors.push_back({"chain \"" + instance.chain + "\" is upgraded and said to be unchanged",
                        where_at(root, "unchanged"),
                        {},
                        "take it out of one of the two"});
    }
    // A bare gate has nothing to upgrade: it orders the decision.
    const bool bare = protocol.instances[i].contracts.empty();
    if (plan.kind == PlanKind::network || upgraded || bare || contains(unchanged, instance.chain)) continue;
    errors.push_back({"no [[upgrade]] for chain \"" + instance.chain + "\"", plan.file,
                      "a plan moves every instance of " + protocol.name,
                      "add it to `chains`, use chains = [\"*\"], or list it in `unchanged`"});
  }
}

void lint_revocable(const Node& root, const PlanDocument& plan, std::vector<Error>& errors) {
  std::string irrevocable;
  for (const auto& instance : plan.instances) {
    if (instance.revocable) continue;
    irrevocable += (irrevocable.empty() ? "" : ", ") + instance.chain;
  }
  const bool two = irrevocable.find(',') != std::string::npos;
  const auto& upgrades = items_at(root, "upgrade");
  for (std::size_t i = 0; i < upgrades.size(); ++i) {
    const auto& upgrade = upgrades[i];
    const bool revocable = flag_at(upgrade, "revocable"), rollback = !items_at(upgrade, "rollback").empty();
    if (revocable && !rollback) {
      const auto path = fmt::format("upgrade[{}].rollback", i);
      errors.push_back({"key \"rollback\" is missing", upgrade.where + " " + path,
                        "what is switched must be able to go back", "add " + path});
    }
    if (!revocable && rollback) {
      errors.push_back({"an upgrade that is not revocable has a rollback", where_at(upgrade, "rollback"),
                        "it would not be run, or not be enough", "remove one of the two"});
    }
    if (!revocable && two) {
      errors.push_back({"more than one chain cannot be rolled back: " + irrevocable, where_at(upgrade, "revocable"),
                        "the one that cannot go back switches first and the others follow it; two could part ways",
                        "make all but one revocable"});
    }
  }
  for (const auto& instance : plan.instances) {
    if (instance.revocable || instance.rollback.empty()) continue;
    errors.push_back({"\"" + instance.chain + "\" is not revocable, but another upgrade on it has a rollback",
                      instance.rollback.front().where, "a part of it would go back and the rest not",
                      "remove the rollback"});
  }
}

void lint_network(const Node& root, const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors) {
  if (plan.network && plan.network->margin_deviations != 0 && protocol.events.empty()) {
    errors.push_back({"margins cannot be judged: " + protocol.name + " has no mirror",
                      where_at(root, "network.margin_deviations"), "prices and margins are known from [[mirror.event]]",
                      "bind its events, or remove the key"});
  }
  if (!plan.network || plan.network->time == 0 || plan.halt_at == 0) return;
  const auto activation = plan.network->time;
  const auto where = where_at(root, "network.activation.time");
  if (activation < plan.halt_at + min_activation_margin_s) {
    errors.push_back({"the activation does not come after the halt", where,
                      fmt::format("every chain must be halted at finality before; at least {} s after window.halt_at",
                                  min_activation_margin_s),
                      "halt earlier"});
  }
  if (activation >= plan.switch_by) {
    errors.push_back({"the activation comes after window.switch_by", where,
                      "what it changes could not be verified before the decision", "make switch_by later"});
  }
}

}  // namespace lockstep::settings
