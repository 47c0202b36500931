#pragma once
// Proposals whose calls wait in a Compound-like timelock, each under the hash of itself and one eta; Venus' and
// Compound's executors on other chains hold the calls as four lists and queue them so.
#include "adapters/evm/governance/dialect.hpp"
#include "adapters/evm/governance/solidity_storage.hpp"

namespace lockstep::evm::governance {

struct QueuedCalls final {
  abi::Value targets, values, signatures, calldatas;
  std::vector<Call> calls;  // the same, with selectors
};

/// Nothing if the lists differ in length.
std::optional<QueuedCalls> queued_calls(abi::Value targets, abi::Value values, abi::Value signatures,
                                        abi::Value calldatas);

/// Four dynamic arrays in consecutive slots: targets, values, signatures, calldatas.
void add_stored(StoredWords& words, const Uint256& first_slot, const QueuedCalls& queued);

/// What the contract that holds a proposal says of it.
struct HeldProposal {
  const char* holder;  // what it is called
  Address timelock;
  Uint256 eta;
  bool waits = false, executed = false;  // neither: cancelled
  std::string not_queued = {};           // said if it waits and the timelock does not hold its calls
  StoredWords stored = {};               // what its storage holds if the calls are those announced
};

/// Of one that waits, what executing it would run into now: `proposed` if one of its calls is for the gate and the
/// timelock is not the one that the gate obeys. What is over and concerns the gate is held against storage.
Result<Status> status_of(const QueuedCalls& queued, const HeldProposal& held, const Place& place, const Reader& read);

}  // namespace lockstep::evm::governance
