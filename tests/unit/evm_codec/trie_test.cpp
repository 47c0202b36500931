#include "adapters/evm/trie.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "crypto/keccak256.hpp"
#include "tests/unit/evm_codec/naive_trie.hpp"

namespace lockstep::evm::trie {
namespace {

using test::naive_proof;
using test::naive_root;
using test::NaiveMap;
using testing::HasSubstr;
using Slots = std::map<Hash32, Uint256>;

Hash32 slot_of(std::uint64_t number) { return to_word(number); }

NaiveMap naive(const Slots& slots) {
  NaiveMap map;
  for (const auto& [slot, value] : slots)
    if (value != 0) map[test::nibbles_of_hash(slot.view())] = rlp::encode(rlp::integer(value));
  return map;
}

Uint256 random_value(std::mt19937_64& random) {
  Uint256 value = 0;
  for (std::size_t i = random() % 4 + 1; i > 0; --i) value = (value << 64) | random();
  return random() % 3 == 0 ? Uint256(1 + random() % 200) : value;
}

Slots random_slots(std::mt19937_64& random, std::size_t count, std::uint64_t space) {
  Slots slots;
  while (slots.size() < count) slots[slot_of(random() % space)] = random_value(random);
  return slots;
}

TEST(TrieVerify, EmptyTrie) {
  EXPECT_EQ(to_hex(empty_root()), "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  EXPECT_EQ(verify_slot(empty_root(), slot_of(1), {}).value(), 0);
  const std::vector<Bytes> listed = {{0x80}};
  EXPECT_EQ(verify_slot(empty_root(), slot_of(1), listed).value(), 0);
  EXPECT_FALSE(verify_slot(Hash32{}, slot_of(1), {}));
}

TEST(TrieVerify, ValuesAndAbsencesOfRandomTries) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 150; ++round) {
    const auto slots = random_slots(random, random() % 60, 1000);
    const auto map = naive(slots);
    const auto root = naive_root(map);
    for (int i = 0; i < 30; ++i) {
      const auto slot = slot_of(random() % 1000);
      const auto proof = naive_proof(map, slot.view());
      const auto value = verify_slot(root, slot, proof);
      ASSERT_TRUE(value) << "seed 21, round " << round << ": " << value.error().text();
      const auto found = slots.find(slot);
      ASSERT_EQ(*value, found == slots.end() ? Uint256(0) : found->second) << "seed 21, round " << round;
    }
  }
}

// A proof that was changed in any way shows nothing: neither a value nor an absence.
TEST(TrieVerify, ChangedProofsAreRefused) {
  std::mt19937_64 random(22);
  const auto slots = random_slots(random, 200, 1000);
  const auto map = naive(slots);
  const auto root = naive_root(map);
  for (int i = 0; i < 400; ++i) {
    const auto slot = slot_of(random() % 1000);
    auto proof = naive_proof(map, slot.view());
    const auto other = naive_proof(map, slot_of(random() % 1000).view());
    const auto at = random() % proof.size();
    switch (random() % 6) {
      case 0:
        proof[at][random() % proof[at].size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        break;
      case 1:
        proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        proof.pop_back();
        break;
      case 3:
        proof.push_back(other.back());
        break;
      case 4:
        proof.insert(proof.begin() + static_cast<std::ptrdiff_t>(at), proof[at]);
        break;
      default:
        proof[at].push_back(0);
        break;
    }
    ASSERT_FALSE(verify_slot(root, slot, proof)) << "seed 22, change " << i;
  }
}

TEST(TrieVerify, AProofOfOneKeyShowsNothingOfAnother) {
  const Slots slots = {{slot_of(1), 1}, {slot_of(2), 2}, {slot_of(3), 3}};
  const auto map = naive(slots);
  const auto proof = naive_proof(map, slot_of(1).view());
  EXPECT_EQ(verify_slot(naive_root(map), slot_of(1), proof).value(), 1);
  EXPECT_FALSE(verify_slot(naive_root(map), slot_of(2), proof));
}

TEST(TrieVerify, LimitsOfNodes) {
  const std::vector<Bytes> many(81, Bytes{0x80});
  EXPECT_THAT(verify_slot(Hash32{}, slot_of(1), many).error().why, HasSubstr("81 nodes"));
  const std::vector<Bytes> huge = {Bytes((1 << 20) + 1)};
  EXPECT_THAT(verify_slot(crypto::keccak256(huge[0]), slot_of(1), huge).error().why, HasSubstr("too long"));
}

// Tries that no chain has, with a root made for them: refused, without a crash.
TEST(TrieVerify, ForgedNodes) {
  const auto hash_item = rlp::text(Bytes(32, 7));
  const auto nothing = rlp::text({});
  std::vector<rlp::Item> one_child(17, nothing), with_value(17, hash_item);
  one_child[3] = hash_item;
  with_value[16] = rlp::text(Bytes{1});
  const rlp::Item nodes[] = {
      rlp::sequence({}),
      rlp::sequence({nothing, nothing}),
      rlp::sequence({rlp::text(Bytes{0x40}), rlp::text(Bytes{1})}),      // no such flag
      rlp::sequence({rlp::text(Bytes{0x01}), hash_item}),                // even, but a nibble in the padding
      rlp::sequence({rlp::text(Bytes{0x00}), hash_item}),                // extension of no length
      rlp::sequence({rlp::text(Bytes{0x20}), rlp::text(Bytes{1})}),      // leaf that ends too early
      rlp::sequence({rlp::text(Bytes{0x20}), rlp::text({})}),            // leaf without a value
      rlp::sequence({rlp::text(Bytes(40, 0x20)), rlp::text(Bytes{1})}),  // leaf longer than a key
      rlp::sequence({rlp::text(Bytes(40, 0x00)), hash_item}),            // extension longer than a key
      rlp::sequence(one_child),
      rlp::sequence(with_value),
      rlp::sequence(std::vector<rlp::Item>(16, hash_item)),
      rlp::text(Bytes{1}),
  };
  for (const auto& node : nodes) {
    const std::vector<Bytes> proof = {rlp::encode(node)};
    const auto root = crypto::keccak256(proof[0]);
    EXPECT_FALSE(verify_slot(root, slot_of(1), proof)) << to_hex(proof[0]);
  }
}

TEST(TrieVerify, ValuesMustBeNumbers) {
  for (const auto& value : {Bytes{0x00}, Bytes{0x81, 0x00}, Bytes{0x82, 0x00, 0x01}, Bytes{0xc0}, Bytes(34, 0xa1)}) {
    const NaiveMap map = {{test::nibbles_of_hash(slot_of(1).view()), value}};
    EXPECT_FALSE(verify_slot(naive_root(map), slot_of(1), naive_proof(map, slot_of(1).view()))) << to_hex(value);
  }
}

TEST(TrieVerify, ALeafThatHoldsZeroCountsAsZero) {
  const NaiveMap map = {{test::nibbles_of_hash(slot_of(1).view()), Bytes{0x80}},
                        {test::nibbles_of_hash(slot_of(2).view()), Bytes{7}}};
  const auto root = naive_root(map);
  const auto proof = [&](std::uint64_t number) { return naive_proof(map, slot_of(number).view()); };
  EXPECT_EQ(verify_slot(root, slot_of(1), proof(1)).value(), 0);
  EXPECT_TRUE(keeps_zero(root, slot_of(1), proof(1)));
  EXPECT_FALSE(keeps_zero(root, slot_of(2), proof(2)));
  EXPECT_FALSE(keeps_zero(root, slot_of(3), proof(3)));
  EXPECT_FALSE(keeps_zero(root, slot_of(1), proof(2)));
}

TEST(TrieVerify, Accounts) {
  const auto address = fixed_from_hex<Address>("0x1111111111111111111111111111111111111111").value();
  const auto absent = fixed_from_hex<Address>("0x2222222222222222222222222222222222222222").value();
  const auto storage_root = crypto::keccak256("storage"), code_hash = crypto::keccak256("code");
  const auto body = [&](const rlp::Item& nonce) {
    return rlp::sequence({nonce, rlp::integer(5), rlp::text(storage_root.view()), rlp::text(code_hash.view())});
  };
  const auto answer = [&](const rlp::Item& item, const Address& who) {
    const NaiveMap map = {{test::nibbles_of_hash(address.view()), rlp::encode(item)}};
    return verify_account(naive_root(map), who, naive_proof(map, who.view()));
  };
  const auto account = answer(body(rlp::integer(7)), address).value();
  EXPECT_EQ(account.nonce, 7U);
  EXPECT_EQ(account.balance, 5);
  EXPECT_EQ(account.storage_root, storage_root);
  EXPECT_EQ(account.code_hash, code_hash);
  const auto none = answer(body(rlp::integer(7)), absent).value();
  EXPECT_EQ(none.nonce, 0U);
  EXPECT_EQ(none.storage_root, empty_root());
  EXPECT_EQ(none.code_hash, crypto::keccak256(""));
  EXPECT_FALSE(answer(body(rlp::text(Bytes{0})), address));
  EXPECT_FALSE(answer(body(rlp::text(Bytes(9, 1))), address));
  EXPECT_FALSE(answer(rlp::sequence({rlp::integer(1), rlp::integer(1), rlp::integer(1), rlp::integer(1)}), address));
  EXPECT_FALSE(answer(rlp::sequence({rlp::integer(1)}), address));
  EXPECT_FALSE(answer(rlp::integer(1), address));
}

}  // namespace
}  // namespace lockstep::evm::trie
