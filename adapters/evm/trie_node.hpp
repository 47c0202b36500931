#pragma once
// One node of a Merkle-Patricia trie and what hangs below it, as far as it is revealed (Yellow Paper, appendix D).
// Values sit in leaves only: keys are hashes, all of one length.
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/evm/rlp.hpp"
#include "base/result.hpp"

namespace lockstep::evm::trie::detail {

using Path = std::vector<std::uint8_t>;  // nibbles

struct Node;
using NodePtr = std::unique_ptr<Node>;  // null is the empty trie

enum class Kind : std::uint8_t { hidden, leaf, extension, branch };

struct Node {
  Kind kind = Kind::hidden;
  Hash32 hash;                            // hidden
  Path path;                              // leaf, extension
  Bytes value;                            // leaf; never empty
  NodePtr child;                          // extension; never null
  std::array<NodePtr, 16> children = {};  // branch; at least two
};

NodePtr hidden(const Hash32& hash);
NodePtr leaf(Path path, Bytes value);
/// The child itself if the path is empty.
NodePtr extension(Path path, NodePtr child);

/// Children given by hash are hidden, children given inline are decoded. Nothing if it is no node; the empty string is
/// the null node.
std::optional<NodePtr> decode(BytesView encoded);
rlp::Item to_item(const Node* node);
Bytes encode(const Node* node);
/// The hash of the encoding, as a root is made.
Hash32 root_of(const Node* node);

Path path_of(BytesView key);  // two nibbles a byte, high first
std::size_t common_prefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);
std::string to_text(std::span<const std::uint8_t> path);  // hexadecimal digits

}  // namespace lockstep::evm::trie::detail
