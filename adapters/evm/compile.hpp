#pragma once
// A plan document and a protocol become what is hashed, armed and later checked. Offline and deterministic.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/direct/operation.hpp"
#include "adapters/evm/leaf.hpp"
#include "coordinator/plan.hpp"
#include "mirror/mirror.hpp"
#include "mirror/tolerance.hpp"
#include "settings/config.hpp"
#include "settings/plan_document.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

struct DeclaredWrite {
  Address account;
  Hash32 slot;
  Uint256 value = 0;
  std::string name;
};
/// A proxy whose implementation the plan changes.
struct ProxyChange {
  std::string contract;
  Address proxy, old_implementation, new_implementation;
  Hash32 old_code_hash, new_code_hash;
  std::string old_layout = {}, new_layout = {};  // files with solc's storageLayout; empty: not given
};

/// A diamond (EIP-2535) that the plan cuts; its versions: diamond.hpp.
struct DiamondChange {
  std::string contract;
  Address diamond;
  Hash32 old_version, new_version;
};

/// From which block on an instance without switch calls counts as switched: the first at or past both.
struct Onset {
  UnixSeconds time = 0;
  std::uint64_t num = 0;
};

/// The change of a chain's base layer that a network plan observes, and what is tolerated after it (0 = no bound).
struct NetworkChange {
  coordinator::InstanceIndex instance = 0;
  UnixSeconds time = 0;
  std::uint64_t block = 0;
  std::uint64_t block_interval_max_s = 0, finality_lag_max_s = 0, margin_deviations = 0;
};

struct CompiledInstance {
  std::string chain;
  Leaf leaf;
  Hash32 leaf_hash;
  std::vector<Hash32> siblings;
  std::vector<ProxyChange> proxies;
  std::vector<DiamondChange> diamonds = {};
  std::vector<DeclaredWrite> writes;    // E3: exactly these storage slots may change
  std::vector<mirror::Delta> deltas;    // E4: exactly these mirror fields may change
  std::vector<Address> observed;        // E3: contracts whose whole storage stays as it is; ascending
  bool bare = false;                    // no contracts: nothing to mirror
  Address timelock, governor;           // governor zero if none
  Onset onset;                          // without switch calls only
  std::optional<direct::Setup> direct;  // of an instance without a gate; leaf.gate is then the relayer's account
};

/// The calls people wrote. In direct mode the leaf has them wrapped in operations of the timelock.
const std::vector<Call>& declared_switch(const CompiledInstance& instance);
const std::vector<Call>& declared_rollback(const CompiledInstance& instance);

struct CompiledPlan {
  coordinator::Plan plan;
  std::string document;  // canonical JSON (RFC 8785) of everything that was decided
  Hash32 document_hash;
  std::uint64_t newly_liquidatable_max = 0;
  std::vector<mirror::Tolerance> tolerances;  // E4 and E5 after the switch; ascending by table and field
  std::optional<NetworkChange> network;       // of a network plan
  std::vector<CompiledInstance> instances;    // as plan.instances
};

bool is_direct(const CompiledPlan& plan);  // without gates

/// chain_ids: chain name → chain id, of every chain the protocol names.
std::expected<CompiledPlan, std::vector<Error>> compile(const settings::PlanDocument& document,
                                                        const settings::Protocol& protocol,
                                                        const std::map<std::string, std::uint64_t>& chain_ids);

/// Calldata of gate.arm(planHash, leaf, proof), for the governance proposal.
Bytes arm_calldata(const CompiledPlan& plan, std::size_t instance);

}  // namespace lockstep::evm
