// How far prices move until one can act: by hand, and against walks that are played.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "mirror/add_on.hpp"

namespace lockstep::mirror {
namespace {

Operation price(std::uint64_t block_num, Int market, Int value, OpCode code = OpCode::set_mark) {
  return {.code = code, .args = {market, value}, .block_num = block_num, .log_index = 0};
}

TEST(PriceMoves, SumsSquaresOfChangesByMarket) {
  PriceMoves moves;
  EXPECT_FALSE(moves.of(1).has_value());
  moves.observe(price(10, 1, 1000));
  EXPECT_FALSE(moves.of(1).has_value()) << "one price is no move";
  moves.observe(price(12, 1, 1010));  // 1 %
  moves.observe(price(12, 2, 7, OpCode::mark_pool));
  moves.observe(price(19, 1, 1000));  // 1 % of the lesser
  moves.observe(price(20, 1, 0));     // no price
  moves.observe({.code = OpCode::deposit, .args = {Address{}, Int{5}}, .block_num = 30, .log_index = 0});
  const auto found = moves.of(1);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(10U, found->from_num);
  EXPECT_EQ(19U, found->upto_num);
  EXPECT_EQ(2U, found->count);
  EXPECT_EQ(2 * Int{10'000} * 10'000, found->squares_ppm2);
  EXPECT_FALSE(moves.of(2).has_value());
}

TEST(PriceMoves, ForgetsWhatIsOld) {
  PriceMoves moves;
  moves.observe(price(1, 1, 1000));
  moves.observe(price(2, 1, 2000));  // 100 %
  for (std::uint64_t num = 3; num < 3 + PriceMoves::most; ++num)
    moves.observe(price(num, 1, num % 2 == 0 ? 2000 : 2002));
  const auto found = moves.of(1);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(PriceMoves::most, found->count);
  EXPECT_EQ(2U, found->from_num);
  EXPECT_EQ(Int{PriceMoves::most} * 1000 * 1000, found->squares_ppm2) << "the jump is gone";
}

TEST(PriceMoves, CountsAMoveWithoutBoundForABoundedOne) {
  PriceMoves moves;
  moves.observe(price(1, 1, 1));
  moves.observe(price(2, 1, Int{1} << 120));
  EXPECT_EQ(PriceMoves::most_ppm * PriceMoves::most_ppm, moves.of(1)->squares_ppm2);
}

TEST(AddOn, IsDeviationsOfWhatThePriceDoesInTheTime) {
  const Moves moves{.from_num = 1, .upto_num = 2, .count = 100, .squares_ppm2 = Int{100} * 1000 * 1000};
  // 10^8 ppm² in 100 s: 1,000 ppm a root second; 4 s at 3 deviations.
  EXPECT_EQ(6000, add_on_ppm(moves, 100, 4000, 3).value());
  EXPECT_EQ(1, add_on_ppm({.squares_ppm2 = 1}, 1'000'000, 1, 1).value()) << "rounded up";
  EXPECT_EQ(0, add_on_ppm({}, 10, 4000, 3).value());
  EXPECT_EQ("no time passed between the prices", add_on_ppm(moves, 0, 4000, 3).error());
  EXPECT_EQ("a number is too large", add_on_ppm({.squares_ppm2 = Int{1} << 120}, 1, 1000, 20).error());
  EXPECT_EQ("a number is below zero", add_on_ppm(moves, 100, -1, 3).error());
}

/// Walks with fat tails, acted upon after a time that is random too: no more go further than Cantelli allows.
TEST(AddOn, IsExceededAsRarelyAsItSays) {
  std::mt19937_64 bits(5);
  std::student_t_distribution<double> step(3);
  std::exponential_distribution<double> latency(1.0 / 20);  // s, in the mean 20
  PriceMoves seen;
  double at = 1e12;
  for (std::uint64_t second = 0; second < 1000; ++second) {
    seen.observe(price(second, 1, static_cast<Int>(at)));
    at *= std::exp(1e-4 * step(bits));
  }
  for (const int deviations : {1, 2, 4}) {
    const auto bound = static_cast<double>(add_on_ppm(*seen.of(1), 999, 20'000, deviations).value()) / 1e6;
    int further = 0;
    constexpr int walks = 20'000;
    for (int i = 0; i < walks; ++i) {
      double moved = 0;
      for (auto left = static_cast<int>(std::ceil(latency(bits) - 0.5)); left > 0; --left) moved += 1e-4 * step(bits);
      further += -moved > bound ? 1 : 0;
    }
    EXPECT_LE(further, walks / (1 + deviations * deviations)) << deviations;
    EXPECT_GT(further, 0) << deviations;
  }
}

TEST(AddOn, ConcernsMarketsInWhichSomebodyHasAPosition) {
  const auto market = [](MarketId id, Int maintenance_bps, Int open_interest) {
    return Row{
        {.table = Table::market, .account = {}, .market = id, .order = 0},
        {Int{0}, maintenance_bps, Int{0}, Int{0}, Int{0}, open_interest, Int{0}, Int{0}, Int{9}, Int{0}, Int{0}}};
  };
  const auto series = [](MarketId id, Int kind, Int is_expired) {
    return Row{{.table = Table::series, .account = {}, .market = id, .order = 0},
               {Int{1}, kind, Int{0}, Int{0}, Int{1}, Int{0}, Int{0}, Int{0}, Int{0}, is_expired, Int{0}, Int{0}}};
  };
  const Rows rows{market(1, 500, 7), market(2, 500, 0), market(3, 250, 1), market(4, 250, 1),
                  market(5, 250, 1), series(3, 0, 0),   series(4, 1, 0),   series(5, 0, 1)};
  EXPECT_EQ((std::vector<HeldMargin>{{1, 50'000}, {3, 25'000}}), held_margins(rows));
  const Rows pools{Row{{.table = Table::pool_terms, .account = {}, .market = 0, .order = 0},
                       {Int{1}, Int{1}, Int{0}, Int{100'000}, Int{62'500}, Int{0}}},
                   Row{{.table = Table::pool, .account = {}, .market = 6, .order = 0}, {Int{9}, Int{0}}},
                   Row{{.table = Table::pool, .account = {}, .market = 7, .order = 0}, {Int{9}, Int{3}}}};
  EXPECT_EQ((std::vector<HeldMargin>{{7, 62'500}}), held_margins(pools));
}

}  // namespace
}  // namespace lockstep::mirror
