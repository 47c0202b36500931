#pragma once
// The eight states that GovernorAlpha introduced and every governor since has kept, with the same numbers.
#include "adapters/evm/governance/dialect.hpp"

namespace lockstep::evm::governance {

/// `answer` to state(uint256). `eta`: 0 where there is none. Nothing if it is no such number.
std::optional<Status> governor_status(const std::optional<Uint256>& state, UnixSeconds eta, UnixSeconds now);

/// ProposalCreated of GovernorAlpha, GovernorBravo and OpenZeppelin's Governor: one topic, told apart by emitter.
const EventShape& proposal_created();

/// The calls of such a proposal, with the selectors of signatures put in front; nothing if the lists differ in length.
std::optional<std::vector<Call>> governor_calls(const abi::Value& targets, const abi::Value& values,
                                                const abi::Value& signatures, const abi::Value& calldatas);
/// The same of proposals that have no signatures.
std::optional<std::vector<Call>> governor_calls(const abi::Value& targets, const abi::Value& values,
                                                const abi::Value& calldatas);
/// calldata, or the selector of a signature and then calldata.
Bytes with_selector(const Bytes& signature, const Bytes& calldata);

}  // namespace lockstep::evm::governance
