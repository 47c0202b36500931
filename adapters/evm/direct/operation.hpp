#pragma once
// What stands in for a gate where there is none (ADR 0023): contracts that pause themselves, and two operations in a
// timelock, the switch and its inverse, which governance queued.
#include <optional>
#include <string>
#include <vector>

#include "adapters/evm/leaf.hpp"
#include "base/time.hpp"

namespace lockstep::evm::direct {

/// One batch of OpenZeppelin's TimelockController.
struct Operation {
  std::vector<Call> calls;
  Hash32 predecessor, salt;
  Hash32 id;
};

struct Contract {
  std::string name;
  Address address;
  Bytes pause, unpause, paused;  // calldata; the last one's answer is a word, not zero while paused
};

struct Setup {
  Address timelock;
  std::vector<Contract> contracts;
  Operation forward, back;  // back waits for forward as its predecessor
};

/// An operation that a call executes in a timelock.
struct Execution {
  Address timelock;
  Operation operation;
};
/// Of execute and executeBatch of OpenZeppelin's TimelockController; nothing of other calls.
std::optional<Execution> execution_of(const Call& call);
/// The calls, each that executes an operation replaced by what that runs.
std::vector<Call> unfolded(const std::vector<Call>& calls);

/// Of the plan's words: an operation with another window, epoch or operator has another id, so that who queues it
/// agrees to these. `which`: 0 forward, 1 back.
Hash32 salt(const std::string& protocol, const Leaf& leaf, std::uint64_t arm_by, unsigned which);
/// hashOperationBatch.
Hash32 operation_id(const Operation& operation);
Bytes schedule_calldata(const Operation& operation, std::uint64_t delay_s);  // scheduleBatch
Bytes execute_calldata(const Operation& operation);                          // executeBatch
Bytes timestamp_calldata(const Hash32& id);  // getTimestamp: 0 unset, 1 done, else when it is ripe

}  // namespace lockstep::evm::direct
