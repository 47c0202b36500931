#include <algorithm>

#include "adapters/evm/trie.hpp"
#include "adapters/evm/trie_node.hpp"
#include "adapters/evm/trie_values.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::trie {
namespace {

using detail::Kind;
using detail::NodePtr;

std::unexpected<Error> refuse(std::size_t node, std::string why) {
  return fail("state proof refused", "node " + std::to_string(node), std::move(why), "ask another endpoint");
}

// The proof's nodes in order. Every one has to be used: the endpoint said it belongs to this key.
class Nodes {
 public:
  explicit Nodes(std::span<const Bytes> nodes) : nodes_(nodes) {}

  Result<NodePtr> take(const Hash32& hash) {
    if (at_ == nodes_.size()) return refuse(at_, "the proof ends before it shows the value or its absence");
    if (nodes_[at_].size() > max_node_bytes) return refuse(at_, "the node is too long");
    if (crypto::keccak256(nodes_[at_]) != hash) return refuse(at_, "the node does not hash to " + to_hex(hash));
    auto node = detail::decode(nodes_[at_]);
    if (!node) return refuse(at_, "not a node of a trie");
    ++at_;
    return std::move(*node);
  }
  // Some endpoints list a node that its parent holds inline once more.
  void skip_inline(const detail::Node* node) {
    if (at_ < nodes_.size() && nodes_[at_] == detail::encode(node)) ++at_;
  }
  template <class T>
  Result<T> used(T result) const {
    if (at_ != nodes_.size()) return refuse(at_, "a node that the key does not lead to");
    return result;
  }
  std::size_t at() const { return at_; }

 private:
  std::span<const Bytes> nodes_;
  std::size_t at_ = 0;
};

using Shown = std::optional<Bytes>;

Result<Shown> walk(const Hash32& root, const detail::Path& path, Nodes& nodes) {
  auto node = nodes.take(root);
  std::size_t depth = 0;
  while (node) {
    if (*node == nullptr) return nodes.used(Shown{});
    const auto rest = std::span(path).subspan(depth);
    NodePtr next;
    if ((*node)->kind == Kind::branch) {
      if (rest.empty()) return refuse(nodes.at(), "a branch where the key has ended");
      next = std::move((*node)->children[rest[0]]);
      depth += 1;
    } else {
      const auto& own = (*node)->path;
      const bool here = own.size() <= rest.size() && std::ranges::equal(own, rest.first(own.size()));
      const bool is_leaf = (*node)->kind == Kind::leaf;
      if (is_leaf ? own.size() != rest.size() : own.size() >= rest.size())
        return refuse(nodes.at(), "the key's length does not fit");
      if (!here) return nodes.used(Shown{});
      if (is_leaf) return nodes.used(Shown{std::move((*node)->value)});
      next = std::move((*node)->child);
      depth += own.size();
    }
    if (next == nullptr) return nodes.used(Shown{});
    if (next->kind == Kind::hidden) {
      node = nodes.take(next->hash);
    } else {
      nodes.skip_inline(next.get());
      node = std::move(next);
    }
  }
  return std::unexpected(std::move(node.error()));
}

}  // namespace

Hash32 empty_root() {
  static const Hash32 root = crypto::keccak256(rlp::encode(rlp::text({})));
  return root;
}

Result<std::optional<Bytes>> verify(const Hash32& root, BytesView key, std::span<const Bytes> proof) {
  if (proof.size() > max_proof_nodes)
    return refuse(max_proof_nodes, "the proof has " + std::to_string(proof.size()) + " nodes");
  if (root == empty_root() && proof.empty()) return std::nullopt;
  Nodes nodes(proof);
  return walk(root, detail::path_of(crypto::keccak256(key).view()), nodes);
}

Result<Account> verify_account(const Hash32& state_root, const Address& address, std::span<const Bytes> proof) {
  return detail::account_of(verify(state_root, address.view(), proof));
}

Result<Uint256> verify_slot(const Hash32& storage_root, const Hash32& slot, std::span<const Bytes> proof) {
  return detail::slot_value(slot.view(), verify(storage_root, slot.view(), proof));
}

bool keeps_zero(const Hash32& storage_root, const Hash32& slot, std::span<const Bytes> proof) {
  const auto shown = verify(storage_root, slot.view(), proof);
  return shown && *shown && **shown == rlp::encode(rlp::integer(0));
}

}  // namespace lockstep::evm::trie
