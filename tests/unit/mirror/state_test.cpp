#include "tests/unit/mirror/story.hpp"

#include "base/checked.hpp"
#include "mirror/revalue.hpp"
#include "mirror/snapshot.hpp"
#include "mirror/state.hpp"
#include "mirror/stress.hpp"

namespace lockstep::mirror {
namespace {

class MirrorState : public Story {};

TEST_F(MirrorState, DeclaredChangesAreAppliedToACopyByAbsoluteValue) {
  const Key market_key{Table::market, {}, 1, 0};
  const std::vector<Delta> deltas{{market_key, "maintenance_bps", Int{400}}, {market_key, "taker_fee_ppm", Int{450}}};
  const auto once = mirror.with(deltas);
  ASSERT_TRUE(once.has_value());
  const auto twice = once->with(deltas);
  ASSERT_TRUE(twice.has_value());
  EXPECT_EQ(twice->digest(), once->digest());
  const auto differences = compare(mirror.rows(), once->rows(), 10);
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(to_text(differences[0].key) + " " + differences[0].field, "market 1 maintenance_bps");
  EXPECT_EQ(differences[0].expected + " → " + differences[0].found, "500 → 400");
  EXPECT_EQ(differences[1].field, "taker_fee_ppm");
}

TEST_F(MirrorState, AnImpossibleDeclarationNamesWhatItIs) {
  places(1, alice, buy, 1000, 1);
  const auto refusal = [&](Delta delta) {
    const auto done = mirror.with({std::move(delta)});
    return done ? std::string("accepted") : done.error();
  };
  EXPECT_EQ(refusal({{Table::market, {}, 9, 0}, "maintenance_bps", Int{1}}),
            "market 9 maintenance_bps: there is no such market");
  EXPECT_EQ(refusal({{Table::market, {}, 1, 0}, "maintenance", Int{1}}),
            "market 1 maintenance: there is no such field");
  EXPECT_EQ(refusal({{Table::market, {}, 1, 0}, "best_bid", Int{1}}),
            "market 1 best_bid: it follows from operations and cannot be declared");
  EXPECT_EQ(refusal({{Table::market, {}, 1, 0}, "maintenance_bps", alice}),
            "market 1 maintenance_bps: a number is needed");
  EXPECT_EQ(refusal({{Table::market, {}, 1, 0}, "maintenance_bps", Int{100'001}}),
            "market 1 maintenance_bps: 100001 is out of range");
  EXPECT_EQ(refusal({{Table::account, account(9), 0, 0}, "collateral", Int{1}}),
            "account " + to_hex(account(9)) + " collateral: there is no such account");
  EXPECT_EQ(refusal({{Table::order, {}, 0, 1}, "price", Int{1}}),
            "order 1 price: it follows from operations and cannot be declared");
  EXPECT_EQ(refusal({{Table::count_, {}, 0, 1}, "price", Int{1}}), "price: there is no such table");
}

TEST_F(MirrorState, TheSameStateReachedOnAnotherWayHasTheSameDigest) {
  const auto before = digest();
  says(OpCode::deposit, {alice, Int{5}});
  EXPECT_NE(digest(), before);
  says(OpCode::withdraw, {alice, Int{5}});
  EXPECT_EQ(digest(), before);
}

TEST_F(MirrorState, ComparisonNamesMissingRowsAndStopsAtTheLimit) {
  auto fewer = mirror.rows();
  const Key gone = fewer.back().key;
  fewer.pop_back();
  auto differences = compare(mirror.rows(), fewer, 10);
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].key, gone);
  EXPECT_EQ(differences[0].expected + "/" + differences[0].found, "a row/nothing");
  differences = compare(fewer, mirror.rows(), 10);
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].expected + "/" + differences[0].found, "nothing/a row");
  EXPECT_EQ(compare({}, mirror.rows(), 3).size(), 3U);
}

TEST_F(MirrorState, ArgumentsAreCheckedBeforeAnythingElse) {
  EXPECT_EQ(refused(OpCode::deposit, {alice}), "1 arguments, 2 needed");
  EXPECT_EQ(refused(OpCode::deposit, {Int{1}, Int{1}}), "account: an account is needed");
  EXPECT_EQ(refused(OpCode::deposit, {alice, bob}), "amount: a number is needed");
  EXPECT_EQ(refused(OpCode::deposit, {alice, Int{-1}}),
            "amount: -1 is outside 0 … 664613997892457936451903530140172288");
  EXPECT_EQ(refused(OpCode::count_, {}), "unknown operation");
  EXPECT_EQ(refused(OpCode::place_order, order(1, alice, buy, 1000, 0)), "place_order.size: 0 is not above zero");
  EXPECT_EQ(refused(OpCode::set_mark, {Int{2}, Int{5}}), "market: 2 was never added");
  EXPECT_EQ(refused(OpCode::add_market, {Int{1}, Int{1}, Int{1}, Int{1}, Int{1}}), "market: 1 was added before");
  EXPECT_EQ(refused(OpCode::add_market, {Int{1}}), "1 arguments, 5 needed");
  EXPECT_EQ(refused(OpCode::add_market, {Int{9}, Int{1}, Int{1}, Int{1}, Int{1}, Int{-1}}),
            "tick: -1 is outside 0 … 4611686018427387904");
}

TEST_F(MirrorState, PricesAndSizesAreMultiplesOfTickAndLot) {
  says(OpCode::add_market, {Int{2}, Int{1000}, Int{500}, Int{0}, Int{0}, Int{5}, Int{3}});
  says(OpCode::set_mark, {Int{2}, Int{1001}});
  const auto placing = [](Int price, Int size) {
    return std::vector<Value>{Int{1}, Int{2}, alice, Int{buy}, price, size, Int{gtc}, Int{0}};
  };
  EXPECT_EQ(refused(OpCode::place_order, placing(1001, 3)), "place_order.price: 1001 is no multiple of the tick 5");
  EXPECT_EQ(refused(OpCode::place_order, placing(1000, 4)), "place_order.size: 4 is no multiple of the lot 3");
  says(OpCode::place_order, placing(1000, 3));
  says(OpCode::set_parameters, {Int{2}, Int{900}, Int{500}, Int{0}, Int{0}});  // the grid stays
  EXPECT_EQ(row({Table::market, {}, 2, 0}),
            "initial_bps=900 maintenance_bps=500 maker_fee_ppm=0 taker_fee_ppm=0 funding_index=0 open_interest=0 "
            "best_bid=1 best_ask=0 mark=1001 tick=5 lot=3");
}

TEST_F(MirrorState, OverflowIsARefusalThatNamesTheField) {
  says(OpCode::deposit, {alice, max_amount - 1'000'000 - 4'000'000});
  EXPECT_EQ(refused(OpCode::deposit, {alice, Int{5'000'000}}), "overflow in the sum of deposits");
  says(OpCode::insurance, {-(max_amount / 2)});
  EXPECT_EQ(refused(OpCode::deposit, {alice, max_amount / 4}), "overflow in account " + to_hex(alice) + " collateral");
  says(OpCode::insurance, {max_amount / 2});
}

TEST_F(MirrorState, TheLargestNumbersStillFit) {
  says(OpCode::set_mark, {Int{1}, max_price});
  says(OpCode::deposit, {alice, Int{1} << 115});
  places(1, alice, buy, max_price, max_lots);
  EXPECT_NE(owner(alice), "");
  says(OpCode::set_funding, {Int{1}, -max_funding_index});
  EXPECT_NE(owner(alice), "");
}

TEST(Names, OperationsAndTablesAreFoundByTheNamesProtocolFilesUse) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(OpCode::count_); ++i) {
    EXPECT_EQ(op_from_name(info(static_cast<OpCode>(i)).name), static_cast<OpCode>(i));
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Table::count_); ++i) {
    EXPECT_EQ(table_from_name(info(static_cast<Table>(i)).name), static_cast<Table>(i));
  }
  EXPECT_FALSE(op_from_name("").has_value());
  EXPECT_FALSE(table_from_name("accounts").has_value());
  EXPECT_EQ(to_text(Key{Table::position, alice, 2, 0}), "position 0x0000000000000000000000000000000000000001/2");
  EXPECT_EQ(to_text(Key{}), "global");
}

__extension__ typedef unsigned __int128 Unsigned;

TEST(Checked, WhatDoesNotFitIsRemembered) {
  constexpr Int most = static_cast<Int>((~Unsigned{0}) >> 1);
  Checked math;
  EXPECT_EQ(to_text(math.add(most - 1, Int{1})), "170141183460469231731687303715884105727");
  EXPECT_FALSE(math.overflow());
  math.add(most, Int{1});
  EXPECT_TRUE(math.overflow());
  math.add(Int{1}, Int{1});
  EXPECT_TRUE(math.overflow()) << "one good sum does not repair a bad one";
  Checked negative;
  EXPECT_EQ(to_text(negative.sub(-most, Int{1})), "-170141183460469231731687303715884105728");
  EXPECT_FALSE(negative.overflow());
  negative.abs(-most - 1);
  EXPECT_TRUE(negative.overflow());
  EXPECT_EQ(ceil_div(7, 2), 4);
  EXPECT_EQ(ceil_div(-7, 2), -3);
  EXPECT_EQ(ceil_div(6, 2), 3);
}

// Eight accounts buy in 512 books each, from 200 others that leave an order behind.
TEST_F(MirrorState, HasThousandsOfBooks) {
  const auto all = static_cast<MarketId>(max_markets);
  ASSERT_GE(all, 4096U);
  for (MarketId id = 2; id <= all; ++id) {
    says(OpCode::add_market, {Int{id}, Int{1000}, Int{500}, Int{0}, Int{0}});
    says(OpCode::set_mark, {Int{id}, Int{1000 + id}});
  }
  says(OpCode::set_parameters, {Int{1}, Int{1000}, Int{500}, Int{0}, Int{0}});
  EXPECT_EQ(refused(OpCode::add_market, {Int{all + 1}, Int{1000}, Int{500}, Int{0}, Int{0}}), "market: more than 4096");
  for (std::uint8_t i = 10; i < 218; ++i) says(OpCode::deposit, {account(i), Int{10'000'000}});
  const auto in = [](MarketId id, std::vector<Value> args, std::size_t place) {
    args[place] = Int{id};
    return args;
  };
  OrderId next = 1;
  const auto trades = [&](MarketId id, const Address& seller, const Address& buyer) {
    const Int price = 1000 + Int{id};
    says(OpCode::place_order, in(id, order(next, seller, sell, price, 2), 1));
    says(OpCode::place_order, in(id, order(next + 1, buyer, buy, price, 2), 1));
    says(OpCode::trade, {Int{id}, Int{next}, Int{next + 1}, price, Int{2}, Int{0}, Int{0}});
    says(OpCode::place_order, in(id, order(next + 2, seller, buy, price - 1, 1), 1));
    next += 3;
  };
  for (MarketId id = 1; id <= all; ++id)
    trades(id, account(static_cast<std::uint8_t>(10 + id % 200)), account(static_cast<std::uint8_t>(210 + id % 8)));
  EXPECT_EQ(mirror.order_count(), max_markets);
  EXPECT_EQ(digest(), mirror::digest(mirror.rows()));

  Bytes file;
  ASSERT_TRUE(save(mirror, {"acme:alpha", 7, {}}, [&](BytesView bytes) { append(file, bytes); }));
  const auto restored = restore(file);
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(restored->mirror.digest(), digest());

  const Columns columns = columns_of(mirror.state());
  EXPECT_EQ(columns.wide.size(), 8U);
  Valuation valued;
  ASSERT_TRUE(revalue(columns, rules_of(mirror.state()), valued));
  for (std::size_t i = 0; i < columns.accounts.size(); ++i) {
    Checked math;
    const Margin margin = margin_of(math, mirror.state().accounts.at(columns.accounts[i]), mirror.state().markets);
    EXPECT_TRUE(!math.overflow() && valued.equity[i] == margin.equity && valued.initial[i] == margin.initial &&
                valued.maintenance[i] == margin.maintenance)
        << to_hex(columns.accounts[i]);
  }

  // Of so many, those with most notional are moved alone: here those of the highest marks.
  const auto scenarios = grid(columns, {-100'000});
  ASSERT_EQ(scenarios.size(), 1 + most_alone);
  EXPECT_EQ(scenarios[1].name, "market " + std::to_string(all - most_alone + 1) + " -10 %");
  EXPECT_EQ(scenarios.back().name, "market " + std::to_string(all) + " -10 %");

  EXPECT_EQ(refused(OpCode::place_order, in(2, order(next, account(211), sell, 1003, 1), 1)),
            "more than 512 positions of " + to_hex(account(211)));
}

}  // namespace
}  // namespace lockstep::mirror
