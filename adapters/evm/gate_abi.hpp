#pragma once
// The gate's functions and answers as bytes. Field for field as ILockstepGate.sol.
#include <string>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/leaf.hpp"
#include "coordinator/effect.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::evm {

Bytes status_calldata();
/// Refuses a phase or an outcome we do not know.
Result<coordinator::GateView> decode_status(BytesView answer, const coordinator::BlockRef& block);

/// engage(leaf) | switchVersion(leaf, cert) | decide(outcome, cert) | close(outcome, leaf, cert) | haltNow(cert)
Bytes submit_calldata(const coordinator::Submit& submit, const Leaf& leaf);

std::array<std::uint8_t, 4> arm_selector();
/// The plan hash an `arm` calldata would arm; nothing if it is another call.
std::optional<Hash32> armed_plan(BytesView calldata);

/// LockstepRehearsal.rehearse(leaf, andBack, views), to be called on the gate's address with the rehearsal's code put
/// there by a state override: the switch, the rollback unless there is none, then the views.
Bytes rehearse_calldata(const Leaf& leaf, bool and_back, std::span<const Call> views = {});
struct Rehearsal {
  std::uint8_t failed_step = 0;  // GateSteps.Step; 0 = all of it holds
  std::uint16_t index = 0;
  Bytes reason;
  std::vector<Bytes> results;  // of the views
};
Result<Rehearsal> decode_rehearsal(BytesView answer);
inline constexpr std::uint8_t switch_call_step = 3, rollback_call_step = 6, view_step = 9;  // of GateSteps.Step
std::string step_name(std::uint8_t step);  // "switch call", "new read", …

/// Revert data as people read it: the gate's and OpenZeppelin's errors by name with arguments, Error(string),
/// Panic(uint256), else the selector in hex.
std::string revert_text(BytesView data);

}  // namespace lockstep::evm
