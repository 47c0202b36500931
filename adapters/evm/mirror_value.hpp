#pragma once
// Between ABI words and the mirror's numbers.
#include <optional>

#include "adapters/evm/abi.hpp"
#include "mirror/value.hpp"

namespace lockstep::evm {

/// An address as Address; booleans and integers as Int, signed by the type; nothing if it does not fit 127 bits or is
/// another type.
std::optional<mirror::Value> to_mirror(const abi::Type& type, const abi::Value& value);
/// Whether to_mirror() gives an Address (true), an Int (false) or never anything (nothing).
std::optional<bool> is_account(const abi::Type& type);

}  // namespace lockstep::evm
