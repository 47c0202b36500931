// Many proofs at once: as one by one, whatever their form, order and neighbours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "adapters/evm/trie.hpp"
#include "adapters/evm/trie_walk.hpp"
#include "crypto/keccak256.hpp"
#include "tests/unit/evm_codec/naive_trie.hpp"

namespace lockstep::evm::trie {
namespace {

using test::naive_proof;
using test::naive_root;
using test::NaiveMap;
using Proof = std::vector<Bytes>;

/// Tries with all their proofs, of slots that are there and of others.
struct World {
  std::vector<Hash32> roots, slots;
  std::vector<Proof> proofs;

  void add(std::mt19937_64& random, std::size_t entries, std::size_t asked) {
    NaiveMap map;
    for (std::size_t i = 0; i < entries; ++i)
      map[test::nibbles_of_hash(to_word(random() % 1000).view())] = rlp::encode(rlp::integer(Uint256(random() | 1)));
    for (std::size_t i = 0; i < asked; ++i) {
      slots.push_back(to_word(random() % 1000));
      proofs.push_back(naive_proof(map, slots.back().view()));
      roots.push_back(naive_root(map));
    }
  }
  std::vector<Claim> claims() const {
    std::vector<Claim> all;
    for (std::size_t i = 0; i < slots.size(); ++i) all.push_back({roots[i], slots[i].view(), proofs[i]});
    return all;
  }
};

/// The same text of the same refusal, too.
template <class T>
void expect_same(const Result<T>& a, const Result<T>& b, std::size_t claim) {
  ASSERT_EQ(a.has_value(), b.has_value()) << "claim " << claim;
  if (a.has_value()) {
    ASSERT_EQ(*a, *b) << "claim " << claim;
  } else {
    ASSERT_EQ(a.error().text(), b.error().text()) << "claim " << claim;
  }
}

void expect_as_one_by_one(const World& world) {
  const auto claims = world.claims();
  const auto shown = verify_all(claims);
  const auto values = verify_slots(claims);
  ASSERT_EQ(shown.size(), claims.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    expect_same(shown[i], verify(world.roots[i], claims[i].key, world.proofs[i]), i);
    expect_same(values[i], verify_slot(world.roots[i], world.slots[i], world.proofs[i]), i);
  }
}

TEST(TrieBatch, NoClaimsShowNothing) { EXPECT_TRUE(verify_all({}).empty()); }

TEST(TrieBatch, ManyTriesAtOnceAreAsOneByOne) {
  std::mt19937_64 random(41);
  World world;
  for (const std::size_t entries : {0, 1, 2, 3, 17, 200, 900}) world.add(random, entries, 150);
  expect_as_one_by_one(world);
}

TEST(TrieBatch, AChangedProofIsRefusedAmongGoodOnes) {
  std::mt19937_64 random(42);
  World world;
  world.add(random, 400, 600);
  for (std::size_t i = 0; i < world.proofs.size(); i += 1 + random() % 4) {
    auto& proof = world.proofs[i];
    auto& node = proof[random() % proof.size()];
    switch (random() % 5) {
      case 0:
        node[random() % node.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        break;
      case 1:
        proof.pop_back();
        break;
      case 2:
        proof.push_back(node);
        break;
      case 3:
        world.roots[i] = crypto::keccak256(node);
        break;
      default:
        proof = world.proofs[random() % world.proofs.size()];
        break;
    }
  }
  expect_as_one_by_one(world);
}

TEST(TrieBatch, FormsThatOnlyTheWholeVerifierKnows) {
  World world;
  const auto slot = to_word(1);
  const auto add = [&](Proof proof) {
    world.roots.push_back(proof.empty() ? empty_root() : crypto::keccak256(proof[0]));
    world.slots.push_back(slot);
    world.proofs.push_back(std::move(proof));
  };
  const auto nibbles = test::nibbles_of_hash(slot.view());
  // A leaf inside its branch: its key would be longer than what is left of the slot's hash.
  std::vector<rlp::Item> inside(17, rlp::text({}));
  inside[static_cast<std::size_t>(nibbles[0])] = rlp::sequence({rlp::text(Bytes{0x20}), rlp::text(Bytes{1})});
  inside[static_cast<std::size_t>((nibbles[0] + 1) % 16)] = rlp::text(Bytes(32, 9));
  add({rlp::encode(rlp::sequence(inside))});
  // An inline child elsewhere does not hinder the way to an absence.
  std::vector<rlp::Item> beside(17, rlp::text({}));
  beside[static_cast<std::size_t>((nibbles[0] + 1) % 16)] =
      rlp::sequence({rlp::text(Bytes{0x31}), rlp::text(Bytes{1})});
  beside[static_cast<std::size_t>((nibbles[0] + 2) % 16)] = rlp::text(Bytes(32, 9));
  add({rlp::encode(rlp::sequence(beside))});
  add({});
  add({Bytes{0x80}});
  add(Proof(81, Bytes{0x80}));
  add({Bytes((1 << 20) + 1)});
  add({Bytes{}});
  expect_as_one_by_one(world);
  EXPECT_TRUE(verify_all(world.claims())[1].has_value()) << "an absence";
}

// The quick walk is there for the usual form; if it never accepted, the batch would be right and slow.
TEST(TrieBatch, TheUsualFormNeedsNoSecondLook) {
  std::mt19937_64 random(43);
  World world;
  world.add(random, 500, 200);
  std::size_t found = 0;
  for (std::size_t i = 0; i < world.proofs.size(); ++i) {
    std::vector<Hash32> hashes;
    for (const auto& node : world.proofs[i]) hashes.push_back(crypto::keccak256(node));
    const auto path = crypto::keccak256(world.slots[i].view());
    const auto shown = detail::walk_in_place(world.roots[i], path, world.proofs[i], hashes);
    ASSERT_TRUE(shown) << "claim " << i;
    EXPECT_EQ(*shown, verify(world.roots[i], world.slots[i].view(), world.proofs[i]).value());
    if (*shown) ++found;
  }
  EXPECT_GT(found, 40U);
  EXPECT_LT(found, 160U);
}

TEST(TrieBatch, AccountsToo) {
  const auto there = fixed_from_hex<Address>("0x1111111111111111111111111111111111111111").value();
  const auto absent = fixed_from_hex<Address>("0x2222222222222222222222222222222222222222").value();
  const auto body =
      rlp::encode(rlp::sequence({rlp::integer(7), rlp::integer(5), rlp::text(crypto::keccak256("s").view()),
                                 rlp::text(crypto::keccak256("c").view())}));
  const NaiveMap map = {{test::nibbles_of_hash(there.view()), body}};
  const auto root = naive_root(map);
  const auto first = naive_proof(map, there.view()), second = naive_proof(map, absent.view());
  const std::vector<Claim> claims = {
      {root, there.view(), first}, {root, absent.view(), second}, {root, there.view(), {}}};
  const auto accounts = verify_accounts(claims);
  EXPECT_EQ(accounts[0].value().nonce, 7U);
  EXPECT_EQ(accounts[0].value().code_hash, crypto::keccak256("c"));
  EXPECT_EQ(accounts[1].value().storage_root, empty_root());
  EXPECT_FALSE(accounts[2]);
}

}  // namespace
}  // namespace lockstep::evm::trie
