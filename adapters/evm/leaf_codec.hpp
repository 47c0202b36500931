#pragma once
// ILockstepGate.Leaf as an ABI type and value, for every call that carries a whole leaf (arm, engage, switchVersion,
// close).
#include "adapters/evm/abi.hpp"
#include "adapters/evm/leaf.hpp"

namespace lockstep::evm {

/// Canonical text of the struct, to be put into a function signature.
inline constexpr const char* leaf_type_text =
    "(uint256,address,uint64,uint64,uint64,uint64,bytes32,uint32,uint32,"
    "(address,uint256,bytes)[],(address,uint256,bytes)[],(address,uint256,bytes)[],(address,uint256,bytes)[],"
    "(address,bytes32)[],(address,bytes,uint16,uint8,bytes32)[],"
    "(address,bytes32)[],(address,bytes,uint16,uint8,bytes32)[],"
    "(address,bytes,uint16)[],(uint32,uint32)[])";

const abi::Type& leaf_type();
abi::Value leaf_value(const Leaf& leaf);

}  // namespace lockstep::evm
