#include "adapters/evm/contract_events.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

struct Known {
  std::string_view signature;
  Says says = Says::every_word;
};

constexpr Known known_events[] = {
    {"Upgraded(address)"},
    {"Upgraded(address,address)"},  // Synthetix: (proxy, implementation)
    {"AdminChanged(address,address)", Says::last_word},
    {"BeaconUpgraded(address)"},
    {"DiamondCut((address,uint8,bytes4[])[],address,bytes)"},
    {"OwnershipTransferred(address,address)", Says::last_word},
    {"OwnershipTransferStarted(address,address)", Says::last_word},
    {"OwnerNominated(address)"},  // Synthetix: the next owner has to accept
    {"OwnerChanged(address,address)", Says::last_word},
    {"RoleGranted(bytes32,address,address)", Says::role_of_sender},
    {"RoleRevoked(bytes32,address,address)", Says::role_of_sender},
    {"RoleAdminChanged(bytes32,bytes32,bytes32)", Says::first_and_last},
    {"AuthorityUpdated(address)"},
    {"MinDelayChange(uint256,uint256)", Says::last_word},
    {"Paused(address)", Says::nothing},
    {"Unpaused(address)", Says::nothing},
    {"PauseAction(bool,bool,bool,bool,bool)"},  // Comet
    {"ReservePaused(address,bool)"},            // Aave
    {"ReservePaused(address)"},
    {"ReserveUnpaused(address)"},
    {"SystemSuspended(uint256)"},  // Synthetix
    {"SystemResumed(uint256)"},
    {"SystemResumed(uint256,uint256)"},
    {"FeatureFlagDenyAllSet(bytes32,bool)"},
    {"AddedOwner(address)"},  // Safe
    {"RemovedOwner(address)"},
    {"ChangedThreshold(uint256)"},
    {"EnabledModule(address)"},
    {"DisabledModule(address)"},
    {"ChangedGuard(address)"},
};

// GMX: every event of the protocol is one of three, with the hash of its name behind the first topic.
constexpr std::string_view gmx_names[] = {"GrantRole", "RevokeRole", "SignalGrantRole", "SignalRevokeRole", "SetBool"};

std::set<Hash32> gmx_topics() {
  std::string data;
  for (const std::string type : {"address", "uint256", "int256", "bool", "bytes32", "bytes", "string"})
    data += (data.empty() ? "((" : ",(") + ("(string," + type + ")[],(string," + type + "[])[])");
  data += ")";
  std::set<Hash32> topics;
  for (const std::string begin : {"EventLog(address,string,string,", "EventLog1(address,string,string,bytes32,",
                                  "EventLog2(address,string,string,bytes32,bytes32,"})
    topics.insert(crypto::keccak256(std::string_view(begin + data + ")")));
  return topics;
}

std::map<Hash32, ContractEvent> known() {
  std::map<Hash32, ContractEvent> events;
  for (const auto& [signature, says] : known_events)
    events.emplace(crypto::keccak256(signature),
                   ContractEvent{std::string(signature.substr(0, signature.find('('))), says});
  return events;
}

}  // namespace

std::optional<ContractEvent> contract_event(const Log& log) {
  static const auto events = known();
  static const auto gmx = gmx_topics();
  if (const auto event = events.find(log.topic0()); event != events.end()) return event->second;
  if (log.topics.size() < 2 || !gmx.contains(log.topics[0])) return std::nullopt;
  for (const auto name : gmx_names) {
    if (crypto::keccak256(name) == log.topics[1]) return ContractEvent{std::string(name)};
  }
  return std::nullopt;
}

std::span<const Hash32> contract_event_topics() {
  static const auto topics = [] {
    std::vector<Hash32> all;
    for (const auto& [topic, event] : known()) all.push_back(topic);
    for (const auto& topic : gmx_topics()) all.push_back(topic);
    return all;
  }();
  return topics;
}

std::vector<Hash32> words_of(const Log& log) {
  std::vector<Hash32> words;
  for (std::size_t i = 1; i < log.topics.size(); ++i) words.push_back(log.topics[i]);
  for (std::size_t at = 0; at + 32 <= log.data.size(); at += 32) {
    Hash32 word;
    std::copy_n(log.data.begin() + static_cast<std::ptrdiff_t>(at), 32, word.bytes.begin());
    words.push_back(word);
  }
  return words;
}

}  // namespace lockstep::evm
