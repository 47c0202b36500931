#pragma once
// An upgrade need not emit an event, and an event need not be true: what an instance runs is read from its proved
// state.
#include "adapters/evm/check.hpp"

namespace lockstep::evm {

/// One sentence per proxy whose implementation, and per account whose code, is not what the plan expects before its
/// switch (or after it, expect_new). `state` holds code_requests(compiled, expect_new).
std::vector<std::string> strange_code(const CompiledInstance& compiled, bool expect_new, const ProvedState& state);

}  // namespace lockstep::evm
