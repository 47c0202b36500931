#pragma once
// Which logs a plan explains: those that its own calls can have made. Anybody may carry out a plan's certificate, and
// may do more in the same transaction, so being in it explains nothing.
#include <vector>

#include "adapters/evm/compile.hpp"
#include "adapters/evm/log.hpp"

namespace lockstep::evm {

/// For each log whether the plan explains it. `logs`: of whole blocks, ascending by (block, index). A log is explained
/// if it comes before the event by which the gate (in direct mode: the timelock) says which of the plan's calls it has
/// run in that transaction, is of a contract which those calls name, and says nothing that they do not say: whom they
/// name, what the plan switches to or back to. A role is explained as well if the gate itself granted or revoked it.
std::vector<bool> explained(const std::vector<Log>& logs, const CompiledInstance& compiled, const Hash32& plan);

/// The gate's Switched of this plan.
bool is_switched(const Log& log, const Address& gate, const Hash32& plan);
/// Direct mode: a pause or its release by the account that acts in the gate's place.
bool paused_by(const Log& log, const Address& account);

}  // namespace lockstep::evm
