// The tree against its definition: the root of a set of paths is recomputed from the sorted set, without a tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>

#include "base/turboshake256.hpp"
#include "mirror/radix/tree.hpp"

namespace lockstep::mirror::radix {
namespace {

using Set = std::map<Path, Hash32>;

Hash32 root_of(std::span<const Set::value_type> sorted) {
  if (sorted.empty()) return {};
  if (sorted.size() == 1) return sorted[0].second;
  const unsigned depth = divergence(sorted.front().first, sorted.back().first);
  Bytes message{0x01, static_cast<std::uint8_t>(depth)};
  for (unsigned i = 0; i < 4; ++i) {
    const auto part = std::ranges::equal_range(sorted, i, {}, [&](const auto& one) { return digit(one.first, depth); });
    append(message, root_of({part.begin(), part.end()}).view());
  }
  return turboshake256(BytesView(message));
}

Hash32 root_of(const Set& set) {
  const std::vector<Set::value_type> sorted(set.begin(), set.end());
  return root_of(std::span(sorted));
}

std::vector<Path> naive_differences(const Set& a, const Set& b) {
  std::vector<Path> out;
  for (const auto& [path, leaf] : a) {
    const auto at = b.find(path);
    if (at == b.end() || at->second != leaf) out.push_back(path);
  }
  for (const auto& [path, leaf] : b)
    if (!a.contains(path)) out.push_back(path);
  std::ranges::sort(out);
  return out;
}

class Twins {
 public:
  explicit Twins(std::uint64_t seed) : bits(seed) {}

  std::uint64_t below(std::uint64_t n) { return bits() % n; }
  /// Few values per byte, so that paths share much.
  Path any_path() {
    Path path{static_cast<std::uint8_t>(below(4))};
    const auto length = 1 + below(6);
    for (std::size_t i = 1; i <= length; ++i) path[i] = static_cast<std::uint8_t>(below(3) * 85);
    if (below(3) == 0) path.back() = static_cast<std::uint8_t>(below(256));
    return path;
  }
  Hash32 any_leaf() {
    Hash32 hash;
    for (auto& byte : hash.bytes) byte = static_cast<std::uint8_t>(below(256));
    return hash;
  }
  void step() {
    if (below(3) != 0 || set.empty()) {
      const auto path = any_path();
      const auto leaf = any_leaf();
      tree.put(path, leaf);
      set[path] = leaf;
      return;
    }
    const Path path = below(2) == 0 ? std::next(set.begin(), static_cast<long>(below(set.size())))->first : any_path();
    EXPECT_EQ(tree.erase(path), set.erase(path) == 1);
  }

  std::mt19937_64 bits;
  Tree tree;
  Set set;
};

TEST(RadixTree, HasTheRootOfItsDefinitionAfterEveryChange) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Twins twins(seed);
    for (int i = 0; i < 400; ++i) {
      twins.step();
      if (twins.below(4) == 0) {
        ASSERT_EQ(twins.tree.root(), root_of(twins.set)) << "seed " << seed << " step " << i;
      }
      ASSERT_EQ(twins.tree.size(), twins.set.size());
    }
    for (const auto& [path, leaf] : twins.set) {
      ASSERT_NE(twins.tree.find(path), nullptr);
      ASSERT_EQ(*twins.tree.find(path), leaf);
    }
    while (!twins.set.empty()) {
      ASSERT_TRUE(twins.tree.erase(twins.set.begin()->first));
      twins.set.erase(twins.set.begin());
      ASSERT_EQ(twins.tree.root(), root_of(twins.set));
    }
  }
}

TEST(RadixTree, FindsExactlyWhatDiffers) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Twins a(seed);
    for (std::uint64_t i = 0; i < seed * 8; ++i) a.step();
    Twins b = a;
    b.bits.seed(seed + 1000);
    for (std::uint64_t i = 0; i < seed % 12; ++i) b.step();
    a.tree.root();
    b.tree.root();
    auto found = differences(a.tree, b.tree, 10'000);
    EXPECT_TRUE(std::ranges::is_sorted(found));
    EXPECT_EQ(found, naive_differences(a.set, b.set)) << "seed " << seed;
    EXPECT_EQ(differences(b.tree, a.tree, 10'000), found);
    if (found.size() > 2) {
      found.resize(2);
      EXPECT_EQ(differences(a.tree, b.tree, 2), found);
    }
  }
}

TEST(RadixTree, ATreeBuiltInAnotherOrderIsTheSame) {
  Twins one(7);
  for (int i = 0; i < 3000; ++i) one.step();
  std::vector<std::pair<Path, Hash32>> shuffled(one.set.begin(), one.set.end());
  std::shuffle(shuffled.begin(), shuffled.end(), one.bits);
  Tree other;
  for (const auto& [path, leaf] : shuffled) other.put(path, leaf);
  EXPECT_EQ(other.root(), one.tree.root());
}

}  // namespace
}  // namespace lockstep::mirror::radix
