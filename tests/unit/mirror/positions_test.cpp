// What a large state keeps in fewer bytes, against the plain types.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

#include "mirror/account.hpp"

namespace lockstep::mirror {
namespace {

TEST(Amount, KeepsAnyInt) {
  const Int most = std::numeric_limits<Int>::max(), least = std::numeric_limits<Int>::min();
  std::mt19937_64 bits(3);
  for (const Int value : {Int{0}, Int{1}, Int{-1}, Int{1} << 64, -(Int{1} << 64), most, least})
    EXPECT_TRUE(Int{Amount(value)} == value);
  for (int i = 0; i < 1000; ++i) {
    const Int value = static_cast<Int>(bits()) << 64 | static_cast<Int>(bits());
    EXPECT_TRUE(Int{Amount(value)} == value);
  }
}

TEST(LotsTest, WhatDoesNotFitIsAnOverflowAndNoOtherNumber) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  Checked math;
  EXPECT_TRUE(Int{add(math, most, -5)} == Int{most} - 5);
  EXPECT_TRUE(Int{add(math, -5, Int{most} + 5)} == Int{most});
  EXPECT_FALSE(math.overflow());
  (void)add(math, most, 1);
  EXPECT_TRUE(math.overflow());
  Checked below;
  (void)add(below, -most, -2);
  EXPECT_TRUE(below.overflow());
}

TEST(Positions, AreAMapByMarket) {
  std::mt19937_64 bits(11);
  std::map<MarketId, Position> plain;
  Positions positions;
  for (int i = 0; i < 20'000; ++i) {
    const auto market = static_cast<MarketId>(bits() % 40);
    Position& one = positions.at(market);
    one.size = static_cast<std::int64_t>(bits() % 3);
    one.quote = static_cast<Int>(i);
    plain[market] = one;
    if (bits() % 5 == 0) {
      positions.drop_empty();
      std::erase_if(plain, [](const auto& entry) { return entry.second.empty(); });
    }
    const Positions copy = positions;
    positions = copy;
    ASSERT_EQ(positions.size(), plain.size());
    auto at = plain.begin();
    for (const Position& held : positions) ASSERT_EQ(held, (at++)->second);
    const auto asked = static_cast<MarketId>(bits() % 40);
    const Position* const found = positions.find(asked);
    ASSERT_EQ(found != nullptr, plain.contains(asked));
    if (found != nullptr) {
      ASSERT_EQ(*found, plain.at(asked));
    }
  }
}

TEST(Positions, AreNobodysAfterAMove) {
  Positions from;
  from.at(3).quote = 7;
  const Positions to = std::move(from);
  EXPECT_TRUE(from.empty() && from.begin() == from.end());  // NOLINT(bugprone-use-after-move): what is left is defined
  ASSERT_EQ(to.size(), 1U);
  EXPECT_TRUE(to.back().quote == 7 && to.find(3) == to.begin() && to.find(2) == nullptr);
}

}  // namespace
}  // namespace lockstep::mirror
