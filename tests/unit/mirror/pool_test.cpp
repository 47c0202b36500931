// Markets without a book: what trades realise, what is left, what accounts are worth (mirror/pool.hpp).
#include "mirror/pool.hpp"

#include <gmock/gmock.h>

#include "mirror/condition.hpp"
#include "mirror/reckon.hpp"
#include "mirror/revalue.hpp"
#include "mirror/state.hpp"
#include "mirror/stress.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

using ::testing::HasSubstr;

constexpr Int e12 = 1'000'000'000'000, e18 = e12 * 1'000'000;
constexpr Int e15 = e18 / 1000;

/// Pools 1 and 2 with sizes and money in 10^-18, collateral in 10^-6; margins 10 % and 6.25 %. Nobody has anything.
class PoolStory : public Story {
 protected:
  PoolStory() {
    mirror = Mirror();
    says(OpCode::set_pool_terms, {e18, e12, Int{10}, Int{100'000}, Int{62'500}});
    says(OpCode::add_pool, {Int{1}});
    says(OpCode::add_pool, {Int{2}});
  }

  static std::vector<Value> of(const Address& owner, Int base, Int quote, Int open_notional, Int realized = 0,
                               MarketId market = 1) {
    return {owner, Int{market}, base, quote, open_notional, realized};
  }
  void trades(const Address& owner, Int base, Int quote, Int open_notional, Int realized = 0) {
    says(OpCode::trade_pool, of(owner, base, quote, open_notional, realized));
  }
  void marks(MarketId market, Int mark) { says(OpCode::mark_pool, {Int{market}, mark}); }
  std::string held(const Address& owner, MarketId market = 1) const {
    return row({Table::pool_position, owner, market, 0});
  }
  std::string owed(const Address& owner) const { return row({Table::pool_account, owner, 0, 0}); }
  std::string pool(MarketId market = 1) const { return row({Table::pool, {}, market, 0}); }
};

TEST_F(PoolStory, ATradeOpensAddsReducesTurnsAndCloses) {
  trades(alice, 20 * e18, -252'530 * e15, -252'530 * e15);
  EXPECT_EQ(held(alice), "size=20000000000000000000 open_notional=-252530000000000000000 liquidity=0 pending=0");
  // The contract's own examples: half of it is sold for 137.5, 11.235 is profit.
  trades(alice, -10 * e18, 137'500 * e15, -126'265 * e15, 11'235 * e15);
  trades(alice, 10 * e18, -126'265 * e15, -252'530 * e15);
  // 30 are sold for 337.5: 20 of them close at 225, at a loss of 27.53; 10 are open for 112.5.
  EXPECT_THAT(refused(OpCode::trade_pool, of(alice, -30 * e18, 337'500 * e15, 112'500 * e15, -27'530 * e15 + 1)),
              HasSubstr("trade_pool.realized: the chain says -27529999999999999999, the mirror -27530000000000000000"));
  trades(alice, -30 * e18, 337'500 * e15, 112'500 * e15, -27'530 * e15);
  EXPECT_EQ(held(alice), "size=-10000000000000000000 open_notional=112500000000000000000 liquidity=0 pending=0");
  EXPECT_EQ(pool(), "mark=0 gross=10000000000000000000");
  trades(alice, 10 * e18, -100 * e18, 0, 12'500 * e15);
  EXPECT_EQ(held(alice), "");
  EXPECT_EQ(pool(), "mark=0 gross=0");
}

TEST_F(PoolStory, TheClosedShareIsRoundedDownAndSoIsWhatItCost) {
  trades(alice, 3, -10, -10);  // no dust yet: |-10| is not below 10
  // One third, to 18 places: 0.333… of -10 is -3.33…, towards zero -3. What is left is dust, and goes.
  trades(alice, -1, 4, 0, 1);
  EXPECT_EQ(held(alice), "");
}

TEST_F(PoolStory, TheChainsOpenNotionalMustBeOurs) {
  trades(alice, e18, -5 * e18, -5 * e18);
  EXPECT_THAT(
      refused(OpCode::trade_pool, of(alice, e18, -6 * e18, -11 * e18 + 1)),
      HasSubstr("trade_pool.open_notional: the chain says -10999999999999999999, the mirror -11000000000000000000"));
  EXPECT_THAT(refused(OpCode::trade_pool, of(alice, e18, -6 * e18, 0)), HasSubstr("trade_pool.open_notional"));
  EXPECT_THAT(refused(OpCode::trade_pool, of(alice, e18, -6 * e18, -11 * e18, 0, 7)),
              HasSubstr("market: 7 is no pool that was added"));
}

TEST_F(PoolStory, DustGoesWithTheLiquidityInTheLogBehindItsTrade) {
  says(OpCode::provide, {alice, Int{1}, Int{500}});
  trades(alice, e18, -5 * e18, -5 * e18);
  trades(alice, -e18 + 4, 5 * e18, -20, 20);
  EXPECT_EQ(held(alice), "size=4 open_notional=-20 liquidity=500 pending=0");
  trades(alice, 0, 20, 0);  // the chain keeps what is dust while there is liquidity
  EXPECT_EQ(held(alice), "size=4 open_notional=0 liquidity=500 pending=0");
  EXPECT_THAT(refused(OpCode::provide, {alice, Int{1}, Int{-501}}), HasSubstr("provide.liquidity: -501 of 500"));
  says(OpCode::provide, {alice, Int{1}, Int{-500}});
  EXPECT_EQ(held(alice), "") << "the liquidity went with the trade before it";

  trades(bob, 3, -50, -50);
  says(OpCode::provide, {bob, Int{1}, Int{500}});
  trades(bob, 0, 50, 0);
  log += 5;  // cancelled later on, by somebody else: the chain does not look for dust before the trade that follows
  says(OpCode::provide, {bob, Int{1}, Int{-500}});
  EXPECT_EQ(held(bob), "size=3 open_notional=0 liquidity=0 pending=0");
  trades(bob, 20, -7, -7);
  EXPECT_EQ(held(bob), "size=23 open_notional=-7 liquidity=0 pending=0");
}

TEST_F(PoolStory, OfDustAContractMayRealiseNothing) {
  says(OpCode::provide, {alice, Int{1}, Int{500}});
  trades(alice, 3, -60, -60);
  trades(alice, -5 * e18, 200 * e18, 200 * e18 - 60);  // else 60 of it
  EXPECT_EQ(held(alice), "size=-4999999999999999997 open_notional=199999999999999999940 liquidity=500 pending=0");
}

TEST_F(PoolStory, WhatIsOwedBecomesCollateralWhenSomethingIsTakenOut) {
  says(OpCode::deposit, {alice, Int{100}});
  says(OpCode::realize, {alice, 7 * e12 + 999});
  EXPECT_EQ(owed(alice), "owed=7000000000999");
  EXPECT_THAT(refused(OpCode::withdraw_realized, {alice, Int{108}}), HasSubstr("withdraw_realized.amount: 108 of 107"));
  says(OpCode::withdraw_realized, {alice, Int{50}});
  EXPECT_EQ(owner(alice), "collateral=57 equity=57 initial_margin=0 maintenance_margin=0");
  EXPECT_EQ(owed(alice), "owed=0");
  says(OpCode::realize, {alice, -8 * e12 - 1});
  EXPECT_EQ(owner(alice), "collateral=57 equity=49 initial_margin=0 maintenance_margin=0") << "towards zero";
  says(OpCode::withdraw_realized, {alice, Int{0}});
  EXPECT_EQ(owner(alice), "collateral=49 equity=49 initial_margin=0 maintenance_margin=0");
  EXPECT_THAT(refused(OpCode::withdraw, {alice, Int{1}}), HasSubstr("withdraw_realized"));
}

TEST_F(PoolStory, WhatIsRoundedDownIsRoundedDownWhenItIsSettledToo) {
  says(OpCode::set_pool_terms, {e18, e12, Int{10}, Int{100'000}, Int{62'500}, Int{1}});
  says(OpCode::realize, {alice, -8 * e12 - 1});
  EXPECT_EQ(owner(alice), "collateral=0 equity=-9 initial_margin=0 maintenance_margin=0");
  says(OpCode::withdraw_realized, {alice, Int{0}});
  EXPECT_EQ(owner(alice), "collateral=-9 equity=-9 initial_margin=0 maintenance_margin=0");
}

TEST_F(PoolStory, BadDebtIsTakenOver) {
  says(OpCode::realize, {alice, -9 * e12});
  says(OpCode::withdraw_realized, {alice, Int{0}});
  says(OpCode::transfer, {bob, alice, Int{9}});
  EXPECT_EQ(owner(alice), "collateral=0 equity=0 initial_margin=0 maintenance_margin=0");
  EXPECT_EQ(owner(bob), "collateral=-9 equity=-9 initial_margin=0 maintenance_margin=0");
  EXPECT_THAT(refused(OpCode::transfer, {bob, bob, Int{9}}), HasSubstr("transfer.payer: the account itself"));
}

TEST_F(PoolStory, AnAccountIsWorthItsCollateralWhatIsOwedAndOpenProfit) {
  says(OpCode::deposit, {alice, Int{100'000'000}});
  trades(alice, 2 * e18, -200 * e18, -200 * e18);
  says(OpCode::trade_pool, of(alice, -3 * e18, 30 * e18, 30 * e18, 0, 2));
  marks(1, 101 * e18 + 500);
  marks(2, 9 * e18);
  // 202.00…1000 - 27 - 170 = 5.00…1000; initial 10 % of (170 + 27), maintenance 6.25 % of (202.00…1000 + 27).
  EXPECT_EQ(owner(alice), "collateral=100000000 equity=105000000 initial_margin=19700000 maintenance_margin=14312501");
  says(OpCode::realize, {alice, -3 * e12 - 999'999'999'999});
  EXPECT_EQ(owner(alice), "collateral=100000000 equity=104999997 initial_margin=19700000 maintenance_margin=14312501");
  says(OpCode::set_pool_terms, {e18, e12, Int{10}, Int{100'000}, Int{62'500}, Int{1}});
  // Rounded once: 105.000000000000001000 - 0.000003999999999999.
  EXPECT_EQ(owner(alice), "collateral=100000000 equity=104999996 initial_margin=19700000 maintenance_margin=14312501");
}

TEST_F(PoolStory, AllAtOnceIsWorthWhatItIsRowByRow) {
  says(OpCode::deposit, {alice, Int{3'000'000}});
  says(OpCode::deposit, {bob, Int{5}});
  trades(alice, 2 * e18, -20 * e18, -20 * e18);
  says(OpCode::realize, {bob, -9 * e12});
  marks(1, 9 * e18);
  const State& state = mirror.state();
  const auto columns = columns_of(state);
  auto rules = rules_of(state);
  Valuation value;
  ASSERT_TRUE(revalue(columns, rules, value));
  EXPECT_EQ(value.equity, (std::vector<Int>{1'000'000, -4}));
  EXPECT_EQ(value.maintenance, (std::vector<Int>{1'125'000, 0}));
  EXPECT_TRUE(liquidatable(value, 0) && liquidatable(value, 1));
  rules.pools.maintenance_ppm = 50'000;
  ASSERT_TRUE(revalue(columns, rules, value));
  EXPECT_EQ(value.maintenance[0], Int{900'000});
  // 3 - 2 (10 - m) < 5 % of 2 m below m = 17 / 1.9 = 8.94736842…
  const auto mark = liquidation_mark(columns, rules, 0, 1);
  ASSERT_TRUE(mark);
  EXPECT_EQ(*mark / e12, Int{8'947'368});
  auto moved = columns;
  for (const Int step : {0, 1}) {
    moved.pools[0].mark = *mark + step;
    ASSERT_TRUE(revalue(moved, rules, value));
    EXPECT_EQ(liquidatable(value, 0), step == 0);
  }
  const auto found = stress(columns, rules, grid(columns, {-100'000, 200'000}), 2);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->scenarios.size(), 6U) << "together, and each pool alone";
  EXPECT_EQ(found->scenarios[0].equity, Int{1'000'000 - 1'800'000 - 4});
  EXPECT_EQ(found->scenarios[5].equity, Int{1'000'000 - 4}) << "nobody holds anything in pool 2";
}

TEST_F(PoolStory, TermsStandBeforePoolsAndMarketsAreNotMixedWithThem) {
  Mirror fresh;
  std::swap(mirror, fresh);
  EXPECT_THAT(refused(OpCode::add_pool, {Int{1}}), HasSubstr("set_pool_terms has to come before it"));
  EXPECT_THAT(refused(OpCode::realize, {alice, Int{1}}), HasSubstr("the instance has no pools"));
  EXPECT_THAT(refused(OpCode::withdraw_realized, {alice, Int{1}}), HasSubstr("the instance has no pools"));
  says(OpCode::add_market, {Int{1}, Int{1000}, Int{500}, Int{0}, Int{0}});
  EXPECT_THAT(refused(OpCode::set_pool_terms, {e18, e12, Int{10}, Int{1}, Int{1}}), HasSubstr("has markets"));
  std::swap(mirror, fresh);
  EXPECT_THAT(refused(OpCode::add_market, {Int{9}, Int{1000}, Int{500}, Int{0}, Int{0}}), HasSubstr("has pools"));
  EXPECT_THAT(refused(OpCode::add_pool, {Int{1}}), HasSubstr("1 was added before"));
  EXPECT_THAT(refused(OpCode::set_pool_terms, {e18 / 10, e12, Int{10}, Int{1}, Int{1}}),
              HasSubstr("set_pool_terms.unit"));
  EXPECT_THAT(refused(OpCode::set_pool_terms, {e18, e12 / 10, Int{10}, Int{1}, Int{1}}),
              HasSubstr("set_pool_terms.scale"));
  EXPECT_THAT(refused(OpCode::set_pool_terms, {e18, e12, Int{11}, Int{1}, Int{1}}), HasSubstr("set_pool_terms.dust"));
}

TEST_F(PoolStory, NothingOverflowsThatWasAccepted) {
  const Int most = max_pool_amount;
  trades(alice, most / 2, -most, -most);
  EXPECT_THAT(refused(OpCode::trade_pool, of(bob, most / 2 + 1, 0, 0)), HasSubstr("overflow in pool 1 gross"));
  trades(bob, -most / 2, most, most);
  EXPECT_THAT(refused(OpCode::trade_pool, of(alice, 1, -1, -most - 1)), HasSubstr("is outside"));
  EXPECT_THAT(refused(OpCode::trade_pool, of(alice, 1, -1, -most)), HasSubstr("overflow in pool_position"));
  marks(1, e18);
  EXPECT_THAT(refused(OpCode::mark_pool, {Int{1}, e18 + 1}), HasSubstr("overflow in pool 1 gross at this mark"));
  says(OpCode::realize, {alice, most});
  EXPECT_THAT(refused(OpCode::realize, {alice, Int{1}}), HasSubstr("overflow in pool_account"));
  says(OpCode::provide, {alice, Int{1}, max_liquidity});
  EXPECT_THAT(refused(OpCode::provide, {alice, Int{1}, Int{1}}), HasSubstr("overflow in pool_position"));
  EXPECT_NE(owner(alice), "");
}

TEST_F(PoolStory, WhatViewsTellIsReckonedFromRows) {
  says(OpCode::deposit, {alice, Int{1'000'000}});
  trades(alice, e18, -10 * e18, -10 * e18);
  says(OpCode::provide, {bob, Int{2}, Int{1}});
  Rows rows = mirror.rows();
  const auto set = [&](const Key& key, std::size_t field, Int value) {
    for (Row& row : rows)
      if (row.key == key) row.values[field] = value;
  };
  set({Table::pool, {}, 1, 0}, 0, 12 * e18);
  set({Table::pool_position, alice, 1, 0}, 3, e12 * 700'000);  // to be paid
  const auto providers = reckon(rows);
  ASSERT_TRUE(providers);
  ASSERT_EQ(providers->size(), 1U);
  EXPECT_EQ(rows[providers->front()].key, (Key{Table::account, bob, 0, 0}));
  for (const Row& row : rows) {
    if (row.key == Key{Table::account, alice, 0, 0}) {
      EXPECT_EQ(row.values, (std::vector<Value>{Int{1'000'000}, Int{2'300'000}, Int{1'000'000}, Int{750'000}}));
    }
  }
  set({Table::pool, {}, 1, 0}, 0, Int{1} << 126);
  EXPECT_TRUE(reckon(rows)) << "still fits";
  set({Table::pool_position, alice, 1, 0}, 0, Int{1} << 112);
  EXPECT_FALSE(reckon(rows));
  EXPECT_EQ(mirror.digest(), mirror::digest(mirror.rows()));
}

TEST_F(PoolStory, DeclaredChangesAreOfTheMarginsShares) {
  const Key terms{.table = Table::pool_terms, .account = {}, .market = 0, .order = 0};
  const auto changed = mirror.with({{terms, "maintenance_ppm", Int{70'000}}, {terms, "rounds_down", Int{1}}});
  ASSERT_TRUE(changed) << changed.error();
  EXPECT_EQ(changed->state().pools.terms->maintenance_ppm, Int{70'000});
  EXPECT_NE(changed->digest(), mirror.digest());
  EXPECT_EQ(mirror.with({{terms, "unit", Int{1}}}).error(),
            "pool_terms unit: it follows from operations and cannot be declared");
  const Key pool{.table = Table::pool, .account = {}, .market = 1, .order = 0};
  EXPECT_EQ(mirror.with({{pool, "mark", Int{1}}}).error(),
            "pool 1 mark: it follows from operations and cannot be declared");
}

TEST(MulDiv, IsExactBeyondOneHundredTwentyEightBits) {
  Checked math;
  const Int big = Int{1} << 120;
  EXPECT_EQ(mul_div(math, big, big, big), big);
  EXPECT_EQ(mul_div(math, -big, big + 1, big), -big - 1);
  EXPECT_EQ(mul_div(math, -7, 3, 2), Int{-10}) << "towards zero";
  EXPECT_EQ(mul_div(math, -big, 3 * big + 1, 2 * big), -(3 * big + 1) / 2);
  EXPECT_FALSE(math.overflow());
  mul_div(math, big, big, big >> 8);
  EXPECT_TRUE(math.overflow());
}

TEST(Conditions, CompareWhatIsJoinedByAnd) {
  const auto parsed = parse_condition("token == usdc && amount*2 >= 1e6");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].left.text, "token");
  EXPECT_EQ((*parsed)[0].right.text, "usdc");
  EXPECT_EQ((*parsed)[1].kind, Comparison::Kind::at_least);
  EXPECT_EQ((*parsed)[1].left.text, "amount*2");
  EXPECT_EQ((*parsed)[1].left.column, 18U);
  EXPECT_EQ((*parsed)[1].right.column, 30U);
  const auto wrong = [](const char* text) {
    const auto found = parse_condition(text);
    return found ? std::string("accepted") : std::to_string(found.error().column) + ": " + found.error().why;
  };
  EXPECT_THAT(wrong(""), HasSubstr("1: it compares nothing"));
  EXPECT_THAT(wrong("a == 1 && b"), HasSubstr("10: it compares nothing"));
  EXPECT_THAT(wrong("a = 1"), HasSubstr("3: this is no comparison"));
  EXPECT_THAT(wrong("a =="), HasSubstr("5: something to compare is missing"));
  EXPECT_THAT(wrong("a == 1 &&"), HasSubstr("it compares nothing"));
  EXPECT_TRUE(holds(Comparison::Kind::below, Int{-1}, Int{0}) && !holds(Comparison::Kind::above, Int{0}, Int{0}) &&
              holds(Comparison::Kind::at_most, Int{0}, Int{0}) && holds(Comparison::Kind::unequal, alice, bob));
}

}  // namespace
}  // namespace lockstep::mirror
