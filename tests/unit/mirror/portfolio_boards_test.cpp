// What is held on boards, priced (mirror/portfolio_boards.hpp).
#include <gmock/gmock.h>

#include <cmath>

#include "mirror/portfolio.hpp"
#include "mirror/rows.hpp"
#include "mirror/snapshot.hpp"
#include "mirror/state.hpp"
#include "mirror/stress_boards.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Int e18 = 1'000'000'000'000'000'000;
constexpr UnixSeconds now = 1'790'000'000;
enum Type : int { long_call, long_put, covered_call, short_call, short_put };

/// A row of tests/golden/greeks/lyra.csv, as the contract answered: one board, strike 1 on it.
constexpr Int seconds = 4'283'727, volatility = 1'737'700'000'000'000'000, rate = -20'000'000'000'000'000;
constexpr Int spot = 3'290'867'088'000 * (e18 / 1'000'000'000), price = 248'689 * (e18 / 100);
constexpr Int call = 1'189 * e18 + 472'909'388'007'951'795, put = 392 * e18 + 261'195'427'605'192'913;
constexpr Int call_delta = 774'383'469'921'105'960, put_delta = -225'616'530'078'894'040;

class BoardsPortfolio : public Story {
 protected:
  BoardsPortfolio() {
    mirror = Mirror();
    says(OpCode::add_board, {Int{1}, Int{now} + seconds, volatility / 2, e18});
    says(OpCode::add_strike, {Int{1}, Int{1}, price, 2 * e18});
  }
  void marks() {
    says(OpCode::set_option_terms, {rate, e18});
    says(OpCode::mark_spot, {spot});
  }
  void holds(HoldingId id, const Address& owner, Type type, Int amount, Int collateral = 0) {
    says(OpCode::update_holding, {Int{id}, owner, Int{1}, Int{type}, amount, collateral});
  }
  Portfolio priced(UnixSeconds at = now) const {
    auto found = portfolio_of(mirror.state(), at);
    EXPECT_TRUE(found.has_value()) << found.error();
    return *std::move(found);
  }
  std::string unpriced(UnixSeconds at = now) const {
    const auto found = priced(at);
    EXPECT_NE(found.accounts.empty(), found.unpriced.empty());
    return found.unpriced.empty() ? "" : found.unpriced[0].why;
  }
};

/// To the digits of the scales, which are of one contract; the contract's own has more.
void is_worth(const greeks::Exposure& found, Int value, Int delta, Int contracts) {
  const auto apart = [](Int a, Int b) { return a > b ? a - b : b - a; };
  EXPECT_LE(apart(found.sum.value, value / (e18 / greek_scales.value)), contracts);
  EXPECT_LE(apart(found.sum.delta, delta / (e18 / greek_scales.delta)), contracts);
}

TEST_F(BoardsPortfolio, IsWorthWhatTheContractSays) {
  marks();
  holds(1, alice, long_call, 2 * e18);
  holds(2, bob, long_put, 3 * e18);
  holds(3, carol, short_call, e18, 900 * e18);
  holds(4, carol, short_put, 2 * e18, 700 * e18);
  holds(5, dave, covered_call, 3 * e18, 4 * e18);
  const auto found = priced();
  ASSERT_EQ(found.accounts.size(), 4U);
  EXPECT_EQ(found.accounts[0].account, alice);
  EXPECT_EQ(found.accounts[0].underlying, 0U);
  is_worth(found.accounts[0], 2 * call, 2 * call_delta, 2);
  is_worth(found.accounts[1], 3 * put, 3 * put_delta, 3);
  is_worth(found.accounts[2], 1'600 * e18 - call - 2 * put, -call_delta - 2 * put_delta, 3);
  is_worth(found.accounts[3], 4 * spot - 3 * call, 4 * e18 - 3 * call_delta, 3);
  ASSERT_EQ(found.open.size(), 1U);
  is_worth(found.open[0], 2 * call + 3 * put, 2 * call_delta + 3 * put_delta, 5);
  EXPECT_GT(found.accounts[0].sum.gamma, 0);
  EXPECT_LT(found.accounts[0].sum.theta, 0);
}

TEST_F(BoardsPortfolio, OfASettledBoardIsWorthWhatItPays) {
  marks();
  holds(1, alice, long_call, 2 * e18);
  holds(2, bob, long_put, e18);
  holds(3, carol, short_call, e18, 900 * e18);
  holds(4, dave, covered_call, e18, e18);
  says(OpCode::settle_board, {Int{1}, price + 300 * e18});
  const auto found = priced();
  ASSERT_EQ(found.accounts.size(), 4U);
  const auto worth = [&](std::size_t at) { return found.accounts[at].sum.value; };
  EXPECT_EQ(worth(0), 600 * greek_scales.value);
  EXPECT_EQ(worth(1), 0);
  EXPECT_EQ(worth(2), 600 * greek_scales.value);
  EXPECT_EQ(worth(3), spot / (e18 / greek_scales.value) - 300 * greek_scales.value)
      << "its collateral is the underlying still";
  EXPECT_EQ(found.accounts[0].sum.delta, 0);
  EXPECT_EQ(found.accounts[3].sum.delta, greek_scales.delta);
}

TEST_F(BoardsPortfolio, SaysWhatIsMissingForAPrice) {
  EXPECT_TRUE(priced().unpriced.empty()) << "nothing is held";
  holds(1, alice, long_call, e18);
  EXPECT_EQ(unpriced(), "strike 1: no spot price was marked");
  marks();
  EXPECT_EQ(unpriced(0), "strike 1: the time is not known");
  EXPECT_EQ(unpriced(now), "");
  says(OpCode::mark_strike, {Int{1}, Int{0}});
  EXPECT_EQ(unpriced(), "strike 1: no volatility was marked");
  says(OpCode::mark_strike, {Int{1}, 64 * e18});
  says(OpCode::mark_board, {Int{1}, 64 * e18});
  EXPECT_EQ(unpriced(), "strike 1: its volatility is out of bounds");
  says(OpCode::close_holding, {Int{1}, alice});
  holds(2, alice, covered_call, e18, e18);
  says(OpCode::settle_board, {Int{1}, price});
  EXPECT_EQ(unpriced(0), "") << "what is settled needs no time";
}

TEST_F(BoardsPortfolio, UnderStressEachSoldOptionHasItsOwnCollateral) {
  marks();
  holds(1, alice, long_call, 2 * e18);
  holds(2, alice, short_call, e18, 1'500 * e18);
  holds(3, bob, short_put, 2 * e18, 3'000 * e18);
  holds(4, carol, covered_call, e18, e18);
  holds(5, carol, short_call, e18, 20'000 * e18);
  const auto& boards = mirror.state().boards;
  const std::vector<Int> moves{0, -1'000'000, 500'000};
  const auto found = stress(boards, now, moves, 3);
  ASSERT_TRUE(found.has_value()) << found.error();
  ASSERT_EQ(found->moves.size(), 3U);

  // Nothing moves: a portfolio, in which nobody's collateral is short.
  Int all = 0;
  for (const auto& one : priced().accounts) all += one.sum.value;
  EXPECT_LE(all > found->moves[0].equity ? all - found->moves[0].equity : found->moves[0].equity - all, 5);
  EXPECT_EQ(found->moves[0].insolvent, 0U);
  EXPECT_EQ(found->moves[0].shortfall, 0);

  // At next to nothing a put pays its discounted strike, calls pay nothing, and what covers one is worth nothing.
  EXPECT_EQ(found->moves[1].insolvent, 1U);
  const double discounted = 2'486.89 * std::exp(0.02 * 4'283'727 / 31'536'000);
  const auto whole = [](Int value) { return static_cast<double>(value) / static_cast<double>(greek_scales.value); };
  EXPECT_NEAR(whole(found->moves[1].shortfall), 2 * discounted - 3'000, 1e-4);
  EXPECT_NEAR(whole(found->moves[1].equity), 1'500 + 20'000, 1e-4);

  // Half as much again: alice's sold call lacks collateral however much her bought ones are worth.
  EXPECT_EQ(found->moves[2].insolvent, 1U);
  ASSERT_EQ(found->worst.size(), 3U);
  EXPECT_EQ(found->worst[0].holding, 3U);
  EXPECT_EQ(found->worst[0].owner, bob);
  EXPECT_EQ(found->worst[0].move, 1U);
  EXPECT_EQ(found->worst[0].left, -found->moves[1].shortfall);
  EXPECT_EQ(found->worst[1].holding, 2U);
  EXPECT_EQ(found->worst[1].move, 2U);
  EXPECT_EQ(found->worst[1].left, -found->moves[2].shortfall);
  EXPECT_EQ(found->worst[2].holding, 4U);
  EXPECT_EQ(stress(boards, now, {-1'000'001}, 3).error(), "spot -100.0001 %: the move is out of bounds");
  EXPECT_EQ(stress(boards, 0, {0}, 3).error(), "spot +0 %: strike 1: the time is not known");
}

TEST_F(BoardsPortfolio, TermsAreInTheDigestAndInTheFileAndMayBeDeclared) {
  const Key key{.table = Table::option_terms, .account = {}, .market = 0, .order = 0};
  const auto is_digested = [&] { EXPECT_EQ(mirror.digest(), mirror::digest(mirror.rows())); };
  EXPECT_EQ(mirror.with({{key, "rate", Int{1}}}).error(), "option_terms rate: nothing of them was told");
  const Hash32 before = mirror.digest();
  says(OpCode::mark_spot, {spot});
  EXPECT_NE(mirror.digest(), before);
  is_digested();
  EXPECT_EQ(mirror.state().boards.terms, (OptionTerms{spot, 0, 1}));
  says(OpCode::set_option_terms, {rate});
  is_digested();
  EXPECT_EQ(mirror.rows().back().key, key);
  EXPECT_THAT(mirror.rows().back().values, ElementsAre(Value{spot}, Value{rate}, Value{Int{1}}));

  Bytes bytes;
  ASSERT_TRUE(save(mirror, {"lyra:alpha", 41, {}, now}, [&](BytesView more) { append(bytes, more); }));
  const auto restored = restore(bytes);
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(restored->mirror.digest(), mirror.digest());
  EXPECT_EQ(restored->mirror.state().boards.terms, (OptionTerms{spot, rate, 1}));

  EXPECT_NE(mirror.with({{key, "rate", Int{0}}})->digest(), mirror.digest());
  EXPECT_THAT(mirror.with({{key, "spot", e18}}).error(), HasSubstr("follows from operations"));
}

TEST_F(BoardsPortfolio, TermsMayComeBeforeTheFirstBoardAndMakeAnInstanceOne) {
  mirror = Mirror();
  marks();
  EXPECT_THAT(refused(OpCode::add_market, {Int{9}, Int{0}, Int{0}, Int{0}, Int{0}}), HasSubstr("pools or boards"));
  EXPECT_THAT(refused(OpCode::set_pool_terms, {e18, e18, Int{0}, Int{0}, Int{0}}), HasSubstr("markets or boards"));
  EXPECT_EQ(mirror.digest(), mirror::digest(mirror.rows()));
  says(OpCode::add_board, {Int{1}, Int{now}, e18, e18});
  mirror = Mirror();
  says(OpCode::add_market, {Int{9}, Int{0}, Int{0}, Int{0}, Int{0}});
  EXPECT_THAT(refused(OpCode::mark_spot, {spot}), HasSubstr("mark_spot: the instance has markets or pools"));
  EXPECT_THAT(refused(OpCode::set_option_terms, {rate}),
              HasSubstr("set_option_terms: the instance has markets or pools"));
}

}  // namespace
}  // namespace lockstep::mirror
