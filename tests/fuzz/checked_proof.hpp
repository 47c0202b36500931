#pragma once
// What every proof is held against: the batch, and a second verifier.
#include <map>

#include "adapters/evm/trie.hpp"
#include "crypto/keccak256.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/unit/evm_codec/naive_trie.hpp"

namespace lockstep::fuzz {

using namespace evm;
using Shown = std::optional<Bytes>;
using Proof = std::vector<Bytes>;

// A second verifier: recursive, by the definition. Less strict about what does not lie on the path; never refuses what
// holds.
class SecondOpinion {
 public:
  SecondOpinion(const Proof& proof, std::string path) : path_(std::move(path)) {
    for (const auto& node : proof) nodes_[crypto::keccak256(node)] = node;
  }

  /// Nothing if the proof does not show.
  std::optional<Shown> at_hash(const Hash32& hash, std::size_t depth) const {
    const auto node = nodes_.find(hash);
    if (node == nodes_.end()) return std::nullopt;
    const auto item = rlp::decode(node->second);
    return item ? at(*item, depth) : std::nullopt;
  }

 private:
  std::optional<Shown> at(const rlp::Item& item, std::size_t depth) const {
    if (!item.list) return item.bytes.empty() ? std::optional<Shown>(Shown{}) : std::nullopt;
    if (item.items.size() == 17 && depth < path_.size())
      return below(item.items[static_cast<std::size_t>(path_[depth])], depth + 1);
    if (item.items.size() != 2 || item.items[0].list || item.items[0].bytes.empty()) return std::nullopt;
    std::string own;
    for (const auto byte : item.items[0].bytes) {
      own += static_cast<char>(byte / 16);
      own += static_cast<char>(byte % 16);
    }
    const bool is_leaf = own[0] >= 2, is_odd = own[0] % 2 != 0;
    own = own.substr(is_odd ? 1 : 2);
    if (path_.compare(depth, own.size(), own) != 0) return Shown{};
    if (!is_leaf) return below(item.items[1], depth + own.size());
    if (depth + own.size() != path_.size() || item.items[1].list) return std::nullopt;
    return Shown(item.items[1].bytes);
  }
  std::optional<Shown> below(const rlp::Item& child, std::size_t depth) const {
    if (child.list || child.bytes.size() != Hash32::size) return at(child, depth);
    Hash32 hash;
    std::ranges::copy(child.bytes, hash.bytes.begin());
    return at_hash(hash, depth);
  }

  std::map<Hash32, Bytes> nodes_;
  std::string path_;
};

// verify() and its batch agree, and with the second opinion on whatever they accept.
inline Result<Shown> checked(const Hash32& root, const Hash32& slot, const Proof& proof) {
  const auto alone = trie::verify(root, slot.view(), proof);
  const trie::Claim claim{root, slot.view(), proof};
  const std::vector<trie::Claim> twice(2, claim);
  const auto batch = trie::verify_all(twice);
  for (const auto& one : batch) {
    LOCKSTEP_ASSERT(one.has_value() == alone.has_value());
    LOCKSTEP_ASSERT(alone ? *one == *alone : one.error().text() == alone.error().text());
  }
  if (alone && !proof.empty()) {
    const SecondOpinion second(proof, test::nibbles_of_hash(slot.view()));
    const auto other = second.at_hash(root, 0);
    LOCKSTEP_ASSERT(other.has_value() && *other == *alone);
  }
  return alone;
}

}  // namespace lockstep::fuzz
