#include "settings/plan_direct.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

struct Refusals {
  std::vector<Error>& errors;
  void add(std::string what, std::string where, std::string why, std::string next) {
    errors.push_back({std::move(what), std::move(where), std::move(why), std::move(next)});
  }
};

void check_policy(const Node& root, const PlanDocument& plan, Refusals& refuse) {
  const bool at_once = plan.resume.size() == 1 && plan.resume.front().after_s == 0 &&
                       plan.resume.front().allow == std::vector<std::string>{"ALL"};
  if (!at_once)
    refuse.add("direct mode opens everything at once", where_at(root, "policy.resume"),
               "pause() knows no action classes", "write resume = [ { after = \"0s\", allow = [\"ALL\"] } ]");
  if (at(root, "policy.halted_allow") != nullptr && !plan.halted_allow.empty())
    refuse.add("direct mode allows nothing by class while paused", where_at(root, "policy.halted_allow"),
               "what a paused contract still does is written in its code", "leave it out");
  if (plan.kind == PlanKind::network)
    refuse.add("direct mode has no network plans", where_at(root, "kind"), "", "use gates");
}

void check_instance(const PlanDocument& plan, const PlanInstance& instance, Refusals& refuse) {
  const auto where = plan.file + ": instance on " + instance.chain;
  if (!instance.halt.empty() || !instance.resume.empty())
    refuse.add("halt and resume calls are the protocol file's in direct mode", where, "", "leave them out of the plan");
  if (instance.switch_calls.empty() || instance.rollback.empty())
    refuse.add("direct mode needs a switch and a rollback on every instance", where,
               "both are queued in the timelock before anything is paused", "add the missing one");
  const auto sends = [](const CallText& call) { return call.value != "0"; };
  if (std::ranges::any_of(instance.switch_calls, sends) || std::ranges::any_of(instance.rollback, sends))
    refuse.add("a call sends value in direct mode", where, "the relayer's account pays for gas only", "send none");
  if (!instance.oracles.empty())
    refuse.add("direct mode cannot keep a market closed while prices are old", where,
               "only a gate refuses to open then", "write policy.oracle = []");
}

}  // namespace

void add_direct(const Node& root, const Protocol& protocol, PlanDocument& plan, std::vector<Error>& errors) {
  if (!is_direct(protocol)) return;
  Refusals refuse{errors};
  check_policy(root, plan, refuse);
  plan.halted_allow.clear();
  for (auto& instance : plan.instances) {
    check_instance(plan, instance, refuse);
    const auto declared = std::ranges::find(protocol.instances, instance.chain, &InstanceConfig::chain);
    if (declared == protocol.instances.end() || !declared->direct) continue;
    const auto& direct = *declared->direct;
    const auto where = protocol.file.string() + ": direct on " + instance.chain;
    const auto call = [&](const std::string& contract, const std::string& signature) {
      return CallText{.contract = contract, .signature = signature, .args = {}, .value = "0", .where = where};
    };
    instance.halt.clear();
    instance.resume.clear();
    for (const auto& contract : direct.contracts) {
      instance.halt.push_back(call(contract, direct.pause));
      instance.resume.push_back(call(contract, direct.unpause));
    }
  }
}

}  // namespace lockstep::settings
