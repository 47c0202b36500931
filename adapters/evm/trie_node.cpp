#include "adapters/evm/trie_node.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::trie::detail {
namespace {

constexpr std::uint8_t odd_flag = 1, leaf_flag = 2;

// Hex-prefix encoding (Yellow Paper, appendix C).
Bytes pack(const Path& path, bool is_leaf) {
  const bool odd = path.size() % 2 != 0;
  const auto flags = static_cast<std::uint8_t>((is_leaf ? leaf_flag : 0) | (odd ? odd_flag : 0));
  Bytes packed = {static_cast<std::uint8_t>(flags << 4 | (odd ? path[0] : 0))};
  for (std::size_t i = odd ? 1 : 0; i < path.size(); i += 2)
    packed.push_back(static_cast<std::uint8_t>(path[i] << 4 | path[i + 1]));
  return packed;
}

struct Unpacked {
  Path path;
  bool is_leaf = false;
};

std::optional<Unpacked> unpack(BytesView packed) {
  if (packed.empty()) return std::nullopt;
  const std::uint8_t flags = packed[0] >> 4, first = packed[0] & 15;
  const bool odd = (flags & odd_flag) != 0;
  if (flags > (odd_flag | leaf_flag) || (!odd && first != 0)) return std::nullopt;
  Unpacked out{.path = {}, .is_leaf = (flags & leaf_flag) != 0};
  if (odd) out.path.push_back(first);
  const auto rest = path_of(packed.subspan(1));
  out.path.insert(out.path.end(), rest.begin(), rest.end());
  return out;
}

std::optional<NodePtr> from_item(const rlp::Item& item);

// What a parent holds of a child: its hash, or the child itself if that is shorter than a hash.
std::optional<NodePtr> from_reference(const rlp::Item& item) {
  if (item.list) return from_item(item);
  if (item.bytes.empty()) return NodePtr{};
  if (item.bytes.size() != Hash32::size) return std::nullopt;
  Hash32 hash;
  std::ranges::copy(item.bytes, hash.bytes.begin());
  return hidden(hash);
}

std::optional<NodePtr> branch_from(const std::vector<rlp::Item>& items) {
  if (items[16].list || !items[16].bytes.empty()) return std::nullopt;
  auto node = std::make_unique<Node>();
  node->kind = Kind::branch;
  std::size_t count = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    auto child = from_reference(items[i]);
    if (!child) return std::nullopt;
    if (*child) ++count;
    node->children[i] = std::move(*child);
  }
  if (count < 2) return std::nullopt;
  return node;
}

std::optional<NodePtr> from_item(const rlp::Item& item) {
  if (!item.list) return item.bytes.empty() ? std::optional<NodePtr>(NodePtr{}) : std::nullopt;
  if (item.items.size() == 17) return branch_from(item.items);
  if (item.items.size() != 2 || item.items[0].list) return std::nullopt;
  auto unpacked = unpack(item.items[0].bytes);
  if (!unpacked) return std::nullopt;
  if (unpacked->is_leaf) {
    if (item.items[1].list || item.items[1].bytes.empty()) return std::nullopt;
    return leaf(std::move(unpacked->path), item.items[1].bytes);
  }
  auto child = from_reference(item.items[1]);
  if (!child || !*child || unpacked->path.empty()) return std::nullopt;
  if ((*child)->kind == Kind::leaf || (*child)->kind == Kind::extension)
    return std::nullopt;  // would have been one node
  return extension(std::move(unpacked->path), std::move(*child));
}

rlp::Item reference(const Node* node) {
  if (node != nullptr && node->kind == Kind::hidden) return rlp::text(node->hash.view());
  auto item = to_item(node);
  const auto encoded = rlp::encode(item);
  return encoded.size() < Hash32::size ? item : rlp::text(crypto::keccak256(encoded).view());
}

}  // namespace

NodePtr hidden(const Hash32& hash) {
  auto node = std::make_unique<Node>();
  node->hash = hash;
  return node;
}

NodePtr leaf(Path path, Bytes value) {
  LOCKSTEP_ASSERT(!value.empty());
  auto node = std::make_unique<Node>();
  node->kind = Kind::leaf;
  node->path = std::move(path);
  node->value = std::move(value);
  return node;
}

NodePtr extension(Path path, NodePtr child) {
  LOCKSTEP_ASSERT(child != nullptr);
  if (path.empty()) return child;
  auto node = std::make_unique<Node>();
  node->kind = Kind::extension;
  node->path = std::move(path);
  node->child = std::move(child);
  return node;
}

std::optional<NodePtr> decode(BytesView encoded) {
  const auto item = rlp::decode(encoded);
  if (!item) return std::nullopt;
  return from_item(*item);
}

rlp::Item to_item(const Node* node) {
  if (node == nullptr) return rlp::text({});
  LOCKSTEP_ASSERT(node->kind != Kind::hidden);
  if (node->kind == Kind::leaf) return rlp::sequence({rlp::text(pack(node->path, true)), rlp::text(node->value)});
  if (node->kind == Kind::extension)
    return rlp::sequence({rlp::text(pack(node->path, false)), reference(node->child.get())});
  std::vector<rlp::Item> items;
  items.reserve(node->children.size() + 1);
  for (const auto& child : node->children) items.push_back(reference(child.get()));
  items.push_back(rlp::text({}));
  return rlp::sequence(std::move(items));
}

Bytes encode(const Node* node) { return rlp::encode(to_item(node)); }

Hash32 root_of(const Node* node) {
  if (node != nullptr && node->kind == Kind::hidden) return node->hash;
  return crypto::keccak256(encode(node));
}

Path path_of(BytesView key) {
  Path path;
  path.reserve(2 * key.size());
  for (const auto byte : key) {
    path.push_back(byte >> 4);
    path.push_back(byte & 15);
  }
  return path;
}

std::size_t common_prefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::string to_text(std::span<const std::uint8_t> path) {
  std::string text;
  for (const auto nibble : path) text += "0123456789abcdef"[nibble];
  return text;
}

}  // namespace lockstep::evm::trie::detail
