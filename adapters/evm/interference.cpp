#include "adapters/evm/interference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "adapters/evm/governance/watch.hpp"
#include "adapters/evm/prove.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

Hash32 topic(const char* canonical) { return crypto::keccak256(std::string_view(canonical)); }

using Names = std::map<Hash32, const char*>;

const Names& contract_events() {
  static const Names names{{topic("Upgraded(address)"), "Upgraded"},
                           {topic("AdminChanged(address,address)"), "AdminChanged"},
                           {topic("BeaconUpgraded(address)"), "BeaconUpgraded"},
                           {topic("DiamondCut((address,uint8,bytes4[])[],address,bytes)"), "DiamondCut"},
                           {topic("OwnershipTransferred(address,address)"), "OwnershipTransferred"},
                           {topic("RoleGranted(bytes32,address,address)"), "RoleGranted"},
                           {topic("RoleRevoked(bytes32,address,address)"), "RoleRevoked"},
                           {topic("Paused(address)"), "Paused"},
                           {topic("Unpaused(address)"), "Unpaused"}};
  return names;
}

const Names& gate_events() {
  static const Names names{{topic("OperatorsRotated(bytes32,address[],uint32,uint32)"), "OperatorsRotated"},
                           {topic("ForceResolved(uint64,bytes32,uint8)"), "ForceResolved"},
                           {topic("EpochSkipped(uint64)"), "EpochSkipped"},
                           {topic("GuardianChanged(address)"), "GuardianChanged"}};
  return names;
}

std::string told(const std::string& event, const Log& log, const std::string& contract) {
  auto text = fmt::format("{} on {} ({}) in transaction {}", event, contract, to_hex(log.address), to_hex(log.txn));
  for (std::size_t i = 1; i < log.topics.size(); ++i) text += (i == 1 ? ": " : ", ") + to_hex(log.topics[i]);
  return text;
}

std::optional<std::string> told_if_named(const Names& names, const Log& log, const std::string& contract) {
  const auto it = names.find(log.topic0());
  if (it == names.end()) return std::nullopt;
  return told(it->second, log, contract);
}

bool is_of(const Log& log, const Address& gate, const Hash32& plan, const Hash32& wanted) {
  return log.address == gate && log.topics.size() == 3 && log.topics[0] == wanted && log.topics[2] == plan;
}

}  // namespace

std::optional<std::string> interference(const Log& log, const settings::InstanceConfig& instance,
                                        const governance::Dialects& dialects, const std::set<Address>& brakes) {
  if (log.address == instance.gate) return told_if_named(gate_events(), log, "gate");
  for (const auto& dialect : dialects) {
    if (dialect->address() != log.address) continue;
    if (const auto event = governance::config_event(log, *dialect)) return told(*event, log, dialect->place().slot);
    return told_if_named(contract_events(), log, dialect->place().slot);  // it may be a proxy itself
  }
  for (const auto& [name, contract] : instance.contracts) {
    if (contract.address == log.address) return told_if_named(contract_events(), log, name);
  }
  if (brakes.contains(log.address)) return told_if_named(contract_events(), log, "a breaker of the plan");
  return std::nullopt;
}

bool is_switched(const Log& log, const Address& gate, const Hash32& plan) {
  static const auto switched = topic("Switched(uint64,bytes32)");
  return is_of(log, gate, plan, switched);
}

bool carries_out_direct(const Log& log, const direct::Setup& setup) {
  static const auto executed = topic("CallExecuted(bytes32,uint256,address,uint256,bytes)");
  if (log.address != setup.timelock || log.topics.size() != 3 || log.topics[0] != executed) return false;
  return log.topics[1] == setup.forward.id || log.topics[1] == setup.back.id;
}

bool paused_by(const Log& log, const Address& account) {
  static const auto paused = topic("Paused(address)"), unpaused = topic("Unpaused(address)");
  if (log.topics.size() != 1 || (log.topics[0] != paused && log.topics[0] != unpaused) || log.data.size() != 32)
    return false;
  Hash32 word;
  std::ranges::copy(log.data, word.bytes.begin());
  return to_address(from_word(word)) == account;
}

std::optional<std::string> cancels(const Log& log, const Leaf& leaf) {
  static const auto cancelled = topic("Cancelled(bytes32)");
  if (log.topics.size() != 2 || log.topics[0] != cancelled) return std::nullopt;
  for (const auto* calls : {&leaf.switch_calls, &leaf.rollback_calls}) {
    for (const auto& call : *calls) {
      const auto execution = direct::execution_of(call);
      if (execution && execution->timelock == log.address && execution->operation.id == log.topics[1])
        return told("Cancelled", log, "timelock");
    }
  }
  return std::nullopt;
}

bool carries_out(const Log& log, const Address& gate, const Hash32& plan) {
  static const auto engaged = topic("Engaged(uint64,bytes32)"), rolled_back = topic("RolledBack(uint64,bytes32)"),
                    closed = topic("Closed(uint64,bytes32,uint8)");
  return is_switched(log, gate, plan) || is_of(log, gate, plan, engaged) || is_of(log, gate, plan, rolled_back) ||
         is_of(log, gate, plan, closed);
}

}  // namespace lockstep::evm
