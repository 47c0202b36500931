#include <algorithm>
#include <limits>

#include "adapters/evm/trie.hpp"
#include "adapters/evm/trie_node.hpp"
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

std::optional<Uint256> number(const rlp::Item& item) {
  if (item.list || item.bytes.size() > Hash32::size || (!item.bytes.empty() && item.bytes[0] == 0)) return std::nullopt;
  Hash32 word;
  std::ranges::copy(item.bytes, word.bytes.end() - static_cast<std::ptrdiff_t>(item.bytes.size()));
  return from_word(word);
}

std::optional<Hash32> hash(const rlp::Item& item) {
  if (item.list || item.bytes.size() != Hash32::size) return std::nullopt;
  Hash32 value;
  std::ranges::copy(item.bytes, value.bytes.begin());
  return value;
}

std::unexpected<Error> no_account(std::string why) { return fail("state proof refused", "account", std::move(why)); }

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
  const auto shown = verify(state_root, address.view(), proof);
  if (!shown) return std::unexpected(shown.error());
  Account account{.nonce = 0, .balance = 0, .storage_root = empty_root(), .code_hash = crypto::keccak256(BytesView{})};
  if (!*shown) return account;
  const auto item = rlp::decode(**shown);
  if (!item || !item->list || item->items.size() != 4) return no_account("not a list of four");
  const auto nonce = number(item->items[0]), balance = number(item->items[1]);
  const auto storage_root = hash(item->items[2]), code_hash = hash(item->items[3]);
  if (!nonce || *nonce > std::numeric_limits<std::uint64_t>::max())
    return no_account("the nonce is not a number of 64 bits");
  if (!balance || !storage_root || !code_hash)
    return no_account("the balance, storage root or code hash has the wrong form");
  account.nonce = static_cast<std::uint64_t>(*nonce);
  account.balance = *balance;
  account.storage_root = *storage_root;
  account.code_hash = *code_hash;
  return account;
}

Result<Uint256> verify_slot(const Hash32& storage_root, const Hash32& slot, std::span<const Bytes> proof) {
  const auto shown = verify(storage_root, slot.view(), proof);
  if (!shown) return std::unexpected(shown.error());
  if (!*shown) return Uint256(0);
  const auto item = rlp::decode(**shown);
  const auto value = item ? number(*item) : std::nullopt;
  if (!value)
    return fail("state proof refused", "slot " + to_hex(slot), "the value is not a number of at most 256 bits");
  return *value;
}

bool keeps_zero(const Hash32& storage_root, const Hash32& slot, std::span<const Bytes> proof) {
  const auto shown = verify(storage_root, slot.view(), proof);
  return shown && *shown && **shown == rlp::encode(rlp::integer(0));
}

}  // namespace lockstep::evm::trie
