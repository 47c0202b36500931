#include "settings/protocol_json.hpp"

#include <nlohmann/json.hpp>

namespace lockstep::settings {
namespace {

using nlohmann::json;

json instance_json(const InstanceConfig& instance) {
  json contracts = json::object();
  for (const auto& [name, ref] : instance.contracts)
    contracts[name] = {{"address", to_hex(ref.address)}, {"proxy", ref.proxy}};
  json out{{"chain", instance.chain},
           {"gate", to_hex(instance.gate)},
           {"timelock", {{"address", to_hex(instance.timelock.address)}, {"kind", instance.timelock.kind}}},
           {"governor", instance.governor
                            ? json{{"address", to_hex(instance.governor->address)}, {"kind", instance.governor->kind}}
                            : json()},
           {"deployed_at", instance.deployed_at},
           {"contracts", contracts}};
  if (instance.upgrader)
    out["upgrader"] = {{"address", to_hex(instance.upgrader->address)}, {"kind", instance.upgrader->kind}};
  if (instance.direct) {
    const auto& direct = *instance.direct;
    out["direct"] = {{"account", to_hex(direct.account)},
                     {"contracts", direct.contracts},
                     {"pause", direct.pause},
                     {"paused", direct.paused},
                     {"unpause", direct.unpause}};
  }
  return out;
}

}  // namespace

json to_json(const Protocol& protocol) {
  json operators = json::array(), instances = json::array();
  for (const auto& address : protocol.operators.addresses) operators.push_back(to_hex(address));
  for (const auto& instance : protocol.instances) instances.push_back(instance_json(instance));
  return {
      {"name", protocol.name},
      {"home", protocol.home},
      {"operators",
       {{"addresses", operators}, {"threshold", protocol.operators.threshold}, {"faulty", protocol.operators.faulty}}},
      {"events", protocol.events.size()},
      {"views", protocol.views.size()},
      {"instances", instances}};
}

}  // namespace lockstep::settings
