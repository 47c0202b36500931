#include "tests/unit/evm_codec/naive_trie.hpp"

#include <algorithm>

#include "adapters/evm/rlp.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::test {
namespace {

namespace rlp = evm::rlp;
using Entries = std::vector<std::pair<std::string, Bytes>>;

Bytes hex_prefix(const std::string& nibbles, bool leaf) {
  Bytes all = {static_cast<std::uint8_t>((leaf ? 2 : 0) + nibbles.size() % 2)};
  if (nibbles.size() % 2 == 0) all.push_back(0);
  all.insert(all.end(), nibbles.begin(), nibbles.end());
  Bytes out;
  for (std::size_t i = 0; i < all.size(); i += 2) out.push_back(static_cast<std::uint8_t>(all[i] * 16 + all[i + 1]));
  return out;
}

struct Proof {
  std::string rest;  // of the key that is followed; ignored when `nodes` is null
  std::vector<Bytes>* nodes = nullptr;
};

// All entries agree on the first `depth` nibbles.
rlp::Item build(const Entries& entries, std::size_t depth, Proof proof);

rlp::Item child(const Entries& entries, std::size_t depth, Proof proof) {
  if (entries.empty()) return rlp::text({});
  std::vector<Bytes> below;
  const auto item = build(entries, depth, {proof.rest, proof.nodes == nullptr ? nullptr : &below});
  const auto encoded = rlp::encode(item);
  if (proof.nodes != nullptr && encoded.size() >= 32) proof.nodes->push_back(encoded);
  if (proof.nodes != nullptr) proof.nodes->insert(proof.nodes->end(), below.begin(), below.end());
  return encoded.size() < 32 ? item : rlp::text(crypto::keccak256(encoded).view());
}

rlp::Item build(const Entries& entries, std::size_t depth, Proof proof) {
  const auto& first = entries.front().first;
  if (entries.size() == 1)
    return rlp::sequence(
        {rlp::text(hex_prefix({first.begin() + static_cast<std::ptrdiff_t>(depth), first.end()}, true)),
         rlp::text(entries.front().second)});
  std::size_t common = depth;
  while (std::ranges::all_of(entries, [&](const auto& entry) { return entry.first[common] == first[common]; }))
    ++common;
  if (common > depth) {
    const std::string path(first.begin() + static_cast<std::ptrdiff_t>(depth),
                           first.begin() + static_cast<std::ptrdiff_t>(common));
    const bool on_path = proof.nodes != nullptr && std::equal(path.begin(), path.end(), proof.rest.begin());
    Proof below{{}, on_path ? proof.nodes : nullptr};
    if (on_path) below.rest.assign(proof.rest.begin() + static_cast<std::ptrdiff_t>(path.size()), proof.rest.end());
    return rlp::sequence({rlp::text(hex_prefix(path, false)), child(entries, common, below)});
  }
  std::vector<rlp::Item> items;
  for (char nibble = 0; nibble < 16; ++nibble) {
    Entries part;
    std::ranges::copy_if(entries, std::back_inserter(part),
                         [&](const auto& entry) { return entry.first[depth] == nibble; });
    const bool on_path = proof.nodes != nullptr && proof.rest[0] == nibble;
    Proof below{{}, on_path ? proof.nodes : nullptr};
    if (on_path) below.rest.assign(proof.rest.begin() + 1, proof.rest.end());
    items.push_back(child(part, depth + 1, below));
  }
  items.push_back(rlp::text({}));
  return rlp::sequence(std::move(items));
}

Bytes top(const NaiveMap& map, Proof proof) {
  if (map.empty()) return rlp::encode(rlp::text({}));
  return rlp::encode(build({map.begin(), map.end()}, 0, proof));
}

}  // namespace

std::string nibbles_of_hash(BytesView key) {
  std::string nibbles;
  for (const auto byte : crypto::keccak256(key).bytes) {
    nibbles += static_cast<char>(byte / 16);
    nibbles += static_cast<char>(byte % 16);
  }
  return nibbles;
}

Hash32 naive_root(const NaiveMap& map) { return crypto::keccak256(top(map, {})); }

std::vector<Bytes> naive_proof(const NaiveMap& map, BytesView key) {
  std::vector<Bytes> below;
  const auto encoded = top(map, {nibbles_of_hash(key), &below});
  if (map.empty()) return {};
  below.insert(below.begin(), encoded);
  return below;
}

}  // namespace lockstep::test
