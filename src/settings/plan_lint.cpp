#include "settings/plan_lint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

bool allows(const StageText& stage, std::string_view action) {
  return std::any_of(stage.allow.begin(), stage.allow.end(),
                     [&](const std::string& a) { return a == action || a == "ALL"; });
}

/// When an action class first opens, in seconds after the close; nothing = never.
std::optional<std::uint64_t> opens_at(const PlanDocument& plan, std::string_view action) {
  for (const auto& stage : plan.resume) {
    if (allows(stage, action)) return stage.after_s;
  }
  return std::nullopt;
}

void lint_resume(const Node& root, const PlanDocument& plan, std::vector<Error>& errors) {
  const auto where = where_at(root, "policy.resume");
  if (plan.resume.empty()) return;
  for (std::size_t i = 1; i < plan.resume.size(); ++i) {
    if (plan.resume[i].after_s > plan.resume[i - 1].after_s) continue;
    errors.push_back({fmt::format("resume stage {} is not later than the one before", i + 1), where,
                      fmt::format("{} s after {} s", plan.resume[i].after_s, plan.resume[i - 1].after_s),
                      "order the stages by `after`"});
  }
  const auto& last = plan.resume.back().allow;
  if (std::find(last.begin(), last.end(), "ALL") == last.end()) {
    errors.push_back({"the last resume stage does not allow ALL", where, "the instance would never open fully",
                      "add { after = …, allow = [\"ALL\"] }"});
  }
  const auto liquidate = opens_at(plan, "LIQUIDATE");
  for (const char* action : {"DEPOSIT", "CANCEL"}) {
    const auto opens = opens_at(plan, action);
    if (!liquidate || (opens && *opens <= *liquidate)) continue;
    errors.push_back({fmt::format("LIQUIDATE opens before {}", action), where,
                      "accounts could be liquidated before they can defend themselves",
                      fmt::format("allow {} in an earlier stage", action)});
  }
}

void lint_oracle(const Node& root, const PlanDocument& plan, std::vector<Error>& errors) {
  const auto* oracle = at(root, "policy.oracle");
  if (oracle == nullptr) {
    errors.push_back({"policy.oracle is missing", where_at(root, "policy"),
                      "trading would reopen on prices of unknown age",
                      "list { contract, call } of every price time, or write oracle = [] to accept that"});
  } else if (!oracle->items.empty() && plan.oracle_age_max_s == 0) {
    errors.push_back({"policy.oracle_age_max is missing", where_at(root, "policy"),
                      "policy.oracle has no age to compare with", "add oracle_age_max = \"60s\""});
  }
}

bool has_code_hash(const std::string& text) {
  const auto hash = fixed_from_hex<Hash32>(text);
  return hash && !hash->is_zero();
}

void lint_code(const PlanInstance& instance, const InstanceConfig& config, const PlanDocument& plan,
               std::vector<Error>& errors) {
  for (const auto& [contract, hash] : instance.new_codehash) {
    const auto where = fmt::format("{} upgrade of {} on {}", plan.file, contract, instance.chain);
    const auto old = instance.old_codehash.find(contract);
    const auto old_hash = old == instance.old_codehash.end() ? std::string{} : old->second;
    const std::string next = "write 0x and 64 hexadecimal digits, as extcodehash gives them";
    if (!has_code_hash(hash))
      errors.push_back({"expect.codehash \"" + hash + "\" is not a code hash", where, "", next});
    if (!has_code_hash(old_hash))
      errors.push_back({"expect.old_codehash \"" + old_hash + "\" is not a code hash", where, "", next});
    const auto it = config.contracts.find(contract);
    const bool proxied = it != config.contracts.end() && it->second.proxy != "none";
    if (proxied && has_code_hash(hash) && fixed_from_hex<Hash32>(hash) == fixed_from_hex<Hash32>(old_hash)) {
      errors.push_back(
          {"expect.codehash and expect.old_codehash are equal", where, "the upgrade would change nothing", {}});
    }
  }
}

}  // namespace

void lint_window(const Node& root, const PlanDocument& plan, std::vector<Error>& errors) {
  if (plan.halt_at == 0 || at(root, "window.switch_by") == nullptr || at(root, "window.decide_by") == nullptr) return;
  const auto switch_s = plan.switch_by - plan.halt_at, decide_s = plan.decide_by - plan.halt_at;
  if (switch_s < min_switch_window_s) {
    errors.push_back({fmt::format("window.switch_by leaves {} s for the switch", switch_s),
                      where_at(root, "window.switch_by"),
                      fmt::format("at least {} s after halt_at are needed", min_switch_window_s),
                      {}});
  }
  if (plan.decide_by < plan.switch_by + min_decide_margin_s) {
    errors.push_back(
        {"window.decide_by does not come after switch_by", where_at(root, "window.decide_by"),
         fmt::format(
             "switch_by is {} s and decide_by {} s after halt_at; a verified switch needs at least {} s to be decided",
             switch_s, decide_s, min_decide_margin_s),
         "make decide_by later"});
  }
}

void lint_policy(const Node& root, const PlanDocument& plan, std::vector<Error>& errors) {
  if (root.find("policy") == nullptr) return;
  lint_resume(root, plan, errors);
  lint_oracle(root, plan, errors);
}

void lint_instances(const PlanDocument& plan, const Protocol& protocol, std::vector<Error>& errors) {
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& instance = plan.instances[i];
    if (instance.halt.empty() != instance.resume.empty()) {
      errors.push_back({"halt and resume calls on \"" + instance.chain + "\" do not go together",
                        plan.file,
                        instance.halt.empty() ? "there is a resume call but no halt call"
                                              : "there is a halt call but no resume call",
                        {}});
    }
    lint_code(instance, protocol.instances[i], plan, errors);
  }
}

}  // namespace lockstep::settings
