#pragma once
// One plan on one instance, as the chain's thread knows it; and what must outlive a restart.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/evm/compile.hpp"
#include "adapters/evm/direct/facts.hpp"
#include "adapters/evm/direct/job.hpp"
#include "adapters/evm/state_dir.hpp"
#include "coordinator/event.hpp"

namespace lockstep::evm {

/// What E3 needs of an account later: its root at the baseline, and proofs of the slots the plan may write, as they
/// were then.
struct BaselineAccount {
  Address address;
  Hash32 root;
  std::vector<Hash32> slots;
  std::vector<std::vector<Bytes>> proofs;  // as slots
};

struct PlanMemory {
  std::uint64_t watch_from = 0;  // interference counts from this block on; 0 = not followed yet
  std::uint64_t switched_num =
      0;  // block of the last Switched of this plan; 0 = none seen. Not stored: logs come again
  std::optional<coordinator::BlockRef> baseline;
  std::vector<BaselineAccount> accounts;
  std::vector<Address> liquidatable;  // below maintenance margin at the baseline

  nlohmann::json to_json() const;
  static Result<PlanMemory> from_json(const nlohmann::json& value);
};

/// How far governance is with arm, and the seconds in which it may execute it (0 = not known, no end).
struct GovernanceSight {
  coordinator::GovernanceStage stage = coordinator::GovernanceStage::unseen;
  UnixSeconds from = 0, until = 0;
  std::string detail;
};

struct FollowedPlan {
  Hash32 hash;
  coordinator::Plan plan;
  coordinator::InstanceIndex index = 0;
  CompiledInstance compiled;
  std::uint64_t newly_liquidatable_max = 0;
  std::vector<mirror::Tolerance> tolerances;
  std::optional<NetworkChange> network;  // if this instance is on the chain that changes
  Bytes arm_calldata;
  std::size_t instance = 0;  // of the chain's instances
  bool following = false;
  PlanMemory memory;
  std::optional<coordinator::GateView> head_told;
  std::optional<coordinator::GateView> final_told;
  std::optional<coordinator::BlockRef> switched_in;  // of the fork the head is on
  std::optional<std::pair<UnixSeconds, UnixSeconds>>
      closed_without;  // switched_at, closed_at of a close that needs none
  std::optional<std::pair<coordinator::GovernanceStage, UnixSeconds>> governance_told;
  std::optional<GovernanceSight> governance;  // as last read
  std::set<std::string> interference_told;
  std::uint64_t heads_watched = 0;  // head blocks up to here were searched for it

  // Direct mode only.
  direct::Facts facts = {};
  bool facts_checked = false;  // what rests on blocks was held against the chain since our start
  bool ready = false;          // the last readiness had no red row
  bool rolled_back = false;    // in the last final block
  std::map<coordinator::Action, direct::Job> jobs = {};
  std::uint64_t open_at = 0;  // the highest head block in which something was seen not paused

  const Address& gate() const { return compiled.leaf.gate; }
  std::string memory_name() const { return "plan-" + to_hex(hash).substr(2); }
  std::string facts_name() const { return "direct-" + to_hex(hash).substr(2); }
};

/// Accounts whose storage is compared, each with the slots the plan declares to change: proxies always with their
/// implementation slot, diamonds always, observed contracts with none.
std::vector<std::pair<Address, std::vector<Hash32>>> declared_slots(const CompiledInstance& compiled);

}  // namespace lockstep::evm
