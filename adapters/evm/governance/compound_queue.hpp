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

/// What executing them would run into now: `proposed` if one of them is for `gate` and the timelock is not the one that
/// it obeys. Nothing if the timelock does not hold each of them at that eta.
Result<std::optional<Status>> status_in(const Address& timelock, const QueuedCalls& queued, const Uint256& eta,
                                        const Place& place, const Reader& read);

/// Four dynamic arrays in consecutive slots: targets, values, signatures, calldatas.
void add_stored(StoredWords& words, const Uint256& first_slot, const QueuedCalls& queued);

/// One of them is for the gate, or names it in its calldata.
bool names(const QueuedCalls& queued, const Address& gate);

}  // namespace lockstep::evm::governance
