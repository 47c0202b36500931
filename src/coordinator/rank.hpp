#pragma once
// Who submits first. Every operator holds the same certificates; without an order all of them would pay for the same
// transaction.
#include <cstddef>

#include "coordinator/plan.hpp"

namespace lockstep::coordinator {

/// Our place when the operators of the plan are sorted by keccak256(plan hash ‖ u256 chain id ‖ operator address),
/// counted from 0: another order on every chain, so that the gas is shared. Who has no key in the set comes last (= M).
std::size_t rank_of(const Plan& plan, InstanceIndex index);

/// Big-endian, as the EVM writes a u256.
Hash32 word_of(std::uint64_t number);

}  // namespace lockstep::coordinator
