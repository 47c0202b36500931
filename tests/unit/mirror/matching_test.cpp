#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

class Matching : public Story {};

TEST_F(Matching, BestPriceFirstThenTheOldest) {
  places(1, alice, sell, 1010, 5);
  places(2, bob, sell, 1005, 5);
  places(3, carol, sell, 1005, 5);
  EXPECT_EQ(resting(2), "account=" + to_hex(bob) + " market=1 is_buy=0 price=1005 remaining=5 next=3");
  EXPECT_EQ(resting(3), "account=" + to_hex(carol) + " market=1 is_buy=0 price=1005 remaining=5 next=1");
  EXPECT_EQ(resting(1), "account=" + to_hex(alice) + " market=1 is_buy=0 price=1010 remaining=5 next=0");
  places(4, dave, buy, 1010, 12);
  EXPECT_EQ(refused(OpCode::trade, fill(3, 4, 1005, 5)), "trade.maker_order: the chain says 3, the mirror 2");
  fills(2, 4, 1005, 5);
  fills(3, 4, 1005, 5);
  EXPECT_EQ(refused(OpCode::trade, fill(1, 4, 1010, 5)), "trade.size: the chain says 5, the mirror 2");
  fills(1, 4, 1010, 2);
  EXPECT_EQ(position(dave), "size=12 quote=-12070 funding_index=0 bid_lots=0 ask_lots=0");
  EXPECT_EQ(position(alice), "size=-2 quote=2020 funding_index=0 bid_lots=0 ask_lots=3");
  EXPECT_EQ(market(),
            "initial_bps=1000 maintenance_bps=500 maker_fee_ppm=100 taker_fee_ppm=500 funding_index=0 open_interest=12 "
            "best_bid=0 best_ask=1 mark=1000 tick=0 lot=0");
  EXPECT_EQ(mirror.outstanding(), "");
}

TEST_F(Matching, TheFillIsAtTheRestingPriceAndFeesAreRoundedUp) {
  places(1, alice, buy, 1003, 7);
  places(2, bob, sell, 990, 7);
  EXPECT_EQ(refused(OpCode::trade, fill(1, 2, 990, 7)), "trade.price: the chain says 990, the mirror 1003");
  // 7021 x 100 ppm = 0.7021 → 1; 7021 x 500 ppm = 3.5105 → 4
  EXPECT_EQ(refused(OpCode::trade, {Int{1}, Int{1}, Int{2}, Int{1003}, Int{7}, Int{0}, Int{4}}),
            "trade.maker_fee: the chain says 0, the mirror 1");
  EXPECT_EQ(refused(OpCode::trade, {Int{1}, Int{1}, Int{2}, Int{1003}, Int{7}, Int{1}, Int{3}}),
            "trade.taker_fee: the chain says 3, the mirror 4");
  says(OpCode::trade, {Int{1}, Int{1}, Int{2}, Int{1003}, Int{7}, Int{1}, Int{4}});
  EXPECT_EQ(global(), "insurance=5 next_order=3");
  EXPECT_EQ(owner(alice), "collateral=999999 equity=999978 initial_margin=700 maintenance_margin=350");
}

TEST_F(Matching, NothingMayComeBeforeAnOrdersConsequences) {
  places(1, alice, buy, 1000, 5);
  places(2, bob, sell, 1000, 5);
  const std::string turn = "not in turn, before it: order 2 leads to: trade of 5 lots at 1000 with order 1";
  EXPECT_EQ(refused(OpCode::deposit, {carol, Int{1}}), turn);
  EXPECT_EQ(refused(OpCode::place_order, order(3, carol, buy, 1000, 1)), turn);
  EXPECT_EQ(refused(OpCode::cancel_order, {Int{1}, Int{5}}), turn);
  EXPECT_EQ(mirror.outstanding(), "order 2 leads to: trade of 5 lots at 1000 with order 1");
  fills(1, 2, 1000, 5);
  EXPECT_EQ(refused(OpCode::trade, fill(1, 2, 1000, 5)), "trade: no incoming order leads to it");
}

TEST_F(Matching, ImmediateOrCancelLosesItsRemainder) {
  places(1, alice, buy, 1000, 5);
  places(2, bob, sell, 1000, 8, ioc);
  fills(1, 2, 1000, 5);
  EXPECT_EQ(refused(OpCode::cancel_order, {Int{2}, Int{2}}), "cancel_order.remaining: the chain says 2, the mirror 3");
  cancels(2, 3);
  EXPECT_EQ(mirror.order_count(), 0U);
}

TEST_F(Matching, FillOrKillIsSeenOnlyWhole) {
  places(1, alice, buy, 1000, 5);
  EXPECT_EQ(refused(OpCode::place_order, order(2, bob, sell, 1001, 5, fok)),
            "fill-or-kill order 2 with 5 lots unfilled");
  places(2, bob, sell, 1000, 5, fok);
  fills(1, 2, 1000, 5);
  EXPECT_EQ(mirror.outstanding(), "");
}

TEST_F(Matching, APartlyFilledFillOrKillStopsTheMirror) {
  places(1, alice, buy, 1000, 5);
  places(2, bob, sell, 1000, 6, fok);
  EXPECT_EQ(refused(OpCode::trade, fill(1, 2, 1000, 5)), "fill-or-kill order 2 with 1 lots unfilled");
  EXPECT_EQ(refused(OpCode::deposit, {bob, Int{1}}),
            "not in turn, before it: order 2 leads to: fill-or-kill order 2 with 1 lots unfilled");
}

TEST_F(Matching, PostOnlyNeverTakes) {
  places(1, alice, buy, 1000, 5);
  EXPECT_EQ(refused(OpCode::place_order, order(2, bob, sell, 1000, 5, post_only)), "post-only order 2 crosses order 1");
  places(2, bob, sell, 1001, 5, post_only);
  EXPECT_EQ(mirror.order_count(), 2U);
}

TEST_F(Matching, OnesOwnRestingOrderIsCancelledOnContact) {
  places(1, alice, sell, 1000, 5);
  places(2, bob, sell, 1001, 5);
  places(3, alice, buy, 1001, 5);
  EXPECT_EQ(refused(OpCode::trade, fill(2, 3, 1001, 5)),
            "not in turn, before it: order 3 leads to: cancel of order 1 with 5 lots left");
  cancels(1, 5);
  fills(2, 3, 1001, 5);
  EXPECT_EQ(position(alice), "size=5 quote=-5005 funding_index=0 bid_lots=0 ask_lots=0");
}

TEST_F(Matching, AReduceOnlyMakerFillsWhatItMayReduceAndIsThenCancelled) {
  places(1, alice, buy, 1000, 3);
  places(2, bob, sell, 1000, 3);
  fills(1, 2, 1000, 3);                         // alice +3
  places(3, alice, sell, 1001, 10, gtc, true);  // may reduce 3
  EXPECT_EQ(position(alice), "size=3 quote=-3000 funding_index=0 bid_lots=0 ask_lots=0")
      << "reduce-only lots are not counted";
  places(4, bob, buy, 1001, 10);
  fills(3, 4, 1001, 3);
  EXPECT_EQ(mirror.outstanding(), "order 4 leads to: cancel of order 3 with 7 lots left");
  cancels(3, 7);
  EXPECT_EQ(position(alice), "");
  EXPECT_EQ(resting(4), "account=" + to_hex(bob) + " market=1 is_buy=1 price=1001 remaining=7 next=0");
}

TEST_F(Matching, AReduceOnlyTakerStopsWhenItIsFlat) {
  places(1, alice, buy, 1000, 3);
  places(2, bob, sell, 1000, 3);
  fills(1, 2, 1000, 3);
  places(3, bob, buy, 1000, 10);
  places(4, alice, sell, 1000, 5, gtc, true);
  fills(3, 4, 1000, 3);
  cancels(4, 2);
  EXPECT_EQ(position(alice), "");
}

TEST_F(Matching, AReduceOnlyOrderOfAFlatAccountIsCancelledAtOnce) {
  places(1, alice, buy, 1000, 3, gtc, true);
  cancels(1, 3);
  EXPECT_EQ(mirror.order_count(), 0U);
}

TEST_F(Matching, AnOrderTakesAtMostSixtyFourSteps) {
  OrderId id = 1;
  for (const auto& owner : {alice, bob, carol}) {
    for (int i = 0; i < 25; ++i) places(id++, owner, sell, 1000, 1);
  }
  places(id, dave, buy, 1000, 70);
  for (OrderId maker = 1; maker <= 64; ++maker) fills(maker, id, 1000, 1);
  EXPECT_EQ(mirror.outstanding(), "order 76 leads to: cancel of order 76 with 6 lots left");
  cancels(id, 6);
  EXPECT_EQ(mirror.order_count(), 11U);
}

TEST_F(Matching, AnAccountRestsAtMostThirtyTwoOrders) {
  for (OrderId id = 1; id <= 32; ++id) places(id, alice, buy, 1000, 1);
  EXPECT_EQ(refused(OpCode::place_order, order(33, alice, buy, 1000, 1)),
            "place_order: more than 32 resting orders of " + to_hex(alice));
}

TEST_F(Matching, OrdersAreNumberedWithoutGaps) {
  EXPECT_EQ(refused(OpCode::place_order, order(2, alice, buy, 1000, 1)),
            "place_order.order: the chain says 2, the mirror 1");
  places(1, alice, buy, 1000, 1);
  EXPECT_EQ(refused(OpCode::place_order, order(1, alice, buy, 1000, 1)),
            "place_order.order: the chain says 1, the mirror 2");
}

TEST_F(Matching, PricesStayInsideTheBandAroundTheMark) {
  EXPECT_EQ(refused(OpCode::place_order, order(1, alice, buy, 1101, 1)),
            "place_order.price: 1101 is outside the band around the mark 1000");
  EXPECT_EQ(refused(OpCode::place_order, order(1, alice, sell, 899, 1)),
            "place_order.price: 899 is outside the band around the mark 1000");
  places(1, alice, buy, 1100, 1);
  cancels(1, 1);
  places(2, alice, sell, 900, 1);
}

}  // namespace
}  // namespace lockstep::mirror
