#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "adapters/evm/trie.hpp"
#include "crypto/keccak256.hpp"
#include "tests/unit/evm_codec/naive_trie.hpp"

namespace lockstep::evm::trie {
namespace {

using test::naive_proof;
using test::naive_root;
using test::NaiveMap;
using testing::HasSubstr;

// Storage of which a test knows everything, and the trie under test only what proofs show.
class Storage {
 public:
  void set(std::uint64_t slot, const Uint256& value) {
    const auto path = test::nibbles_of_hash(to_word(slot).view());
    if (value == 0) {
      map_.erase(path);
    } else {
      map_[path] = rlp::encode(rlp::integer(value));
    }
  }
  Hash32 root() const { return naive_root(map_); }
  std::vector<Bytes> proof(std::uint64_t slot) const { return naive_proof(map_, to_word(slot).view()); }
  PartialTrie partial(const std::vector<std::uint64_t>& slots) const {
    std::vector<std::vector<Bytes>> proofs;
    std::vector<Hash32> words;
    for (const auto slot : slots) {
      proofs.push_back(proof(slot));
      words.push_back(to_word(slot));
    }
    auto trie = PartialTrie::from_proofs(root(), proofs, words);
    EXPECT_TRUE(trie) << trie.error().text();
    return std::move(*trie);
  }

 private:
  NaiveMap map_;
};

TEST(TriePartial, InsertIntoEmptyAndDeleteAgain) {
  Storage storage;
  auto trie = storage.partial({1});
  EXPECT_EQ(trie.root(), empty_root());
  ASSERT_TRUE(trie.set(to_word(1), 5));
  storage.set(1, 5);
  EXPECT_EQ(trie.root(), storage.root());
  ASSERT_TRUE(trie.set(to_word(1), 0));
  EXPECT_EQ(trie.root(), empty_root());
  ASSERT_TRUE(trie.set(to_word(1), 0)) << "deleting what is not there changes nothing";
  EXPECT_EQ(trie.root(), empty_root());
}

// As anvil does, where Ethereum would delete.
TEST(TriePartial, ZeroCanBeKept) {
  const auto path = [](std::uint64_t slot) { return test::nibbles_of_hash(to_word(slot).view()); };
  NaiveMap map = {{path(1), Bytes{5}}, {path(2), Bytes{6}}};
  const std::vector<Hash32> slots = {to_word(1), to_word(3)};
  const std::vector<std::vector<Bytes>> proofs = {naive_proof(map, slots[0].view()), naive_proof(map, slots[1].view())};
  auto trie = PartialTrie::from_proofs(naive_root(map), proofs, slots).value();
  ASSERT_TRUE(trie.set(slots[0], 0, Zero::kept));
  ASSERT_TRUE(trie.set(slots[1], 0, Zero::kept));
  map[path(1)] = map[path(3)] = Bytes{0x80};
  EXPECT_EQ(trie.root(), naive_root(map));
}

struct Change {
  std::uint64_t slot;
  Uint256 value;
};

std::vector<Change> random_changes(std::mt19937_64& random, std::uint64_t space) {
  std::vector<Change> changes;
  for (std::size_t i = random() % 8 + 1; i > 0; --i) {
    const auto slot = random() % space;
    const bool again = std::ranges::any_of(changes, [&](const Change& change) { return change.slot == slot; });
    if (!again) changes.push_back({slot, random() % 3 == 0 ? Uint256(0) : Uint256(random())});
  }
  // As the header asks: what is written before what is deleted.
  std::ranges::stable_partition(changes, [](const Change& change) { return change.value != 0; });
  return changes;
}

// The heart of E3: from proofs of the changed slots alone, the root that the changes must give equals the root of the
// whole new trie. A refusal is only right where a sibling is hidden, and then the proofs taken after the changes have
// to reveal it.
TEST(TriePartial, RootsAfterRandomChangesEqualTheWholeTrie) {
  std::mt19937_64 random(31);
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::uint64_t space = random() % 2 == 0 ? 12 : 300;
    Storage storage;
    for (std::size_t i = random() % 40; i > 0; --i) storage.set(random() % space, Uint256(random() | 1));
    const auto changes = random_changes(random, space);
    std::vector<std::uint64_t> slots;
    for (const auto& change : changes) slots.push_back(change.slot);
    auto trie = storage.partial(slots);
    ASSERT_EQ(trie.root(), storage.root());
    for (const auto& [slot, value] : changes) storage.set(slot, value);
    bool revealed = false;
    for (const auto& [slot, value] : changes) {
      auto done = trie.set(to_word(slot), value);
      if (!done && !revealed) {
        ++refused;
        revealed = true;
        EXPECT_THAT(done.error().why, HasSubstr("sibling"));
        for (const auto& change : changes) trie.reveal_siblings(storage.proof(change.slot));
        done = trie.set(to_word(slot), value);
      }
      ASSERT_TRUE(done) << "seed 31, round " << round << ": " << done.error().text();
    }
    ASSERT_EQ(trie.root(), storage.root()) << "seed 31, round " << round;
  }
  EXPECT_GT(refused, 20);
  EXPECT_LT(refused, 2000);
}

// Slots whose hashes start alike, found by search, so that extensions split, grow and merge.
std::vector<std::uint64_t> slots_with_prefix(const Bytes& prefix, std::size_t count) {
  std::vector<std::uint64_t> slots;
  for (std::uint64_t slot = 0; slots.size() < count; ++slot) {
    const auto path = test::nibbles_of_hash(to_word(slot).view());
    if (std::equal(prefix.begin(), prefix.end(), path.begin())) slots.push_back(slot);
  }
  return slots;
}

TEST(TriePartial, ExtensionsSplitGrowAndMerge) {
  const auto deep = slots_with_prefix({1, 2, 3}, 4);
  const auto middle = slots_with_prefix({1, 2, 7}, 1), shallow = slots_with_prefix({1, 9}, 1),
             away = slots_with_prefix({8}, 1);
  std::vector<std::uint64_t> all = deep;
  for (const auto* more : {&middle, &shallow, &away}) all.insert(all.end(), more->begin(), more->end());
  std::mt19937_64 random(32);
  for (int round = 0; round < 300; ++round) {
    Storage storage;
    for (const auto slot : all)
      if (random() % 2 == 0) storage.set(slot, 1 + slot);
    auto trie = storage.partial(all);  // everything is revealed, so nothing may be refused, in any order
    auto order = all;
    std::ranges::shuffle(order, random);
    for (const auto slot : order) {
      const Uint256 value = random() % 2 == 0 ? 0 : 7;
      storage.set(slot, value);
      ASSERT_TRUE(trie.set(to_word(slot), value)) << "seed 32, round " << round;
      ASSERT_EQ(trie.root(), storage.root()) << "seed 32, round " << round;
    }
  }
}

TEST(TriePartial, HiddenSiblingIsNamedAndTheTrieLeftAsItWas) {
  const auto left = slots_with_prefix({1, 2, 3}, 1)[0], right = slots_with_prefix({1, 2, 10}, 1)[0],
             away = slots_with_prefix({8}, 1)[0];
  Storage storage;
  for (const auto slot : {left, right, away}) storage.set(slot, 5);
  auto trie = storage.partial({left});
  const auto before = trie.root();
  const auto done = trie.set(to_word(left), 0);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().where, "path 12a");
  EXPECT_EQ(trie.root(), before);
  auto both = storage.partial({left, right});
  ASSERT_TRUE(both.set(to_word(left), 0));
  storage.set(left, 0);
  EXPECT_EQ(both.root(), storage.root());
}

TEST(TriePartial, HiddenPathIsNamed) {
  const auto slots = slots_with_prefix({4, 4}, 3);
  Storage storage;
  for (const auto slot : slots) storage.set(slot, 5);
  storage.set(slots_with_prefix({8}, 1)[0], 5);
  auto trie = storage.partial({slots_with_prefix({8}, 1)[0]});
  EXPECT_EQ(trie.set(to_word(slots[0]), 6).error().where, "path 4");
  EXPECT_EQ(trie.set(to_word(slots[0]), 0).error().where, "path 4");
}

TEST(TriePartial, NodesThatDoNotHashToTheSiblingRevealNothing) {
  const auto left = slots_with_prefix({1, 2, 3}, 1)[0], right = slots_with_prefix({1, 2, 10}, 1)[0],
             away = slots_with_prefix({8}, 1)[0];
  Storage storage;
  for (const auto slot : {left, right, away}) storage.set(slot, 5);
  auto trie = storage.partial({left});
  auto lying = storage;
  lying.set(left, 0);
  lying.set(right, 6);  // changed besides
  trie.reveal_siblings(lying.proof(left));
  trie.reveal_siblings(lying.proof(right));
  const std::vector<Bytes> garbage = {{}, {0x80}, {0xff}, Bytes(100, 0xc0)};
  trie.reveal_siblings(garbage);
  EXPECT_FALSE(trie.set(to_word(left), 0));
}

TEST(TriePartial, FromProofsRefuses) {
  Storage storage;
  for (std::uint64_t slot = 0; slot < 20; ++slot) storage.set(slot, 1 + slot);
  const std::vector<Hash32> slots = {to_word(1), to_word(2)};
  const std::vector<std::vector<Bytes>> swapped = {storage.proof(2), storage.proof(1)}, one = {storage.proof(1)};
  EXPECT_THAT(PartialTrie::from_proofs(storage.root(), swapped, slots).error().where, HasSubstr(to_hex(slots[0])));
  EXPECT_FALSE(PartialTrie::from_proofs(storage.root(), one, slots));
  EXPECT_FALSE(PartialTrie::from_proofs(empty_root(), one, std::span(slots).first(1)));
}

// A forged trie whose branches all point to the same next branch would unfold to 16^k nodes.
TEST(TriePartial, ForgedTriesDoNotUnfold) {
  const auto slot = to_word(1);
  const auto path = test::nibbles_of_hash(slot.view());
  std::vector<Bytes> proof;
  auto below = rlp::sequence({rlp::text(Bytes(30, 0x20)), rlp::text(Bytes(9, 1))});
  proof.push_back(rlp::encode(below));
  for (int depth = 0; depth < 40; ++depth) {
    std::vector<rlp::Item> items(17, rlp::text(crypto::keccak256(proof.front()).view()));
    items[16] = rlp::text({});
    proof.insert(proof.begin(), rlp::encode(rlp::sequence(items)));
  }
  proof.pop_back();
  const std::vector<std::vector<Bytes>> proofs = {proof};
  EXPECT_FALSE(PartialTrie::from_proofs(crypto::keccak256(proof[0]), proofs, std::span(&slot, 1)));
  // The same with an end that is an absence: an extension that leaves the path.
  Bytes away(12, 0);
  for (auto& byte : away) byte = static_cast<std::uint8_t>((15 - path[40]) * 17);
  away[0] = 0;
  proof.assign(1, rlp::encode(rlp::sequence({rlp::text(away), rlp::text(Bytes(32, 7))})));
  for (int depth = 0; depth < 40; ++depth) {
    std::vector<rlp::Item> items(17, rlp::text(crypto::keccak256(proof.front()).view()));
    items[16] = rlp::text({});
    proof.insert(proof.begin(), rlp::encode(rlp::sequence(items)));
  }
  const std::vector<std::vector<Bytes>> absent = {proof};
  auto trie = PartialTrie::from_proofs(crypto::keccak256(proof[0]), absent, std::span(&slot, 1));
  ASSERT_TRUE(trie) << trie.error().text();
  EXPECT_EQ(trie->root(), crypto::keccak256(proof[0]));
  EXPECT_TRUE(trie->set(slot, 1));
  EXPECT_FALSE(trie->set(to_word(2), 1));
}

}  // namespace
}  // namespace lockstep::evm::trie
