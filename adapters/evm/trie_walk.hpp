#pragma once
// A proof of the usual form, walked in place: every node is given by its hash, nothing is copied but the value. What
// has another form (a node inside its parent, above all), and whatever is wrong with a proof, is left to verify(),
// which knows every form and says what is wrong.
#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace lockstep::evm::trie::detail {

/// The value at the end of `path` under root, or its absence; nothing if verify() has to look. hashes[i] is of
/// proof[i]. Whatever this accepts, verify() accepts with the same result.
std::optional<std::optional<Bytes>> walk_in_place(const Hash32& root, const Hash32& path, std::span<const Bytes> proof,
                                                  std::span<const Hash32> hashes);

}  // namespace lockstep::evm::trie::detail
