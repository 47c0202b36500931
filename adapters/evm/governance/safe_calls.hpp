#pragma once
// What a Safe, or a module of one, would run: a call, or MultiSend's packed list of calls behind a delegatecall.
#include "adapters/evm/governance/dialect.hpp"

namespace lockstep::evm::governance {

/// `operation`: 0 = call, 1 = delegatecall. Nothing that can be listed for other delegatecalls.
std::vector<Call> safe_calls(const Address& to, const Uint256& value, const Bytes& data, const Uint256& operation);

}  // namespace lockstep::evm::governance
