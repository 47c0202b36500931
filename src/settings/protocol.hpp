#pragma once
// protocols/<name>.toml: what the protocol team declares: where its instances are, who governs them, how events and
// views feed the mirror.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace lockstep::settings {

struct GovernanceRef {
  Address address;
  std::string kind = "oz";
};

struct ContractRef {
  Address address;
  std::string abi;             // path, for people and tools; Lockstep itself works from signatures
  std::string proxy = "none";  // none | erc1967 | diamond
};

/// An instance without a gate: the relayer's own account pauses, executes and unpauses.
struct DirectConfig {
  Address account;
  std::vector<std::string> contracts;  // names of [instance.contracts]
  std::string pause, unpause, paused;  // signatures
};

/// A market that the chain names by an address.
struct MarketRef {
  std::uint32_t id = 0;  // in the mirror, the same on every chain
  Address address;
};

struct InstanceConfig {
  std::string chain;
  Address gate;  // in direct mode the account, which acts in a gate's place
  std::optional<DirectConfig> direct;
  GovernanceRef timelock;
  std::optional<GovernanceRef> governor;
  std::optional<GovernanceRef> upgrader;  // holds the right to upgrade; the gate only executes in it
  std::map<std::string, ContractRef> contracts;
  std::map<std::string, MarketRef> markets;
  std::uint64_t deployed_at = 0;  // block from which its events are read
};

/// signature: "Deposited(address indexed account, uint256 amount)"; bind: mirror operation field → event parameter, a
/// number, or arithmetic on them (mirror/expression.hpp); when: only of events of which this holds
/// (mirror/condition.hpp).
struct EventBinding {
  std::string contract;  // empty = any contract of the instance
  std::string signature;
  std::string op;
  std::map<std::string, std::string> bind;
  std::string where;
  std::string when = {};
};

/// signature: "positionOf(address account, uint32 market) view returns (int256 size, …)"; arguments are key parts of
/// the table by name, others are in args; bind: mirror field → return value, or arithmetic on them.
struct ViewBinding {
  std::string contract;  // or empty, with at
  std::string table;
  std::string signature;
  std::map<std::string, std::string> bind;
  std::string where;
  std::string at = {};                           // "market": the address of the row's market
  std::map<std::string, std::string> args = {};  // parameter → number, address or name of a contract
  bool observe = false;                          // believed instead of compared; what follows from it is compared
};

struct OperatorSetConfig {
  std::vector<Address> addresses;
  std::uint32_t threshold = 1, faulty = 0;
};

struct Protocol {
  std::uint32_t version = 1;
  std::string name;
  std::string home;  // chain id (name) of the home gate
  OperatorSetConfig operators;
  std::vector<InstanceConfig> instances;
  std::vector<EventBinding> events;
  std::vector<ViewBinding> views;
  std::filesystem::path file;
};

/// Without gates: the assurance is degraded.
bool is_direct(const Protocol& protocol);

std::expected<Protocol, std::vector<Error>> load_protocol(const std::filesystem::path& file);

}  // namespace lockstep::settings
