#include "adapters/evm/interference.hpp"

#include <fmt/format.h>

#include "adapters/evm/contract_events.hpp"
#include "adapters/evm/governance/watch.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

Hash32 topic(const char* canonical) { return crypto::keccak256(std::string_view(canonical)); }

using Names = std::map<Hash32, const char*>;

const Names& gate_events() {
  static const Names names{{topic("OperatorsRotated(bytes32,address[],uint32,uint32)"), "OperatorsRotated"},
                           {topic("ForceResolved(uint64,bytes32,uint8)"), "ForceResolved"},
                           {topic("EpochSkipped(uint64)"), "EpochSkipped"},
                           {topic("GuardianChanged(address)"), "GuardianChanged"}};
  return names;
}

const Names& hand_brake_events() {
  static const Names names{{topic("HaltedNow(uint64,uint64,address)"), "HaltedNow"},
                           {topic("HaltLifted(uint64)"), "HaltLifted"}};
  return names;
}

const Hash32& cancelled() {
  static const auto hash = topic("Cancelled(bytes32)");
  return hash;
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

std::optional<std::string> told_if_known(const Log& log, const std::string& contract) {
  const auto event = contract_event(log);
  if (!event) return std::nullopt;
  return told(event->name, log, contract);
}

}  // namespace

OtherContracts called_by(const CompiledInstance& compiled) {
  const auto& leaf = compiled.leaf;
  OtherContracts contracts;
  for (const auto& call : leaf.halt_calls) contracts.try_emplace(call.target, "a breaker of the plan");
  for (const auto* calls : {&leaf.resume_calls, &leaf.switch_calls, &leaf.rollback_calls}) {
    for (const auto& call : direct::unfolded(*calls)) contracts.try_emplace(call.target, "a contract the plan calls");
  }
  return contracts;
}

std::optional<std::string> interference(const Log& log, const settings::InstanceConfig& instance,
                                        const governance::Dialects& dialects, const OtherContracts& others) {
  if (log.address == instance.gate) return told_if_named(gate_events(), log, "gate");
  for (const auto& dialect : dialects) {
    if (dialect->address() != log.address) continue;
    if (const auto event = governance::config_event(log, *dialect)) return told(*event, log, dialect->place().slot);
    return told_if_known(log, dialect->place().slot);  // it may be a proxy itself
  }
  for (const auto& [name, contract] : instance.contracts) {
    if (contract.address == log.address) return told_if_known(log, name);
  }
  const auto other = others.find(log.address);
  return other == others.end() ? std::nullopt : told_if_known(log, other->second);
}

std::optional<std::string> halted_by_hand(const Log& log, const Address& gate) {
  if (log.address != gate) return std::nullopt;
  return told_if_named(hand_brake_events(), log, "gate");
}

std::vector<Hash32> own_topics() {
  const auto known = contract_event_topics();
  std::vector<Hash32> topics(known.begin(), known.end());
  for (const auto* names : {&gate_events(), &hand_brake_events()}) {
    for (const auto& [topic, name] : *names) topics.push_back(topic);
  }
  topics.push_back(cancelled());
  return topics;
}

std::optional<std::string> cancels(const Log& log, const Leaf& leaf) {
  if (log.topics.size() != 2 || log.topics[0] != cancelled()) return std::nullopt;
  for (const auto* calls : {&leaf.switch_calls, &leaf.rollback_calls}) {
    for (const auto& call : *calls) {
      const auto execution = direct::execution_of(call);
      if (execution && execution->timelock == log.address && execution->operation.id == log.topics[1])
        return told("Cancelled", log, "timelock");
    }
  }
  return std::nullopt;
}

}  // namespace lockstep::evm
