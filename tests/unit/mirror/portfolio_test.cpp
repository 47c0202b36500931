#include "mirror/portfolio.hpp"

#include <array>
#include <cmath>
#include <fstream>
#include <sstream>

#include "mirror/state.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

constexpr UnixSeconds now = 1'800'000'000;
constexpr Int day = 86'400, e15 = 1'000'000'000'000'000;

/// Two underlyings, 1 and 6; on 1 a call with lots of a millionth, a put on a forward and a future; on 6 a call.
class MirrorPortfolio : public Story {
 protected:
  MirrorPortfolio() {
    for (const auto& owner : {alice, bob, carol}) says(OpCode::deposit, {owner, Int{1'000'000'000'000}});
    says(OpCode::add_market, {Int{6}, Int{0}, Int{0}, Int{0}, Int{0}});
    says(OpCode::set_mark, {Int{1}, Int{1'990'000'000}});
    says(OpCode::set_mark, {Int{6}, Int{50'000}});
    lists(2, 1, 1, 2'100'000'000, 30, 1'000'000);
    lists(3, 1, 2, 1'900'000'000, 7, 1'000'000);
    lists(4, 1, 0, 0, 20, 1);
    lists(5, 6, 1, 45'000, 90, 1);
    says(OpCode::set_mark, {Int{4}, Int{2'015'000'000}});
    says(OpCode::set_mark, {Int{2}, Int{120'000'000}});
    places(1, bob, sell, 1'990'000'000, 3);
    places(2, alice, buy, 1'990'000'000, 3);
    fills(1, 2, 1'990'000'000, 3);
    says(OpCode::set_mark, {Int{1}, Int{2'000'000'000}});
    trades(2, alice, bob, 2'500'000, 120'000'000);
    trades(3, bob, alice, 1'000'000, 30'000'000);
    trades(4, bob, carol, 4, 2'020'000'000);
    trades(5, bob, alice, 7, 9'000);
  }

  void lists(MarketId market, MarketId underlying, int kind, Int strike, Int days, Int unit) {
    says(OpCode::add_series, {Int{market}, Int{underlying}, Int{kind}, strike, Int{now} + days * day, Int{0}, Int{0},
                              Int{0}, Int{0}, Int{0}, Int{0}, unit});
  }
  void trades(MarketId market, const Address& buyer, const Address& seller, Int size, Int price) {
    says(OpCode::trade_series, {Int{market}, buyer, seller, size, price});
  }
  void marks() {
    says(OpCode::mark_series, {Int{2}, 650 * e15, 40 * e15});
    says(OpCode::mark_series, {Int{3}, 800 * e15, 30 * e15, Int{2'010'000'000}});
    says(OpCode::mark_series, {Int{5}, 1'200 * e15});
  }
};

// 50 digits by tests/golden/greeks/portfolio.py, which shares nothing with this program.
TEST_F(MirrorPortfolio, IsTheSumOfFiftyDigitsWithinItsRounding) {
  marks();
  const auto found = portfolio_of(mirror.state(), now);
  ASSERT_TRUE(found.has_value()) << found.error();
  EXPECT_TRUE(found->unpriced.empty());
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/golden/greeks/portfolio.csv");
  std::string line;
  std::getline(file, line);
  std::size_t row = 0;
  for (; std::getline(file, line); ++row) {
    ASSERT_LT(row, found->accounts.size());
    const auto& [account_of_row, underlying, sum] = found->accounts[row];
    std::istringstream fields(line);
    std::array<long double, 8> expected{};
    for (auto& field : expected) {
      std::string text;
      std::getline(fields, text, ',');
      field = std::stold(text);
    }
    EXPECT_EQ(account_of_row, account(static_cast<std::uint8_t>(expected[0])));
    EXPECT_EQ(underlying, static_cast<MarketId>(expected[1]));
    const std::array got{sum.value, sum.delta, sum.gamma, sum.vega, sum.theta, sum.rho};
    const auto& s = greek_scales;
    const std::array scale{s.value, s.delta, s.gamma, s.vega, s.theta, s.rho};
    for (std::size_t i = 0; i < got.size(); ++i) {
      const auto value = static_cast<long double>(got[i]) / static_cast<long double>(scale[i]);
      // Ten units of the scale, and what doubles of one contract may be off.
      const auto most = 10 / static_cast<long double>(scale[i]) + 1e-12L * std::abs(expected[i + 2]);
      EXPECT_NEAR(value, expected[i + 2], most) << line << " Greek " << i;
    }
  }
  EXPECT_EQ(row, found->accounts.size());
}

TEST_F(MirrorPortfolio, OfAllAccountsIsNothingAndWhatIsOpenIsHalfOfIt) {
  marks();
  const auto found = portfolio_of(mirror.state(), now);
  ASSERT_TRUE(found.has_value());
  for (const MarketId underlying : {1, 6}) {
    Int delta = 0, vega = 0;
    for (const auto& row : found->accounts) {
      if (row.underlying != underlying) continue;
      delta += row.sum.delta;
      vega += row.sum.vega;
    }
    EXPECT_EQ(delta, 0);
    EXPECT_EQ(vega, 0);
  }
  ASSERT_EQ(found->open.size(), 2U);
  EXPECT_GT(found->open[0].sum.vega, 0);
}

TEST_F(MirrorPortfolio, LeavesOutAnUnderlyingOfWhichOneThingHasNoPrice) {
  const auto found = portfolio_of(mirror.state(), now);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->unpriced, (std::vector<Unpriced>{{1, "market 2: no volatility was marked"},
                                                    {6, "market 5: no volatility was marked"}}));
  EXPECT_TRUE(found->accounts.empty());
  says(OpCode::mark_series, {Int{5}, 1'200 * e15});
  EXPECT_EQ(portfolio_of(mirror.state(), 0)->unpriced.back(), (Unpriced{6, "market 5: the time is not known"}));
  EXPECT_EQ(portfolio_of(mirror.state(), now)->accounts.size(), 2U);
}

TEST_F(MirrorPortfolio, WhatIsExpiredIsWorthWhatItPaysAndFeelsNothing) {
  marks();
  for (const MarketId id : {2, 3, 4}) says(OpCode::expire_series, {Int{id}, Int{2'150'000'000}});
  const auto found = portfolio_of(mirror.state(), now);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->unpriced, std::vector<Unpriced>{});
  const auto bobs = rows_of(*found, bob);
  ASSERT_EQ(bobs.size(), 2U);
  // Three sold at 1990, marked at 2000; two and a half calls pay 50 each; the future was bought at 2020.
  EXPECT_EQ(decimal(bobs[0].sum.value, greek_scales.value), "365000000");
  EXPECT_EQ(decimal(bobs[0].sum.delta, greek_scales.delta), "-3");
  EXPECT_EQ(decimal(bobs[0].sum.vega, greek_scales.vega), "0");
}

TEST_F(MirrorPortfolio, IsPagedByAccount) {
  marks();
  const auto found = portfolio_of(mirror.state(), now);
  EXPECT_EQ(rows_behind(*found, {}, 1).size(), 2U);
  EXPECT_EQ(rows_behind(*found, alice, 1).front().account, bob);
  EXPECT_EQ(rows_behind(*found, alice, 5).size(), 3U);
  EXPECT_TRUE(rows_behind(*found, carol, 5).empty());
  EXPECT_TRUE(rows_of(*found, dave).empty());
}

TEST(Decimal, IsExactAndWithoutZerosAtTheEnd) {
  EXPECT_EQ(decimal(0, 1'000), "0");
  EXPECT_EQ(decimal(-1, 1'000), "-0.001");
  EXPECT_EQ(decimal(1'500, 1'000), "1.5");
  EXPECT_EQ(decimal(-12'030, 1'000), "-12.03");
  EXPECT_EQ(decimal(7, 1), "7");
}

}  // namespace
}  // namespace lockstep::mirror
