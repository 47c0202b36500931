// State proofs. Most inputs are proofs cut to shape: their nodes are any bytes, in which a marker stands for the hash
// of a later node, so that forged tries go deep; another walk of the trie, written by the definition alone, must agree
// with what is accepted. One in sixteen, since each costs ten times as much, is a trie with writes: the root that a
// partial trie gives after them must be the root of the whole trie built anew, and a changed proof must show nothing.
#include <map>

#include "adapters/evm/trie.hpp"
#include "crypto/keccak256.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/unit/evm_codec/naive_trie.hpp"

namespace lockstep::fuzz {
namespace {

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
Result<Shown> checked(const Hash32& root, const Hash32& slot, const Proof& proof) {
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

// 0xfe 0xed, how many nodes further, and 29 more bytes: the hash of that node.
void put_hashes(Proof& proof) {
  for (std::size_t i = proof.size(); i-- > 0;) {
    auto& node = proof[i];
    for (std::size_t at = 0; at + Hash32::size <= node.size(); ++at) {
      if (node[at] != 0xfe || node[at + 1] != 0xed) continue;
      const std::size_t target = i + 1 + node[at + 2] % 8;
      if (target >= proof.size()) continue;
      const auto hash = crypto::keccak256(proof[target]);
      std::ranges::copy(hash.bytes, node.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

void forged(Input& input) {
  const auto slot = to_word(Uint256(input.u8()));
  Proof proof;
  for (int i = input.u8() % 6; i >= 0; --i) {
    const auto node = input.bytes(input.u16() % 700);
    proof.emplace_back(node.begin(), node.end());
  }
  put_hashes(proof);
  const auto root = crypto::keccak256(proof[0]);
  const auto shown = checked(root, slot, proof);
  const std::vector<Proof> proofs = {proof};
  auto partial = trie::PartialTrie::from_proofs(root, proofs, std::span(&slot, 1));
  if (!partial) return;
  LOCKSTEP_ASSERT(shown && partial->root() == root);
  const auto set = partial->set(slot, Uint256(input.u8()));
  if (set) static_cast<void>(partial->root());
  partial->reveal_siblings(proof);
}

struct Write {
  Hash32 slot;
  Uint256 value;
};

void written(Input& input) {
  test::NaiveMap map;
  const auto put = [&](const Hash32& slot, const Uint256& value) {
    const auto path = test::nibbles_of_hash(slot.view());
    if (value == 0)
      map.erase(path);
    else
      map[path] = rlp::encode(rlp::integer(value));
  };
  for (int i = input.u8() % 24; i > 0; --i) put(to_word(Uint256(input.u8())), from_word(to_word(Uint256(input.u64()))));
  std::vector<Write> writes;
  for (int i = input.u8() % 6; i >= 0; --i) {
    const auto slot = to_word(Uint256(input.u8()));
    const bool again = std::ranges::any_of(writes, [&](const Write& write) { return write.slot == slot; });
    if (!again) writes.push_back({slot, Uint256(input.u8() % 4)});
  }
  std::ranges::partition(writes, [](const Write& write) { return write.value != 0; });
  std::vector<Hash32> slots;
  std::vector<Proof> proofs;
  const auto root = test::naive_root(map);
  for (const auto& write : writes) {
    slots.push_back(write.slot);
    proofs.push_back(test::naive_proof(map, write.slot.view()));
    LOCKSTEP_ASSERT(checked(root, write.slot, proofs.back()).has_value());
  }
  if (auto changed = proofs[0]; !changed.empty()) {
    auto& node = changed[input.below(changed.size())];
    node[input.below(node.size())] ^= static_cast<std::uint8_t>(1 + input.u8() % 255);
    LOCKSTEP_ASSERT(!checked(root, slots[0], changed));
  }
  auto partial = trie::PartialTrie::from_proofs(root, proofs, slots);
  LOCKSTEP_ASSERT(partial && partial->root() == root);
  for (const auto& write : writes) put(write.slot, write.value);
  for (const auto& write : writes) {
    auto done = partial->set(write.slot, write.value);
    if (!done) {
      for (const auto& slot : slots) partial->reveal_siblings(test::naive_proof(map, slot.view()));
      done = partial->set(write.slot, write.value);
    }
    LOCKSTEP_ASSERT(done.has_value());
  }
  LOCKSTEP_ASSERT(partial->root() == test::naive_root(map));
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lockstep::fuzz::Input input(data, size);
  if (input.u8() % 16 != 1) {
    lockstep::fuzz::forged(input);
  } else {
    lockstep::fuzz::written(input);
  }
  return 0;
}
