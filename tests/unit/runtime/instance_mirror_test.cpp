#include "runtime/instance_mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::runtime {
namespace {

using coordinator::Outcome;
using mirror::Int;
using mirror::OpCode;
using mirror::Operation;
using ::testing::HasSubstr;

Hash32 plan() {
  Hash32 hash;
  hash.bytes[0] = 1;
  return hash;
}
Operation market(std::uint64_t block = 1) {
  return {OpCode::add_market, {Int{1}, Int{500}, Int{300}, Int{100}, Int{200}}, block, 0};
}
Operation parameters(std::uint64_t block, Int initial) {
  return {OpCode::set_parameters, {Int{1}, initial, Int{300}, Int{100}, Int{200}}, block, 0};
}
Operation mark(std::uint64_t block, Int price) { return {OpCode::set_mark, {Int{1}, price}, block, 0}; }
Operation deposit(std::uint64_t block, Int amount) {
  Address who;
  who.bytes[19] = 7;
  return {OpCode::deposit, {who, amount}, block, 1};
}
ports::MirrorFeed feed(std::uint64_t from, std::uint64_t upto, std::vector<Operation> operations) {
  return {"perps", "alpha", from, {upto, {}, 0}, std::move(operations), from == 1};
}
Result<std::vector<mirror::Delta>> declared(const Hash32&, coordinator::InstanceIndex) {
  mirror::Key key;
  key.table = mirror::Table::market;
  key.market = 1;
  return std::vector<mirror::Delta>{{key, "initial_bps", Int{600}}};
}
/// A field of the market or of the account in the rows; the test fails if it is not there.
Int field(const Result<mirror::Rows>& rows, mirror::Table table, std::size_t index) {
  EXPECT_TRUE(rows.has_value());
  for (const auto& row : *rows) {
    if (row.key.table == table) return std::get<Int>(row.values[index]);
  }
  ADD_FAILURE() << "no such row";
  return 0;
}
Int initial_bps(const Result<mirror::Rows>& rows) { return field(rows, mirror::Table::market, 0); }
Int collateral(const Result<mirror::Rows>& rows) { return field(rows, mirror::Table::account, 0); }

class InstanceMirrorTest : public ::testing::Test {
 protected:
  HaltedWindow window(std::optional<std::uint64_t> closed = std::nullopt, Outcome outcome = Outcome::none) const {
    return {plan(), 0, 10, closed ? 14u : 10u, closed, outcome};
  }
  Result<mirror::Rows> rows(Outcome expected) const { return mirror_.rows(plan(), 0, expected, declared); }
  void start() { mirror_.feed(feed(1, 10, {market(), deposit(2, 50)})); }
  InstanceMirror mirror_;
};

TEST_F(InstanceMirrorTest, StandsAtTheBlockItWasToldTo) {
  mirror_.feed(feed(1, 10, {market(), deposit(2, 50), deposit(9, 5)}));
  mirror_.advance_to(8, {}, declared);
  EXPECT_EQ(mirror_.position(), 8u);
  EXPECT_EQ(collateral(rows(Outcome::none)), 50);
  mirror_.advance_to(10, {}, declared);
  EXPECT_EQ(collateral(rows(Outcome::none)), 55);
}

TEST_F(InstanceMirrorTest, BlocksFedAgainAreSkipped) {
  start();
  mirror_.feed(feed(1, 12, {market(), deposit(2, 50), deposit(11, 1)}));
  mirror_.advance_to(12, {}, declared);
  EXPECT_EQ(mirror_.contradiction(), "");
  EXPECT_EQ(collateral(rows(Outcome::none)), 51);
}

TEST_F(InstanceMirrorTest, AFeedThatBeginsMakesItNewAndBeforeThatNothingIsTaken) {
  mirror_.feed(feed(11, 12, {deposit(11, 1)}));
  EXPECT_FALSE(mirror_.started());
  start();
  mirror_.feed(feed(12, 13, {}));
  ASSERT_NE(mirror_.contradiction(), "");
  mirror_.feed(feed(1, 5, {market(), deposit(2, 7)}));
  mirror_.advance_to(5, {}, declared);
  EXPECT_EQ(mirror_.contradiction(), "");
  EXPECT_EQ(collateral(rows(Outcome::none)), 7);
}

TEST_F(InstanceMirrorTest, APlanThatComesAfterItsHaltIsNoticedAndOneThatCameInTimeIsNot) {
  start();
  mirror_.advance_to(10, {}, declared);
  EXPECT_FALSE(mirror_.is_past_beginning_of({window()})) << "it stands where the halt begins";
  mirror_.feed(feed(11, 13, {parameters(12, 600)}));
  auto in_time = mirror_;
  in_time.advance_to(13, {window()}, declared);
  EXPECT_FALSE(in_time.is_past_beginning_of({window()}));
  mirror_.advance_to(11, {}, declared);
  EXPECT_TRUE(mirror_.is_past_beginning_of({window()}));
}

TEST_F(InstanceMirrorTest, AGapIsAContradictionAndGivesNoRows) {
  start();
  mirror_.feed(feed(12, 13, {}));
  EXPECT_EQ(mirror_.contradiction(), "blocks 11 to 11 were never fed");
  EXPECT_THAT(rows(Outcome::none).error().text(), HasSubstr("never fed"));
}

TEST_F(InstanceMirrorTest, TheFirstContradictionIsKept) {
  start();
  mirror_.feed(feed(11, 12, {market(12)}));
  mirror_.advance_to(12, {}, declared);
  EXPECT_THAT(mirror_.contradiction(), HasSubstr("was added before"));
  const auto first = mirror_.contradiction();
  mirror_.contradict("later");
  EXPECT_EQ(mirror_.contradiction(), first);
}

TEST_F(InstanceMirrorTest, OperationsOutOfOrderAreAContradiction) {
  start();
  mirror_.feed(feed(11, 12, {deposit(12, 1), deposit(11, 1)}));
  EXPECT_THAT(mirror_.contradiction(), HasSubstr("out of order"));
}

TEST_F(InstanceMirrorTest, WhileHaltedOnlyPricesMoveIt) {
  start();
  mirror_.feed(feed(11, 13, {parameters(12, 10), mark(13, 77)}));
  mirror_.advance_to(13, {window()}, declared);
  EXPECT_EQ(mirror_.contradiction(), "");
  EXPECT_EQ(initial_bps(rows(Outcome::old_version)), 500);  // what the switch announced is not believed
  EXPECT_EQ(initial_bps(rows(Outcome::new_version)), 600);  // what the plan declared is expected
}

TEST_F(InstanceMirrorTest, AUserWhoActsWhileHaltedIsAContradiction) {
  start();
  mirror_.feed(feed(11, 13, {deposit(12, 1)}));
  mirror_.advance_to(13, {window()}, declared);
  EXPECT_EQ(mirror_.contradiction(), "block 12 log 1: deposit while the instance was halted");
}

TEST_F(InstanceMirrorTest, WhatIsSaidOfOptionsWhileHaltedIsAPriceOrThePlans) {
  const Int e18 = 1'000'000'000'000'000'000;
  mirror_.feed(feed(1, 10,
                    {{OpCode::add_board, {Int{1}, Int{1'790'000'000}, e18, e18}, 1, 0},
                     {OpCode::add_strike, {Int{1}, Int{1}, 2'000 * e18, e18}, 1, 1},
                     {OpCode::set_option_terms, {Int{5}, e18}, 1, 2}}));
  mirror_.feed(feed(11, 13,
                    {{OpCode::mark_spot, {1'900 * e18}, 12, 0},
                     {OpCode::mark_board, {Int{1}, 2 * e18}, 12, 1},
                     {OpCode::mark_strike, {Int{1}, 2 * e18}, 12, 2},
                     {OpCode::freeze_board, {Int{1}, Int{1}}, 12, 3},
                     {OpCode::set_option_terms, {Int{6}, e18}, 13, 0}}));
  mirror_.advance_to(13, {window()}, declared);
  EXPECT_EQ(mirror_.contradiction(), "");
  const auto found = rows(Outcome::old_version);
  EXPECT_EQ(field(found, mirror::Table::option_terms, 0), 1'900 * e18) << "anyone may have the contract tell its price";
  EXPECT_EQ(field(found, mirror::Table::option_terms, 1), 5);
  EXPECT_EQ(field(found, mirror::Table::board, 2), e18);
  EXPECT_EQ(field(found, mirror::Table::board, 3), 0);
  EXPECT_EQ(field(found, mirror::Table::strike, 2), e18);

  Address who;
  who.bytes[19] = 7;
  mirror_.feed(feed(14, 14, {{OpCode::update_holding, {Int{1}, who, Int{1}, Int{0}, e18, Int{0}}, 14, 0}}));
  mirror_.advance_to(14, {window()}, declared);
  EXPECT_EQ(mirror_.contradiction(), "block 14 log 0: update_holding while the instance was halted");
}

TEST_F(InstanceMirrorTest, AfterNewTheDeclaredChangesStayAndUsersActAgain) {
  start();
  mirror_.feed(feed(11, 20, {parameters(12, 600), deposit(15, 5), deposit(18, 5)}));
  mirror_.advance_to(20, {window(15, Outcome::new_version)}, declared);
  EXPECT_EQ(mirror_.contradiction(), "");
  EXPECT_EQ(initial_bps(rows(Outcome::new_version)), 600);
  EXPECT_EQ(initial_bps(rows(Outcome::none)), 600);
  EXPECT_EQ(collateral(rows(Outcome::none)), 60);
}

TEST_F(InstanceMirrorTest, AfterOldNothingOfTheSwitchStays) {
  start();
  mirror_.feed(feed(11, 20, {parameters(12, 600), parameters(15, 500), deposit(15, 5)}));
  mirror_.advance_to(20, {window(15, Outcome::old_version)}, declared);
  EXPECT_EQ(initial_bps(rows(Outcome::none)), 500);
  EXPECT_EQ(collateral(rows(Outcome::none)), 55);
}

TEST_F(InstanceMirrorTest, DeltasThatAreGoneOrDoNotFitAreARefusal) {
  start();
  mirror_.advance_to(10, {}, declared);
  const auto gone = [](const Hash32&, coordinator::InstanceIndex) -> Result<std::vector<mirror::Delta>> {
    return fail("no such plan");
  };
  EXPECT_EQ(mirror_.rows(plan(), 0, Outcome::new_version, gone).error().what, "no such plan");
  const auto unfit = [](const Hash32&, coordinator::InstanceIndex) -> Result<std::vector<mirror::Delta>> {
    mirror::Key key;
    key.table = mirror::Table::market;
    key.market = 9;
    return std::vector<mirror::Delta>{{key, "initial_bps", Int{600}}};
  };
  EXPECT_THAT(mirror_.rows(plan(), 0, Outcome::new_version, unfit).error().text(), HasSubstr("do not fit"));
  EXPECT_TRUE(mirror_.rows(plan(), 0, Outcome::old_version, unfit));
}

TEST_F(InstanceMirrorTest, NotesWhatItAppliesForWhoeverFollowsUntilAPlanChangesIt) {
  start();
  EXPECT_FALSE(mirror_.recorded().has_value());
  mirror_.record();
  mirror_.advance_to(2, {}, declared);
  auto noted = mirror_.recorded();
  ASSERT_TRUE(noted.has_value());
  EXPECT_EQ(noted->size(), 2U);
  EXPECT_TRUE(mirror_.recorded()->empty());
  mirror_.feed(feed(11, 20, {mark(18, 90)}));
  mirror_.advance_to(20, {window(15, Outcome::new_version)}, declared);
  EXPECT_FALSE(mirror_.recorded().has_value()) << "the plan's changes are no operation";
}

}  // namespace
}  // namespace lockstep::runtime
