// A seed is one flow on every machine; equal rules end equally, whatever the weather; value is conserved; what rules
// are for shows in what becomes of the fund.
#include <gtest/gtest.h>

#include "mirror/apply.hpp"
#include "mirror/mirror.hpp"
#include "mirror/replay/generator.hpp"
#include "mirror/replay/side.hpp"
#include "mirror/replay/start.hpp"

namespace lockstep {
namespace {

using namespace mirror;
using namespace mirror::replay;

/// Storms, jumps and gaps far more often than anywhere.
Weather storms() {
  Weather weather;
  weather.volatility_ppm = 4'000;
  weather.storm_ppm = 40'000;
  weather.jump_chance_ppm = 10'000;
  weather.jump_ppm = 120'000;
  weather.gap_chance_ppm = 10'000;
  return weather;
}

Side side_of(const Start& start, const Rules& rules, const Keepers& keepers = {}) {
  auto venue = open(start, rules);
  EXPECT_TRUE(venue.has_value()) << (venue ? "" : venue.error());
  return Side(*std::move(venue), keepers);
}

void play(const Start& start, const Weather& weather, std::uint64_t seed, int steps, std::vector<Side*> sides) {
  Generator generator(weather, setting_of(start), seed);
  Flow flow;
  for (int i = 0; i < steps; ++i) {
    flow.clear();
    generator.next(flow);
    for (const auto& message : flow)
      for (Side* side : sides) ASSERT_TRUE(side->play(message));
    for (const Side* side : sides) ASSERT_TRUE(side->imbalance() == 0) << "seed " << seed << " step " << i;
  }
}

TEST(Replay, ASeedIsOneFlowOnEveryMachine) {
  const Start start = made_up(40, 3);
  Generator generator(storms(), setting_of(start), 7);
  std::uint64_t hash = 0, orders = 0;
  Flow flow;
  for (int i = 0; i < 300; ++i) generator.next(flow);
  for (const auto& message : flow) {
    orders += message.kind == Message::Kind::order ? 1 : 0;
    const auto& o = message.order;
    for (const std::uint64_t part :
         {std::uint64_t{message.market}, static_cast<std::uint64_t>(message.number), o.id,
          static_cast<std::uint64_t>(o.lots), std::uint64_t{o.tick}, std::uint64_t{o.account}})
      hash = (hash ^ part) * 0x9e37'79b9'7f4a'7c15 + (hash >> 29);
  }
  EXPECT_EQ(orders, 18'000U);
  EXPECT_EQ(hash, 8697414371808917389U);
}

TEST(Replay, EqualRulesEndEquallyAndValueIsConservedAfterEveryStep) {
  std::uint64_t liquidations = 0, deleveraged = 0, fills = 0;
  Int paid = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Start start = made_up(60, 1 + seed % 3);
    const Rules rules = made_up_rules(start);
    Side one = side_of(start, rules), other = side_of(start, rules);
    play(start, storms(), seed, 250, {&one, &other});
    EXPECT_TRUE(one.totals() == other.totals() && one.path() == other.path()) << "seed " << seed;
    fills += one.totals().fills;
    liquidations += one.totals().liquidations;
    deleveraged += one.totals().deleveraged_accounts;
    paid += one.totals().from_fund;
  }
  EXPECT_GT(fills, 10'000U);
  EXPECT_GT(liquidations, 100U);
  EXPECT_GT(deleveraged, 0U);
  EXPECT_TRUE(paid > 0);
}

TEST(Replay, HigherMarginsLeaveLessForOthersToPay) {
  const Start start = made_up(80, 2);
  const Rules thin = made_up_rules(start);
  Rules thick = thin;
  for (auto& market : thick.markets) market.second.tiers = {{0, 3000, 1500}};
  Int paid_thin = 0, paid_thick = 0;
  std::uint64_t refused_thin = 0, refused_thick = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Side before = side_of(start, thin), after = side_of(start, thick);
    play(start, storms(), seed, 250, {&before, &after});
    paid_thin += before.totals().from_fund + before.totals().shortfall_most;
    paid_thick += after.totals().from_fund + after.totals().shortfall_most;
    refused_thin += before.totals().refused;
    refused_thick += after.totals().refused;
  }
  EXPECT_TRUE(paid_thick < paid_thin);
  EXPECT_GT(refused_thick, refused_thin);
}

TEST(Replay, ACascadeMovesTheMarkAndKeepersThatAreTooFewLeaveWorkUndone) {
  const Start start = made_up(80, 1);
  const Rules rules = made_up_rules(start);
  Side calm = side_of(start, rules, {.cascade_ppm = 0}), cascading = side_of(start, rules, {.cascade_ppm = 400'000});
  Side slow = side_of(start, rules, {.cascade_ppm = 0, .most = 1});
  play(start, storms(), 3, 300, {&calm, &cascading, &slow});
  EXPECT_GT(cascading.totals().liquidations, calm.totals().liquidations);
  EXPECT_GT(slow.totals().waiting_most, calm.totals().waiting_most);
}

TEST(Replay, BeginsWhereAMirrorIs) {
  Mirror mirror;
  const auto account = [](std::uint8_t number) {
    Address address;
    address.bytes[19] = number;
    return address;
  };
  const auto tell = [&](OpCode code, std::vector<Value> args) {
    const auto done = mirror.apply({code, std::move(args), 1, 0});
    ASSERT_TRUE(done.has_value()) << done.error().detail;
  };
  tell(OpCode::add_market, {Int{7}, Int{1000}, Int{500}, Int{0}, Int{0}});
  tell(OpCode::set_mark, {Int{7}, Int{1000}});
  tell(OpCode::insurance, {Int{5'000}});
  tell(OpCode::deposit, {account(1), Int{100'000}});
  tell(OpCode::deposit, {account(2), Int{100'000}});
  tell(OpCode::place_order, {Int{1}, Int{7}, account(2), Int{0}, Int{1000}, Int{10}, Int{0}, Int{0}});
  tell(OpCode::place_order, {Int{2}, Int{7}, account(1), Int{1}, Int{1000}, Int{10}, Int{0}, Int{0}});
  tell(OpCode::trade, {Int{7}, Int{1}, Int{2}, Int{1000}, Int{10}, Int{0}, Int{0}});
  tell(OpCode::place_order, {Int{3}, Int{7}, account(1), Int{1}, Int{980}, Int{4}, Int{0}, Int{0}});
  const auto start = start_of(mirror.state());
  ASSERT_TRUE(start.has_value()) << start.error();
  Side side = side_of(*start, rules_of(mirror.state()));
  EXPECT_TRUE(side.imbalance() == 0);
  EXPECT_TRUE(side.venue().insurance() == 5'000);
  EXPECT_TRUE(side.venue().deposits() == mirror.state().net_deposits);
  EXPECT_EQ(side.venue().account(0).size_in(0), 10);
  EXPECT_EQ(side.venue().account(1).size_in(0), -10);
  EXPECT_EQ(side.venue().book(0).size(), 1U);
  EXPECT_TRUE(side.venue().margin(0).initial == 1'400) << "what rests counts";
  play(*start, storms(), 1, 100, {&side});

  tell(OpCode::add_market, {Int{8}, Int{1000}, Int{500}, Int{0}, Int{0}});
  EXPECT_EQ(start_of(mirror.state()).error(), "market 8: it has no mark yet");
  tell(OpCode::set_mark, {Int{8}, Int{1} << 40});
  EXPECT_EQ(start_of(mirror.state()).error(), "market 8: the mark is 1099511627776, a venue's bound 2147483648");
  Rules odd = rules_of(mirror.state());
  odd.margin = Rounding::bankers;
  EXPECT_FALSE(open(*start, odd).has_value());
}

// Two accounts at a venue's bounds: 2^29 lots against each other, at the highest mark.
State extreme_state() {
  State state;
  Market& market = state.markets[7];
  market.parameters = {.initial_bps = 1000, .maintenance_bps = 500, .tick = 1'000, .lot = 1};
  market.mark = (Int{1} << 31) / 1'000 * 1'000;
  Address one, other;
  one.bytes[19] = 1;
  other.bytes[19] = 2;
  const Int most = Int{1} << 29, cost = most * market.mark;
  state.accounts[one].collateral = Int{1} << 80;
  state.accounts[other].collateral = -(Int{1} << 80);
  state.accounts[one].positions.push_back({.market = 7, .size = static_cast<std::int64_t>(most), .quote = -cost});
  state.accounts[other].positions.push_back({.market = 7, .size = static_cast<std::int64_t>(-most), .quote = cost});
  state.insurance = Int{1} << 80;
  return state;
}

TEST(Replay, AnExtremeSnapshotIsPlayedOrRefused) {
  const State state = extreme_state();
  const auto start = start_of(state);
  ASSERT_TRUE(start.has_value()) << start.error();
  Side side = side_of(*start, rules_of(state), {.cascade_ppm = 100'000});
  play(*start, storms(), 5, 60, {&side});
  EXPECT_GT(side.totals().liquidations, 0U);

  const auto refusal = [&](auto change) {
    State other = state;
    change(other, other.accounts.begin()->second);
    const auto refused = start_of(other);
    return refused ? "it is played" : refused.error();
  };
  const auto order = [](State& s, OrderId id, bool is_buy, Int lots, Int price) {
    s.markets[7].book.insert(
        id, {.account = s.accounts.begin()->first, .market = 7, .is_buy = is_buy, .price = price, .remaining = lots});
    s.resting[id] = 7;
  };
  const auto in = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  in(refusal([](State& s, Account&) { s.insurance += 1; }),
     "the insurance fund is 1208925819614629174706177, a venue's bound 1208925819614629174706176");
  in(refusal([](State&, Account& a) { a.collateral = max_amount; }),
     ": its collateral is 664613997892457936451903530140172288,");
  in(refusal([](State&, Account& a) { a.positions.begin()->quote = -max_quote; }), "/7: its quote is -");
  in(refusal([](State&, Account& a) { a.positions.begin()->size = (std::int64_t{1} << 29) + 1; }),
     "/7: its size is 536870913,");
  in(refusal([](State& s, Account&) { s.markets[7].parameters.tick = max_price; }), "market 7: the tick is ");
  in(refusal([&](State& s, Account& a) { order(s, 1, a.size_in(7) > 0, 1, 5'000'000); }),
     "/7: its size with the orders beside it is 536870913, a venue's bound 536870912");
  in(refusal([&](State& s, Account& a) { order(s, 1, a.size_in(7) < 0, 1, 5'000'000); }), "it is played");
  in(refusal([&](State& s, Account& a) { order(s, 1, a.size_in(7) < 0, 1, (Int{1} << 33) / 1'000 * 1'000); }),
     "order 1: its size or price is beyond a venue's bounds");
  in(refusal([&](State& s, Account& a) {
       for (OrderId id = 1; id <= 33; ++id) order(s, id, a.size_in(7) < 0, 1, 5'000'000);
     }),
     ": the number of its resting orders is 33, a venue's bound 32");
}

TEST(Replay, FlowThatCannotBeIsRefused) {
  const Start start = made_up(4, 1);
  Side side = side_of(start, made_up_rules(start));
  EXPECT_FALSE(side.play({.kind = Message::Kind::mark, .market = 9, .number = 5, .order = {}}));
  EXPECT_FALSE(side.play({.kind = Message::Kind::mark, .market = 0, .number = 0, .order = {}}));
  EXPECT_FALSE(side.play({.kind = Message::Kind::time, .market = 0, .number = -1, .order = {}}));
  EXPECT_TRUE(side.play({.kind = Message::Kind::order, .market = 0, .number = 0, .order = {}}));
  EXPECT_EQ(side.totals().refused, 1U);
  Weather odd;
  odd.leverage = 0;
  EXPECT_NE(check(odd), "");
}

}  // namespace
}  // namespace lockstep
