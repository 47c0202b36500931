#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

class Settlement : public Story {
 protected:
  void open(Int lots) {  // alice long, bob short, at the mark
    places(1, alice, buy, 1000, lots);
    places(2, bob, sell, 1000, lots);
    fills(1, 2, 1000, lots);
  }
};

TEST_F(Settlement, FundingIsRoundedUpAgainstTheAccountAndTheFundTakesTheRest) {
  open(3);
  says(OpCode::set_funding, {Int{1}, Int{500'000}});  // 1.5 units
  EXPECT_EQ(refused(OpCode::settle_funding, {alice, Int{1}, Int{1}, Int{500'000}}),
            "settle_funding.payment: the chain says 1, the mirror 2");
  EXPECT_EQ(refused(OpCode::settle_funding, {alice, Int{1}, Int{2}, Int{500'001}}),
            "settle_funding.index: the chain says 500001, the mirror 500000");
  says(OpCode::settle_funding, {alice, Int{1}, Int{2}, Int{500'000}});
  says(OpCode::settle_funding, {bob, Int{1}, Int{-1}, Int{500'000}});
  EXPECT_EQ(refused(OpCode::settle_funding, {alice, Int{1}, Int{0}, Int{500'000}}),
            "settle_funding: nothing is due from " + to_hex(alice));
  EXPECT_EQ(refused(OpCode::settle_funding, {carol, Int{1}, Int{0}, Int{500'000}}),
            "settle_funding: nothing is due from " + to_hex(carol));
  EXPECT_EQ(global(), "insurance=4 next_order=3");  // fees 1 + 2, funding 1
}

TEST_F(Settlement, PendingFundingIsPartOfEquity) {
  open(3);
  EXPECT_EQ(owner(alice), "collateral=999999 equity=999999 initial_margin=300 maintenance_margin=150");
  says(OpCode::set_funding, {Int{1}, Int{500'000}});
  EXPECT_EQ(owner(alice), "collateral=999999 equity=999997 initial_margin=300 maintenance_margin=150");
}

TEST_F(Settlement, ATradeBeforeItsFundingIsRefused) {
  open(3);
  says(OpCode::set_funding, {Int{1}, Int{-2'000'000}});
  places(3, carol, buy, 1000, 1);
  places(4, alice, sell, 1000, 1);
  EXPECT_EQ(refused(OpCode::trade, fill(3, 4, 1000, 1)),
            "trade: funding of " + to_hex(alice) + " was not settled before it");
  says(OpCode::settle_funding, {alice, Int{1}, Int{-6}, Int{-2'000'000}});
  fills(3, 4, 1000, 1);
  EXPECT_EQ(position(carol), "size=1 quote=-1000 funding_index=-2000000 bid_lots=0 ask_lots=0");
}

TEST_F(Settlement, AFlatPositionPaysItsQuoteOutAndIsGone) {
  open(4);
  says(OpCode::set_mark, {Int{1}, Int{1050}});
  places(3, bob, buy, 1050, 4);
  places(4, alice, sell, 1050, 4);
  fills(3, 4, 1050, 4);
  EXPECT_EQ(position(alice), "");
  EXPECT_EQ(owner(alice), "collateral=1000196 equity=1000196 initial_margin=0 maintenance_margin=0");  // +200 − 1 − 3
  EXPECT_EQ(owner(bob), "collateral=999797 equity=999797 initial_margin=0 maintenance_margin=0");  // −200 − 2 − 1
}

TEST_F(Settlement, RestingOrdersReserveMarginOnTheWorseSide) {
  open(10);
  places(3, alice, buy, 990, 7);
  places(4, alice, sell, 1010, 30);
  EXPECT_EQ(owner(alice), "collateral=999999 equity=999999 initial_margin=2000 maintenance_margin=500");  // |10 − 30|
}

TEST_F(Settlement, AnOrderNeedsItsInitialMargin) {
  // 10,000 lots at 1000 need 1,000,000; one more does not fit.
  places(1, alice, buy, 1000, 10'000);
  EXPECT_EQ(refused(OpCode::place_order, order(2, bob, buy, 1000, 10'001)),
            "place_order: equity 1000000 of " + to_hex(bob) + " is below its margin 1000100");
}

TEST_F(Settlement, WithdrawalsLeaveTheInitialMargin) {
  open(10);
  EXPECT_EQ(refused(OpCode::withdraw, {alice, Int{999'000}}), "withdraw.amount: 999000 of 998999 free");
  says(OpCode::withdraw, {alice, Int{998'999}});
  EXPECT_EQ(refused(OpCode::withdraw, {carol, Int{1'000'001}}), "withdraw.amount: 1000001 of 1000000 free");
}

TEST_F(Settlement, AHealthyAccountIsNotLiquidated) {
  open(100);
  EXPECT_EQ(refused(OpCode::liquidate, {alice, Int{1}, carol, Int{100}, Int{1000}, Int{1000}}),
            "liquidate: " + to_hex(alice) + " is healthy: equity 999990, maintenance margin 5000");
}

TEST_F(Settlement, LiquidationIsAtTheMarkWithAPenaltyAndTheFundCoversWhatIsMissing) {
  open(9000);
  places(3, alice, buy, 990, 5);
  says(OpCode::insurance, {Int{300'000}});
  says(OpCode::set_mark, {Int{1}, Int{880}});  // alice: 999,100 − 1,080,000 < 0
  const std::vector<Value> right{alice, Int{1}, carol, Int{9000}, Int{880}, Int{79'200}};
  EXPECT_EQ(refused(OpCode::liquidate, right),
            "liquidate: 1 orders of " + to_hex(alice) + " were not cancelled before it");
  cancels(3, 5);
  auto wrong = right;
  wrong[5] = Int{79'199};
  EXPECT_EQ(refused(OpCode::liquidate, wrong), "liquidate.penalty: the chain says 79199, the mirror 79200");
  wrong = right;
  wrong[4] = Int{881};
  EXPECT_EQ(refused(OpCode::liquidate, wrong), "liquidate.price: the chain says 881, the mirror 880");
  wrong = right;
  wrong[3] = Int{-9000};
  EXPECT_EQ(refused(OpCode::liquidate, wrong), "liquidate.size: -9000 of a position of 9000");
  wrong = right;
  wrong[3] = Int{9001};
  EXPECT_EQ(refused(OpCode::liquidate, wrong), "liquidate.size: 9001 of a position of 9000");
  wrong = right;
  wrong[2] = alice;
  EXPECT_EQ(refused(OpCode::liquidate, wrong), "liquidate.liquidator: the account itself");
  says(OpCode::liquidate, right);
  // 999,100 − 1,080,000 − 79,200 = −160,100
  EXPECT_EQ(mirror.outstanding(), "cover of 160100 bad debt of " + to_hex(alice));
  EXPECT_EQ(refused(OpCode::deposit, {bob, Int{1}}),
            "not in turn, before it: cover of 160100 bad debt of " + to_hex(alice));
  EXPECT_EQ(refused(OpCode::cover_bad_debt, {alice, Int{160'000}}),
            "cover_bad_debt.amount: the chain says 160000, the mirror 160100");
  says(OpCode::cover_bad_debt, {alice, Int{160'100}});
  EXPECT_EQ(owner(alice), "collateral=0 equity=0 initial_margin=0 maintenance_margin=0");
  EXPECT_EQ(position(carol), "size=9000 quote=-7920000 funding_index=0 bid_lots=0 ask_lots=0");
  EXPECT_EQ(refused(OpCode::cover_bad_debt, {alice, Int{1}}), "cover_bad_debt: no bad debt is left by a liquidation");
}

TEST_F(Settlement, TheLiquidatorNeedsItsOwnMargin) {
  open(9000);
  says(OpCode::withdraw, {carol, Int{999'999}});
  says(OpCode::set_mark, {Int{1}, Int{880}});
  EXPECT_EQ(refused(OpCode::liquidate, {alice, Int{1}, carol, Int{1}, Int{880}, Int{9}}),
            "liquidate.liquidator: equity 1 is below its margin 88");
}

}  // namespace
}  // namespace lockstep::mirror
