#pragma once
// Which slots the switch would write, before anybody halts: debug_traceCall of the rehearsal's switch with the state
// override of ADR 0007, by go-ethereum's prestateTracer in diff mode. E3 proves the same after the switch; here it is
// what K endpoints say alike, since a trace cannot be proved.
#include <map>

#include "adapters/evm/check.hpp"

namespace lockstep::evm {

/// Slots whose value the call changes, with the value after it.
using TracedWrites = std::map<Address, std::map<Hash32, Uint256>>;

/// From a result {"pre": {account: {"storage": {slot: word}}}, "post": …}; what is in pre and not in post became zero.
Result<TracedWrites> parse_state_diff(const nlohmann::json& result);

/// Row shadow-writes: of the accounts whose storage E3 compares, what the plan declares and nothing else is written. A
/// row more if the switch writes accounts that nobody compares. Amber if K endpoints do not trace alike, or at all.
/// `now` has the declared slots at `block`. Reads for itself.
void add_traced_rows(Rows& rows, EndpointPool& pool, const FollowedPlan& plan, const ProvedState& now,
                     const Hash32& block);
/// The same, of what was traced.
void compare_traced(Rows& rows, const CompiledInstance& compiled, const ProvedState& now, const TracedWrites& traced);

}  // namespace lockstep::evm
