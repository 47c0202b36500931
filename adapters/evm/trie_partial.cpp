#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "adapters/evm/trie.hpp"
#include "adapters/evm/trie_node.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::trie {

using detail::Kind;
using detail::NodePtr;
using detail::Path;
using Rest = std::span<const std::uint8_t>;  // what is left of the key below a node

namespace {

using Encodings = std::unordered_map<Hash32, Bytes>;

Encodings encodings(std::span<const std::vector<Bytes>> proofs) {
  std::vector<BytesView> nodes;
  for (const auto& proof : proofs) nodes.insert(nodes.end(), proof.begin(), proof.end());
  std::vector<Hash32> hashes(nodes.size());
  crypto::keccak256(nodes, hashes);
  Encodings known;
  for (std::size_t i = 0; i < nodes.size(); ++i) known.try_emplace(hashes[i], nodes[i].begin(), nodes[i].end());
  return known;
}

Path joined(Rest a, Rest b) {
  Path path(a.begin(), a.end());
  path.insert(path.end(), b.begin(), b.end());
  return path;
}

// Puts the node that hashes to what is hidden here in its place, if it is known.
void show(NodePtr& node, const Encodings& known) {
  if (!node || node->kind != Kind::hidden) return;
  const auto found = known.find(node->hash);
  auto shown = found == known.end() ? std::nullopt : detail::decode(found->second);
  if (shown && *shown) node = std::move(*shown);
}

// Only along one path: a forged trie may refer to the same node from everywhere, and would unfold without end.
void show_along(NodePtr& top, Rest rest, const Encodings& known) {
  for (NodePtr* at = &top;;) {
    show(*at, known);
    auto* node = at->get();
    if (node == nullptr || node->kind == Kind::hidden || node->kind == Kind::leaf) return;
    const std::size_t steps = node->kind == Kind::branch ? 1 : node->path.size();
    if (rest.size() < steps || (node->kind == Kind::extension && !std::ranges::equal(node->path, rest.first(steps))))
      return;
    at = node->kind == Kind::branch ? &node->children[rest[0]] : &node->child;
    rest = rest.subspan(steps);
  }
}

// Every hidden child of a revealed node; what is shown is not entered.
void show_children(const NodePtr& node, const Encodings& known) {
  if (!node) return;
  const auto visit = [&](NodePtr& child) {
    if (child && child->kind == Kind::hidden) return show(child, known);
    show_children(child, known);
  };
  visit(node->child);
  for (auto& child : node->children) visit(child);
}

// Whether what is left of the key can end in or below this node. Only a forged trie has others.
bool fits(const detail::Node& node, Rest rest) {
  if (node.kind == Kind::leaf) return node.path.size() == rest.size();
  return node.kind == Kind::hidden || rest.size() > node.path.size();
}

// What is left of a branch whose other children are gone: a node with one step more in its path.
NodePtr merged(std::uint8_t step, NodePtr child) {
  const Path first = {step};
  if (child->kind == Kind::leaf) return detail::leaf(joined(first, child->path), std::move(child->value));
  if (child->kind == Kind::extension) return detail::extension(joined(first, child->path), std::move(child->child));
  return detail::extension(first, std::move(child));
}

std::unexpected<Error> not_shown(Rest key, Rest rest, const char* why) {
  return fail("the proofs do not reveal enough", "path " + detail::to_text(key.first(key.size() - rest.size())), why,
              "add the proof of a slot whose hash starts with this path");
}

}  // namespace

struct PartialTrie::Node {
  NodePtr top;
  std::unordered_set<Hash32> branches;  // hidden nodes known to be branches

  Result<void> insert(NodePtr& node, Rest key, Rest rest, const Bytes& value);
  Result<void> erase(NodePtr& node, Rest key, Rest rest);
  Result<void> erase_in_branch(NodePtr& node, Rest key, Rest rest);
};

namespace {

NodePtr new_leaf(Rest rest, const Bytes& value) { return detail::leaf({rest.begin(), rest.end()}, value); }

// A leaf or an extension whose path leaves the key's after `common` steps becomes a branch, under an extension if
// anything is common.
void split(NodePtr& node, Rest rest, std::size_t common, const Bytes& value) {
  const Rest own = node->path;
  auto branch = std::make_unique<detail::Node>();
  branch->kind = Kind::branch;
  Path below(own.begin() + static_cast<std::ptrdiff_t>(common) + 1, own.end());
  branch->children[own[common]] = node->kind == Kind::leaf
                                      ? detail::leaf(std::move(below), std::move(node->value))
                                      : detail::extension(std::move(below), std::move(node->child));
  branch->children[rest[common]] = new_leaf(rest.subspan(common + 1), value);
  const Path shared(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(common));
  node = detail::extension(shared, std::move(branch));
}

}  // namespace

Result<void> PartialTrie::Node::insert(NodePtr& node, Rest key, Rest rest, const Bytes& value) {
  if (!node) {
    node = new_leaf(rest, value);
    return {};
  }
  if (node->kind == Kind::hidden) return not_shown(key, rest, "a node on the way to the slot is hidden");
  if (!fits(*node, rest)) return not_shown(key, rest, "the node here does not fit the key's length");
  if (node->kind == Kind::branch) return insert(node->children[rest[0]], key, rest.subspan(1), value);
  const std::size_t common = detail::common_prefix(node->path, rest);
  if (common < node->path.size()) {
    split(node, rest, common, value);
    return {};
  }
  if (node->kind == Kind::extension) return insert(node->child, key, rest.subspan(common), value);
  node->value = value;
  return {};
}

Result<void> PartialTrie::Node::erase(NodePtr& node, Rest key, Rest rest) {
  if (!node) return {};
  if (node->kind == Kind::hidden) return not_shown(key, rest, "a node on the way to the slot is hidden");
  if (!fits(*node, rest)) return not_shown(key, rest, "the node here does not fit the key's length");
  if (node->kind == Kind::branch) return erase_in_branch(node, key, rest);
  const std::size_t common = detail::common_prefix(node->path, rest);
  if (common < node->path.size()) return {};
  if (node->kind == Kind::leaf) {
    node = nullptr;
    return {};
  }
  auto done = erase(node->child, key, rest.subspan(common));
  if (!done) return done;
  // The branch below may have become a leaf or an extension, which takes this path in.
  if (node->child->kind == Kind::leaf) {
    node = detail::leaf(joined(node->path, node->child->path), std::move(node->child->value));
  } else if (node->child->kind == Kind::extension) {
    node = detail::extension(joined(node->path, node->child->path), std::move(node->child->child));
  }
  return {};
}

// Looks before it changes anything, so that a refusal leaves the trie as it was.
Result<void> PartialTrie::Node::erase_in_branch(NodePtr& node, Rest key, Rest rest) {
  auto& child = node->children[rest[0]];
  const bool goes = child && child->kind == Kind::leaf && std::ranges::equal(child->path, rest.subspan(1));
  if (!goes) return erase(child, key, rest.subspan(1));
  std::size_t others = 0, last = 0;
  for (std::size_t i = 0; i < node->children.size(); ++i) {
    if (i == rest[0] || !node->children[i]) continue;
    ++others;
    last = i;
  }
  LOCKSTEP_ASSERT(others > 0);
  if (others > 1) {
    child = nullptr;
    return {};
  }
  auto& sibling = node->children[last];
  if (sibling->kind == Kind::hidden && !branches.contains(sibling->hash)) {
    auto path = joined(key.first(key.size() - rest.size()), {});
    path.push_back(static_cast<std::uint8_t>(last));
    return not_shown(path, {}, "deleting the slot merges a branch with this sibling, which is hidden");
  }
  node = merged(static_cast<std::uint8_t>(last), std::move(sibling));
  return {};
}

Result<PartialTrie> PartialTrie::from_proofs(const Hash32& root, std::span<const std::vector<Bytes>> proofs,
                                             std::span<const Hash32> slots) {
  if (proofs.size() != slots.size())
    return fail("state proof refused", "storage",
                std::to_string(proofs.size()) + " proofs of " + std::to_string(slots.size()) + " slots");
  std::vector<Claim> claims;
  claims.reserve(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) claims.push_back({root, slots[i].view(), proofs[i]});
  auto values = verify_slots(claims);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (values[i]) continue;
    auto error = std::move(values[i].error());
    error.where = "slot " + to_hex(slots[i]) + ", " + error.where;
    return std::unexpected(std::move(error));
  }
  PartialTrie trie;
  if (root != empty_root()) trie.root_->top = detail::hidden(root);
  const auto known = encodings(proofs);
  for (const auto& slot : slots)
    show_along(trie.root_->top, detail::path_of(crypto::keccak256(slot.view()).view()), known);
  return trie;
}

Result<void> PartialTrie::set(const Hash32& slot, const Uint256& value, Zero zero) {
  const auto path = detail::path_of(crypto::keccak256(slot.view()).view());
  if (value == 0 && zero == Zero::deleted) return root_->erase(root_->top, path, path);
  return root_->insert(root_->top, path, path, rlp::encode(rlp::integer(value)));
}

void PartialTrie::reveal_siblings(std::span<const Bytes> later_proof) {
  Encodings candidates;
  const auto add = [&](const NodePtr& node) {
    auto encoded = detail::encode(node.get());
    const auto hash = crypto::keccak256(encoded);
    candidates.emplace(hash, std::move(encoded));
  };
  for (const auto& bytes : later_proof) {
    if (bytes.size() > max_node_bytes) continue;
    auto node = detail::decode(bytes);
    if (!node || !*node) continue;
    const auto& path = (*node)->path;
    if ((*node)->kind == Kind::leaf)
      for (std::size_t i = 0; i <= path.size(); ++i)
        add(detail::leaf({path.begin() + static_cast<std::ptrdiff_t>(i), path.end()}, (*node)->value));
    if ((*node)->kind != Kind::extension || (*node)->child->kind != Kind::hidden) continue;
    root_->branches.insert((*node)->child->hash);
    for (std::size_t i = 0; i < path.size(); ++i)
      add(detail::extension({path.begin() + static_cast<std::ptrdiff_t>(i), path.end()},
                            detail::hidden((*node)->child->hash)));
  }
  show_children(root_->top, candidates);
}

Hash32 PartialTrie::root() const { return detail::root_of(root_->top.get()); }

PartialTrie::PartialTrie() : root_(std::make_unique<Node>()) {}
PartialTrie::PartialTrie(PartialTrie&&) noexcept = default;
PartialTrie& PartialTrie::operator=(PartialTrie&&) noexcept = default;
PartialTrie::~PartialTrie() = default;

}  // namespace lockstep::evm::trie
