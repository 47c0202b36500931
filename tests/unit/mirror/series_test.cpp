#include <gmock/gmock.h>

#include "mirror/state.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

using ::testing::HasSubstr;

/// On market 1 at 1000: calls (2) and puts (3) of 100 lots at 1050 and 950, and a future (4); margins 10 % and 5 %.
class MirrorSeries : public Story {
 protected:
  MirrorSeries() {
    says(OpCode::add_series,
         {Int{2}, Int{1}, Int{1}, Int{1050}, expiry, Int{1000}, Int{500}, Int{0}, Int{0}, Int{0}, Int{0}, Int{100}});
    says(OpCode::add_series, {Int{3}, Int{1}, Int{2}, Int{950}, expiry, Int{1000}, Int{500}, Int{0}, Int{0}, Int{0},
                              Int{0}, Int{100}, Int{1}});
    says(OpCode::add_series, {Int{4}, Int{1}, Int{0}, Int{0}, expiry, Int{1000}, Int{500}});
    says(OpCode::set_mark, {Int{2}, Int{40}});
    says(OpCode::set_mark, {Int{4}, Int{1010}});
  }

  void trades(MarketId market, const Address& buyer, const Address& seller, Int size, Int price) {
    says(OpCode::trade_series, {Int{market}, buyer, seller, size, price, Int{2}, Int{1}});
  }
  std::string holding(const Address& owner, MarketId market) const { return row({Table::position, owner, market, 0}); }
  std::string series(MarketId market) const { return row({Table::series, {}, market, 0}); }

  const Int expiry = 1'800'000'000;
};

TEST_F(MirrorSeries, AnOptionIsPaidWhenItIsBoughtAndAsksMarginOfItsSeller) {
  trades(2, alice, bob, 150, 39);
  // 150 lots of a hundredth at 39 are 58.5: the buyer owes 59, the seller gets 58, the pot keeps the difference.
  EXPECT_EQ(holding(alice, 2), "size=150 quote=0 funding_index=0 bid_lots=0 ask_lots=0");
  EXPECT_EQ(owner(alice), "collateral=999939 equity=999999 initial_margin=0 maintenance_margin=0");
  EXPECT_EQ(owner(bob), "collateral=1000057 equity=999997 initial_margin=150 maintenance_margin=75");
  EXPECT_THAT(series(2), HasSubstr("pot=1"));
  EXPECT_EQ(global(), "insurance=3 next_order=1");
}

TEST_F(MirrorSeries, EndsAndIsSettledOneHolderAfterTheOther) {
  trades(2, alice, bob, 150, 39);
  EXPECT_EQ(refused(OpCode::settle_series, {alice, Int{2}, Int{0}}), "settle_series.market: 2 is not expired");
  says(OpCode::expire_series, {Int{2}, Int{1061}});
  EXPECT_THAT(row({Table::market, {}, 2, 0}), HasSubstr("mark=11"));
  EXPECT_EQ(owner(bob), "collateral=1000057 equity=1000040 initial_margin=0 maintenance_margin=0");
  EXPECT_EQ(refused(OpCode::settle_series, {alice, Int{2}, Int{17}}),
            "settle_series.payment: the chain says 17, the mirror 16");
  says(OpCode::settle_series, {alice, Int{2}, Int{16}});
  EXPECT_EQ(holding(alice, 2), "");
  EXPECT_THAT(series(2), HasSubstr("is_expired=1 settlement_price=1061 pot=-15"));
  says(OpCode::settle_series, {bob, Int{2}, Int{-17}});
  EXPECT_THAT(series(2), HasSubstr("pot=2"));
  EXPECT_EQ(refused(OpCode::settle_series, {bob, Int{2}, Int{0}}),
            "settle_series.account: " + to_hex(bob) + " holds nothing of it");
}

TEST_F(MirrorSeries, AFutureKeepsItsQuoteAndHasABook) {
  says(OpCode::place_order, {Int{1}, Int{4}, alice, Int{sell}, Int{1010}, Int{5}, Int{gtc}, Int{0}});
  says(OpCode::place_order, {Int{2}, Int{4}, bob, Int{buy}, Int{1010}, Int{3}, Int{gtc}, Int{0}});
  says(OpCode::trade, {Int{4}, Int{1}, Int{2}, Int{1010}, Int{3}, Int{0}, Int{0}});
  EXPECT_EQ(holding(bob, 4), "size=3 quote=-3030 funding_index=0 bid_lots=0 ask_lots=0");
  EXPECT_EQ(refused(OpCode::expire_series, {Int{4}, Int{1000}}),
            "expire_series: 1 orders were not cancelled before it");
  cancels(1, 2);
  says(OpCode::expire_series, {Int{4}, Int{1000}});
  says(OpCode::settle_series, {bob, Int{4}, Int{-30}});
  says(OpCode::settle_series, {alice, Int{4}, Int{30}});
  EXPECT_EQ(owner(bob), "collateral=999970 equity=999970 initial_margin=0 maintenance_margin=0");
}

TEST_F(MirrorSeries, AnOptionHasABookAndItsBidsSetMarginAside) {
  says(OpCode::place_order, {Int{1}, Int{2}, alice, Int{sell}, Int{42}, Int{250}, Int{gtc}, Int{0}});
  says(OpCode::place_order, {Int{2}, Int{2}, bob, Int{buy}, Int{45}, Int{150}, Int{gtc}, Int{0}});
  says(OpCode::trade, {Int{2}, Int{1}, Int{2}, Int{42}, Int{150}, Int{0}, Int{0}});
  EXPECT_EQ(owner(bob), "collateral=999937 equity=999997 initial_margin=0 maintenance_margin=0");
  EXPECT_EQ(holding(alice, 2), "size=-150 quote=0 funding_index=0 bid_lots=0 ask_lots=100");
  EXPECT_EQ(owner(alice), "collateral=1000063 equity=1000003 initial_margin=250 maintenance_margin=75");
  says(OpCode::place_order, {Int{3}, Int{2}, carol, Int{buy}, Int{30}, Int{100}, Int{gtc}, Int{0}});
  EXPECT_EQ(owner(carol), "collateral=1000000 equity=1000000 initial_margin=100 maintenance_margin=0");
  says(OpCode::place_order, {Int{4}, Int{2}, bob, Int{sell}, Int{20}, Int{200}, Int{ioc}, Int{1}});
  says(OpCode::trade, {Int{2}, Int{3}, Int{4}, Int{30}, Int{100}, Int{0}, Int{0}});
  cancels(4, 100);
  EXPECT_EQ(holding(bob, 2), "size=50 quote=0 funding_index=0 bid_lots=0 ask_lots=0");
  EXPECT_EQ(holding(carol, 2), "size=100 quote=0 funding_index=0 bid_lots=0 ask_lots=0");
}

TEST_F(MirrorSeries, RefusesWhatCannotBe) {
  EXPECT_EQ(refused(OpCode::trade_series, {Int{1}, alice, bob, Int{1}, Int{1}}),
            "trade_series.market: 1 is a perpetual, no series");
  EXPECT_EQ(refused(OpCode::trade_series, {Int{2}, alice, alice, Int{1}, Int{1}}),
            "trade_series.seller: the buyer itself");
  EXPECT_THAT(refused(OpCode::trade_series, {Int{2}, alice, account(9), Int{100}, Int{1}}),
              HasSubstr("is below its margin 100"));
  EXPECT_EQ(refused(OpCode::add_series, {Int{9}, Int{2}, Int{1}, Int{5}, expiry, Int{1}, Int{1}}),
            "underlying: 2 is a series itself");
  EXPECT_EQ(refused(OpCode::add_series, {Int{9}, Int{1}, Int{0}, Int{5}, expiry, Int{1}, Int{1}}),
            "strike: a future has none");
  EXPECT_EQ(refused(OpCode::place_order, {Int{1}, Int{2}, alice, Int{buy}, Int{141}, Int{5}, Int{gtc}, Int{0}}),
            "place_order.price: 141 is outside the band around the mark 40");
  EXPECT_EQ(refused(OpCode::place_order, {Int{1}, Int{3}, alice, Int{buy}, Int{40}, Int{5}, Int{gtc}, Int{0}}),
            "place_order.market: 3 has no mark yet");
  EXPECT_EQ(refused(OpCode::set_funding, {Int{2}, Int{1}}), "set_funding.market: 2 is a series, without funding");
  says(OpCode::expire_series, {Int{3}, Int{900}});
  EXPECT_EQ(refused(OpCode::set_mark, {Int{3}, Int{1}}), "market: 3 is expired");
  EXPECT_EQ(refused(OpCode::trade_series, {Int{3}, alice, bob, Int{1}, Int{1}}), "market: 3 is expired");
}

TEST_F(MirrorSeries, HedgesStandBesidePerpetualsInOneAccount) {
  places(1, alice, sell, 1000, 3);
  places(2, bob, buy, 1000, 3);
  fills(1, 2, 1000, 3);
  const auto before = owner(bob);
  trades(4, carol, bob, 3, 1010);
  EXPECT_EQ(before, "collateral=999998 equity=999998 initial_margin=300 maintenance_margin=150");
  EXPECT_EQ(owner(bob), "collateral=999997 equity=999997 initial_margin=603 maintenance_margin=302");
}

}  // namespace
}  // namespace lockstep::mirror
