#include "settings/plan_vars.hpp"

#include <algorithm>

#include "settings/check.hpp"
#include "settings/reading.hpp"

namespace lockstep::settings {
namespace {

/// An address the protocol file knows for this instance, or "".
std::string built_in(const std::string& name, const InstanceConfig& instance) {
  if (name == "gate") return to_hex(instance.gate);
  if (name == "timelock") return to_hex(instance.timelock.address);
  if (name == "governor" && instance.governor) return to_hex(instance.governor->address);
  if (name == "upgrader" && instance.upgrader) return to_hex(instance.upgrader->address);
  constexpr std::string_view prefix = "contract.";
  if (!name.starts_with(prefix)) return {};
  const auto it = instance.contracts.find(name.substr(prefix.size()));
  return it == instance.contracts.end() ? std::string{} : to_hex(it->second.address);
}

}  // namespace

Variables::Variables(const Node& root, const Protocol& protocol, std::vector<Error>& errors) {
  const auto* vars = root.find("vars");
  if (vars == nullptr) return;
  std::vector<std::string> chains;
  chains.reserve(protocol.instances.size());
  for (const auto& instance : protocol.instances) chains.push_back(instance.chain);
  for (const auto& [name, where, value] : vars->members) {
    if (value.is_scalar()) {
      common_[name] = {value.text, where + " vars." + name};
    } else if (std::find(chains.begin(), chains.end(), name) == chains.end()) {
      errors.push_back({"[vars." + name + "] is for no chain of " + protocol.name,
                        where + " vars." + name,
                        {},
                        suggestion(name, chains)});
    } else {
      for (const auto& member : value.members)
        of_chain_[name][member.key] = {member.value.text, member.where + " vars." + name + "." + member.key};
    }
  }
}

Variables::Entry* Variables::find(const std::string& chain, const std::string& name) {
  auto& own = of_chain_[chain];
  if (const auto it = own.find(name); it != own.end()) return &it->second;
  const auto it = common_.find(name);
  return it == common_.end() ? nullptr : &it->second;
}

std::vector<std::string> Variables::known(const std::string& chain) const {
  std::vector<std::string> names;
  names.reserve(common_.size());
  for (const auto& [name, entry] : common_) names.push_back(name);
  if (const auto it = of_chain_.find(chain); it != of_chain_.end()) {
    for (const auto& [name, entry] : it->second) names.push_back(name);
  }
  return names;
}

std::string Variables::expand(const std::string& text, const InstanceConfig& instance, const std::string& where,
                              std::vector<Error>& errors) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const auto start = text.find("${", at);
    if (start == std::string::npos) return out + text.substr(at);
    const auto end = text.find('}', start);
    if (end == std::string::npos) {
      errors.push_back({"\"${\" has no closing brace", where, {}, {}});
      return {};
    }
    out += text.substr(at, start - at);
    const auto name = text.substr(start + 2, end - start - 2);
    if (auto* entry = find(instance.chain, name)) {
      entry->used = true;
      out += entry->value;
    } else if (const auto address = built_in(name, instance); !address.empty()) {
      out += address;
    } else if (reported_.emplace(instance.chain, name).second) {
      const auto close = nearest(name, known(instance.chain));
      errors.push_back(
          {"variable ${" + name + "} is not set on " + instance.chain,
           where,
           {},
           close.empty() ? "set it in [vars." + instance.chain + "] or [vars]" : "did you mean \"" + close + "\"?"});
    }
    at = end + 1;
  }
}

void Variables::report_unused(std::vector<Error>& errors) const {
  const auto report = [&](const std::string& name, const Entry& entry) {
    if (!entry.used)
      errors.push_back(
          {"variable \"" + name + "\" is never used", entry.where, {}, "remove it, or use it as ${" + name + "}"});
  };
  for (const auto& [name, entry] : common_) report(name, entry);
  for (const auto& [chain, scope] : of_chain_) {
    for (const auto& [name, entry] : scope) report(name, entry);
  }
}

}  // namespace lockstep::settings
