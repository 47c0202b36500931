#include <algorithm>
#include <cstring>
#include <numeric>

#include "adapters/evm/trie.hpp"
#include "adapters/evm/trie_values.hpp"
#include "adapters/evm/trie_walk.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::trie {
namespace {

using Shown = std::optional<Bytes>;

// So many claims at a time that what was hashed is still in the cache when it is read again.
constexpr std::size_t group_size = 64;

bool is_bounded(const Claim& claim) {
  return claim.proof.size() <= max_proof_nodes &&
         std::ranges::all_of(claim.proof, [](const Bytes& node) { return node.size() <= max_node_bytes; });
}

// Proofs lie anywhere in memory: what is read next but a few is asked for, first where its nodes are.
constexpr std::size_t early = 8, soon = 4;

void ask_for_places(const Claim& claim) {
  if (!claim.proof.empty()) __builtin_prefetch(&claim.proof.front()), __builtin_prefetch(&claim.proof.back());
}

void ask_for_nodes(const Claim& claim) {
  constexpr std::size_t line = 64, most = 576;  // a full branch has 532 bytes
  for (const Bytes& node : claim.proof.first(std::min(claim.proof.size(), max_proof_nodes)))
    for (std::size_t at = 0; at < std::min(node.size(), most); at += line) __builtin_prefetch(node.data() + at);
}

bool same(const Bytes& a, const Bytes& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::vector<Hash32> hashes_of(std::span<const BytesView> messages) {
  std::vector<Hash32> hashes(messages.size());
  crypto::keccak256(messages, hashes);
  return hashes;
}

// The hashes of the nodes of a group's proofs. A node that also stands at the same place of the proof before is hashed
// once.
class NodeHashes {
 public:
  void add(std::span<const Bytes> proof) {
    const auto before = starts_.empty() ? std::size_t{0} : starts_.back();
    starts_.push_back(places_.size());
    for (std::size_t i = 0; i < proof.size(); ++i) {
      if (i < before_.size() && same(proof[i], before_[i])) {
        places_.push_back(places_[before + i]);
        continue;
      }
      places_.push_back(nodes_.size());
      nodes_.emplace_back(proof[i]);
    }
    before_ = proof;
  }
  void hash() { hashes_ = hashes_of(nodes_); }
  /// Of the i-th proof added, which has so many nodes; until the next call.
  std::span<const Hash32> of(std::size_t i, std::size_t count) {
    of_one_.clear();
    for (const auto place : std::span(places_).subspan(starts_[i], count)) of_one_.push_back(hashes_[place]);
    return of_one_;
  }

 private:
  std::span<const Bytes> before_;
  std::vector<BytesView> nodes_;
  std::vector<std::size_t> starts_, places_;  // of each proof in places_; of each of its nodes in hashes_
  std::vector<Hash32> hashes_, of_one_;
};

// Calls with the place of a claim and what it shows, for every claim, in an order of its own.
template <class Take>
void for_each_shown(std::span<const Claim> claims, Take take) {
  std::vector<BytesView> keys;
  keys.reserve(claims.size());
  for (const auto& claim : claims) keys.push_back(claim.key);
  const auto paths = hashes_of(keys);
  // Neighbours by path share the upper nodes of their proofs.
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return paths[a] < paths[b]; });

  for (std::size_t from = 0; from < order.size(); from += group_size) {
    const auto group = std::span(order).subspan(from, std::min(group_size, order.size() - from));
    NodeHashes nodes;
    for (std::size_t at = 0; at < group.size(); ++at) {
      if (from + at + early < order.size()) ask_for_places(claims[order[from + at + early]]);
      if (from + at + soon < order.size()) ask_for_nodes(claims[order[from + at + soon]]);
      const Claim& claim = claims[group[at]];
      nodes.add(is_bounded(claim) ? claim.proof : std::span<const Bytes>{});
    }
    nodes.hash();
    for (std::size_t at = 0; at < group.size(); ++at) {
      const auto& claim = claims[group[at]];
      const auto whole = is_bounded(claim) ? claim.proof : std::span<const Bytes>{};
      auto shown = detail::walk_in_place(claim.root, paths[group[at]], whole, nodes.of(at, whole.size()));
      take(group[at], shown ? Result<Shown>(*std::move(shown)) : verify(claim.root, claim.key, claim.proof));
    }
  }
}

}  // namespace

std::vector<Result<Shown>> verify_all(std::span<const Claim> claims) {
  std::vector<Result<Shown>> results(claims.size());
  for_each_shown(claims, [&](std::size_t i, Result<Shown> shown) { results[i] = std::move(shown); });
  return results;
}

std::vector<Result<Account>> verify_accounts(std::span<const Claim> claims) {
  std::vector<Result<Account>> results(claims.size());
  for_each_shown(claims, [&](std::size_t i, const Result<Shown>& shown) { results[i] = detail::account_of(shown); });
  return results;
}

std::vector<Result<Uint256>> verify_slots(std::span<const Claim> claims) {
  std::vector<Result<Uint256>> results(claims.size());
  for_each_shown(claims, [&](std::size_t i, const Result<Shown>& shown) {
    results[i] = detail::slot_value(claims[i].key, shown);
  });
  return results;
}

}  // namespace lockstep::evm::trie
