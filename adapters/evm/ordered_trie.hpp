#pragma once
// The root by which a block commits to a list (Yellow Paper 4.3.2): a Merkle-Patricia trie with value i at rlp(i).
#include <span>

#include "base/bytes.hpp"

namespace lockstep::evm {

inline constexpr std::size_t max_listed = std::size_t{1} << 20;

/// At most max_listed values (asserted), none of them empty.
Hash32 ordered_root(std::span<const Bytes> values);

}  // namespace lockstep::evm
