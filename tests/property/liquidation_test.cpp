// Liquidation, bankruptcy prices, the insurance fund, deleveraging and isolated margin against the dumb venue, in
// markets that fall and jump, under changing rules; value is conserved after every operation. LOCKSTEP_SEED=<n> and
// LOCKSTEP_MESSAGES=<n> as in venue_test.cpp.
#include <numeric>

#include "tests/property/venue_twins.hpp"

namespace lockstep {
namespace {

struct Seen {
  std::size_t liquidations = 0, isolated = 0, partial = 0, in_book = 0, deleveraged = 0, fees = 0, from_fund = 0,
              bad_debt = 0, healthy = 0, moved = 0, withdrawn = 0;
};

class Crashing : public Twins {
 public:
  Crashing(std::uint64_t seed, std::uint32_t accounts) : Twins(seed, accounts) { change_rules(); }

  void step(Seen& seen) {
    const auto dice = below(100);
    if (dice < 68) {
      Twins::step();
    } else if (dice < 74) {
      jump();
    } else if (dice < 88) {
      if (below(4) == 0) expect_same_list();
      liquidate(seen);
    } else if (dice < 92) {
      set_isolated();
    } else if (dice < 97) {
      move(seen);
    } else if (dice < 98) {
      if (below(2) == 0) return rescue();
      const auto amount = static_cast<Int>(below(2'000));
      venue.endow(amount);
      dumb.insurance += amount;
    } else if (below(4) == 0) {
      change_rules();
    }
  }

 private:
  AccountId any() { return static_cast<AccountId>(below(dumb.collateral.size())); }

  /// Whoever has nothing left gets something, so that trading goes on.
  void rescue() {
    for (AccountId account = 0; account < dumb.collateral.size(); ++account)
      if (dumb.collateral[account] < 5'000) pay(account, 2'000 + static_cast<Int>(below(60'000)));
  }

  void jump() {
    const auto market = static_cast<std::uint32_t>(below(3));
    const auto now_is = static_cast<std::int64_t>(dumb.markets[market].mark);
    const auto share = static_cast<std::int64_t>(below(below(6) == 0 ? 930 : 120));
    const auto next = below(2) == 0 ? now_is + now_is * share / 1000 : now_is - now_is * share / 1000;
    mark(market, std::clamp<std::int64_t>(next, 60, 4000));
  }

  void expect_same_list() {
    std::vector<Below> ours;
    venue.find_liquidatable(ours);
    EXPECT_TRUE(ours == dumb.liquidatable());
  }

  void liquidate(Seen& seen) {
    const auto due = dumb.liquidatable();
    Below target{any(), below(3) == 0 ? static_cast<std::uint32_t>(below(3)) : cross};
    if (!due.empty() && below(8) != 0) target = due[below(due.size())];
    const auto ours = venue.liquidate(target.account, target.scope);
    const auto theirs = dumb.liquidate(target.account, target.scope);
    ASSERT_EQ(ours.has_value(), theirs.has_value());
    if (!ours) {
      seen.healthy += ours.error() == Refusal::healthy ? 1 : 0;
      EXPECT_STREQ(to_text(ours.error()), to_text(theirs.error()));
      return;
    }
    EXPECT_EQ(ours->in_book, theirs->in_book);
    EXPECT_EQ(ours->deleveraged, theirs->deleveraged);
    EXPECT_TRUE(ours->fees == theirs->fees && ours->from_fund == theirs->from_fund);
    EXPECT_TRUE(*ours == *theirs);
    EXPECT_TRUE(std::ranges::equal(venue.events(), dumb.events));
    EXPECT_TRUE(std::ranges::equal(venue.deleveraged(), dumb.deleveraged));
    ++seen.liquidations;
    seen.isolated += target.scope != cross ? 1 : 0;
    seen.partial += venue.margin(target.account, target.scope).maintenance != 0 ? 1 : 0;
    seen.in_book += ours->in_book != 0 ? 1 : 0;
    seen.deleveraged += ours->deleveraged != 0 ? 1 : 0;
    seen.fees += ours->fees != 0 ? 1 : 0;
    seen.from_fund += ours->from_fund != 0 ? 1 : 0;
    seen.bad_debt += ours->bad_debt != 0 ? 1 : 0;
  }

  void set_isolated() {
    const AccountId account = any();
    const auto market = static_cast<std::uint32_t>(below(3));
    const bool on = below(3) != 0;
    EXPECT_EQ(venue.set_isolated(account, market, on), dumb.set_isolated(account, market, on));
  }

  void move(Seen& seen) {
    const AccountId account = any();
    const auto market = static_cast<std::uint32_t>(below(3));
    const auto amount = static_cast<Int>(below(30'000));
    if (below(6) == 0) {
      const Refusal ours = venue.withdraw(account, amount / 8);
      EXPECT_EQ(ours, dumb.withdraw(account, amount / 8));
      seen.withdrawn += ours == Refusal::none ? 1 : 0;
      return;
    }
    const Int moved = below(3) == 0 ? -amount : amount;
    const Refusal ours = venue.move_margin(account, market, moved);
    EXPECT_EQ(ours, dumb.move_margin(account, market, moved));
    seen.moved += ours == Refusal::none ? 1 : 0;
  }

  void change_rules() {
    const VenueTerms rules{.collateral_haircut_bps = below(2) == 0 ? 0 : static_cast<std::int64_t>(below(1500)),
                           .liquidation = {.fee_ppm = static_cast<std::int64_t>(below(30'000)),
                                           .close_bps = below(2) == 0 ? 10'000 : 1 + static_cast<Lots>(below(10'000)),
                                           .fund_bps = static_cast<std::int64_t>(below(10'001))}};
    venue.set_terms(rules);
    dumb.rules = rules;
    for (std::uint32_t market = 0; market < 3; ++market) {
      MarketTerms terms = dumb.markets[market].terms;
      terms.tiers.clear();
      for (std::int64_t i = 0; i < static_cast<std::int64_t>(below(3)); ++i)
        terms.tiers.push_back({10'000 * (i + 1) + static_cast<std::int64_t>(below(5'000)),
                               terms.initial_bps + 400 * (i + 1), terms.maintenance_bps + 250 * (i + 1)});
      dumb.markets[market].terms = terms;
      venue.set_terms(market, terms);
    }
  }
};

TEST(LiquidationProperty, DoesWhatTheDumbOneDoesAndConservesValueAfterEveryOperation) {
  const auto one = from_environment("LOCKSTEP_SEED", 0);
  const auto messages = from_environment("LOCKSTEP_MESSAGES", 60'000);
  Seen seen;
  for (std::uint64_t seed = one == 0 ? 1 : one; seed <= (one == 0 ? 12 : one); ++seed) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    Crashing twins(seed, static_cast<std::uint32_t>(4 + seed % 9));
    for (std::uint64_t i = 0; i < messages; ++i) {
      twins.step(seen);
      twins.expect_conserved();
      if (i % 32 == 0) twins.expect_equal();
      if (testing::Test::HasFailure()) FAIL() << "after message " << i;
    }
    twins.expect_equal();
  }
  if (one != 0) return;
  for (const auto& [what, count] : {std::pair{"liquidations", seen.liquidations},
                                    {"isolated", seen.isolated},
                                    {"partial", seen.partial},
                                    {"in the book", seen.in_book},
                                    {"deleveraged", seen.deleveraged},
                                    {"fees", seen.fees},
                                    {"paid by the fund", seen.from_fund},
                                    {"bad debt", seen.bad_debt},
                                    {"healthy", seen.healthy},
                                    {"moved", seen.moved},
                                    {"withdrawn", seen.withdrawn}})
    EXPECT_GT(count, 40U) << what << ": the operations test too little of it";
}

/// Two accounts with a position of 100 lots at 1,000 between them, and who trades with them.
class LiquidationStory : public testing::Test {
 protected:
  LiquidationStory() : venue({.liquidation = {.fee_ppm = 10'000}}) {
    venue.add_market({.initial_bps = 1000, .maintenance_bps = 500, .band_bps = 5000});
    venue.set_mark(0, 1000);
    for (int i = 0; i < 4; ++i) venue.add_account();
    venue.deposit(0, 10'000);
    for (AccountId i = 1; i < 4; ++i) venue.deposit(i, 1'000'000);
    order(1, false, 1000, 100);
    order(0, true, 1000, 100);
  }

  void order(AccountId account, bool is_buy, std::uint32_t tick, Lots lots) {
    ASSERT_EQ(venue.place({.id = ++last, .account = account, .tick = tick, .lots = lots, .is_buy = is_buy}),
              Refusal::none);
  }
  Int total() const {
    Int sum = venue.insurance();
    for (AccountId i = 0; i < 4; ++i) {
      sum += venue.account(i).all_funds();
      venue.account(i).for_each([&](const Position& p) { sum += p.quote; });
    }
    return sum;
  }

  Venue venue;
  OrderId last = 0;
};

TEST_F(LiquidationStory, AHealthyAccountIsLeftAlone) {
  venue.set_mark(0, 950);  // equity 5,000, maintenance margin 4,750
  EXPECT_EQ(venue.liquidate(0, cross).error(), Refusal::healthy);
  EXPECT_EQ(venue.liquidate(0, 0).error(), Refusal::isolated);
  EXPECT_EQ(venue.liquidate(9, cross).error(), Refusal::account);
}

TEST_F(LiquidationStory, TheBookTakesItAndTheFeeComesOutOfWhatItIsBetterThanBankruptcy) {
  order(2, true, 902, 60);
  order(2, true, 901, 60);
  venue.set_mark(0, 930);  // equity 3,000, maintenance margin 4,650: bankruptcy price 900
  const auto done = venue.liquidate(0, cross);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->in_book, 100);
  EXPECT_TRUE(done->fees == 60 * 2 + 40 * 1) << "1 % of notional would be nine a lot";
  EXPECT_TRUE(done->from_fund == 0 && done->bad_debt == 0);
  EXPECT_TRUE(venue.account(0).collateral == 0);
  EXPECT_TRUE(venue.insurance() == 160);
}

TEST_F(LiquidationStory, TheFundPaysBelowTheBankruptcyPriceAsFarAsItMayAndTheOtherSideTakesTheRest) {
  venue.endow(250);
  order(2, true, 895, 100);
  venue.set_mark(0, 930);
  const auto done = venue.liquidate(0, cross);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->in_book, 50) << "250 pay for five a lot";
  EXPECT_EQ(done->deleveraged, 50);
  EXPECT_TRUE(done->from_fund == 250 && venue.insurance() == 0);
  const Deleveraged expected{.account = 1, .market = 0, .lots = -50, .price = 900};
  ASSERT_EQ(venue.deleveraged().size(), 1U);
  EXPECT_TRUE(venue.deleveraged()[0] == expected);
  EXPECT_TRUE(venue.account(0).collateral == 0 && venue.account(0).size_in(0) == 0);
  EXPECT_TRUE(total() == venue.deposits());
}

TEST_F(LiquidationStory, ThoseWhoProfitMostForTheirEquityAreDeleveragedFirst) {
  order(0, false, 1000, 50);  // flat in half of it again, bought by two others
  order(2, true, 1000, 25);
  order(3, true, 1000, 25);
  ASSERT_EQ(venue.account(0).size_in(0), 50);
  venue.deposit(3, 5);
  venue.set_mark(0, 1300);  // the short of account 1 stands at a loss of 30,000: all of what it has is far more
  EXPECT_EQ(venue.liquidate(1, cross).error(), Refusal::healthy);
  venue.set_mark(0, 11'500);  // bankrupt: owes 1,050,000
  const auto done = venue.liquidate(1, cross);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->deleveraged, 100);
  std::vector<AccountId> order_of;
  for (const auto& one : venue.deleveraged()) order_of.push_back(one.account);
  EXPECT_EQ(order_of, (std::vector<AccountId>{0, 2, 3})) << "profit ÷ equity: most of account 0, least of account 3";
  EXPECT_TRUE(total() == venue.deposits());
}

TEST_F(LiquidationStory, AnIsolatedPositionTakesNothingButItsOwnMargin) {
  ASSERT_EQ(venue.set_isolated(3, 0, true), Refusal::none);
  EXPECT_EQ(venue.place({.id = ++last, .account = 3, .tick = 1000, .lots = 10, .is_buy = true}), Refusal::margin);
  ASSERT_EQ(venue.move_margin(3, 0, 1'100), Refusal::none);
  order(3, true, 1000, 10);
  EXPECT_EQ(venue.set_isolated(3, 0, false), Refusal::isolated) << "an order rests";
  order(2, false, 1000, 10);
  EXPECT_EQ(venue.move_margin(3, 0, -200), Refusal::margin) << "100 are free";
  EXPECT_EQ(venue.move_margin(3, 0, -100), Refusal::none);
  venue.set_mark(0, 800);  // it owes 1,000
  const auto done = venue.liquidate(3, 0);
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(venue.account(3).collateral == 1'000'000 - 1'000) << "nothing but what was set aside";
  EXPECT_TRUE(total() == venue.deposits());
}

TEST_F(LiquidationStory, APositionThatMeetsTooManyOrdersIsUnfinishedAndMayBeAskedForAgain) {
  for (AccountId account = 1; account < 4; ++account)
    for (int i = 0; i < 30; ++i) order(account, true, 905, 1);
  venue.set_mark(0, 930);
  auto done = venue.liquidate(0, cross);
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(done->unfinished);
  EXPECT_EQ(done->in_book, 64);
  EXPECT_EQ(done->deleveraged, 0);
  done = venue.liquidate(0, cross);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->in_book, 26);
  EXPECT_EQ(done->deleveraged, 10) << "the book is empty";
  EXPECT_TRUE(total() == venue.deposits());
}

TEST_F(LiquidationStory, WhatNobodyCanPayIsBadDebtAndSaysSo) {
  venue.set_mark(0, 400);  // equity -50,000; the account on the other side takes it at twice the mark at most
  const auto done = venue.liquidate(0, cross);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->deleveraged, 100);
  EXPECT_TRUE(done->bad_debt == 10'000) << "sold for 800 what was bought for 1,000 with 10,000";
  EXPECT_TRUE(venue.account(0).collateral == -10'000);
  std::vector<Below> below;
  venue.find_liquidatable(below);
  EXPECT_TRUE(below.empty()) << "nothing is open that could be closed";
  venue.endow(4'000);
  EXPECT_TRUE(venue.liquidate(0, cross)->bad_debt == 6'000) << "the fund pays what it has";
  EXPECT_TRUE(total() == venue.deposits());
}

}  // namespace
}  // namespace lockstep
