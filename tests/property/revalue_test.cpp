// Revaluation against arithmetic of unbounded integers that divides with exact fractions, over random states and rules.
#include "mirror/revalue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <random>
#include <utility>

#include "mirror/equivalence.hpp"
#include "mirror/margin.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {
namespace {

using Big = boost::multiprecision::cpp_int;

Big big(Int value) { return Big(to_text(Value{value})); }

/// floor, then up, to the nearest or to zero: from the definition, not from how it is computed.
Big rounded(const Big& value, const Big& divisor, Rounding rounding) {
  Big floor = value / divisor;
  if (floor * divisor > value) --floor;
  const Big rest = value - floor * divisor;  // 0 … divisor - 1
  if (rest == 0) return floor;
  if (rounding == Rounding::up) return floor + 1;
  if (rounding == Rounding::toward_zero) return value < 0 ? Big(floor + 1) : floor;
  const Big twice = 2 * rest;
  if (twice == divisor) return floor % 2 == 0 ? floor : Big(floor + 1);
  return twice > divisor ? Big(floor + 1) : floor;
}

struct Dumb {
  Big equity, initial, maintenance, closing_fee;
};

Big slices(const Big& notional, const MarketRules& market, bool initial, Rounding rounding) {
  Big sum = 0;
  for (std::size_t i = 0; i < market.tiers.size(); ++i) {
    const Big low = big(market.tiers[i].above);
    const Big high = i + 1 < market.tiers.size() ? std::min(notional, big(market.tiers[i + 1].above)) : notional;
    if (high <= low) continue;
    const Big slice = high - low;
    sum +=
        rounded(slice * big(initial ? market.tiers[i].initial_bps : market.tiers[i].maintenance_bps), 10'000, rounding);
  }
  return sum;
}

Dumb value(const Account& account, const State& state, const Rules& rules) {
  Dumb sum;
  sum.equity = big(account.collateral);
  if (account.collateral > 0)
    sum.equity = rounded(sum.equity * big(10'000 - rules.collateral_haircut_bps), 10'000, Rounding::toward_zero);
  for (const auto& p : account.positions) {
    const Market& market = state.markets.at(p.market);
    const MarketRules& asks = rules.markets.at(p.market);
    const Big size = big(p.size), mark = big(market.mark);
    sum.equity += big(p.quote) + size * mark;
    if (p.size != 0)
      sum.equity -= rounded(size * (big(market.funding_index) - big(p.funding_index)), 1'000'000, rules.funding);
    const Big longest = abs(Big(size + big(p.bid_lots))), shortest = abs(Big(size - big(p.ask_lots)));
    const Big notional = abs(size) * mark;
    sum.initial += slices(std::max(longest, shortest) * mark, asks, true, rules.margin);
    sum.maintenance += slices(notional, asks, false, rules.margin);
    sum.closing_fee += rounded(notional * big(asks.taker_fee_ppm), 1'000'000, rules.fee);
  }
  return sum;
}

class World {
 public:
  explicit World(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t below(std::uint64_t n) { return bits_() % n; }
  /// Of any size up to 2^bits, small ones as often as large ones.
  Int any(unsigned bits) {
    const unsigned width = static_cast<unsigned>(1 + below(bits));
    Int value = static_cast<Int>(bits_() >> 1) << 32 | static_cast<Int>(bits_() >> 32);
    value &= (Int{1} << width) - 1;
    return value;
  }
  Int any_signed(unsigned bits) { return below(2) == 0 ? any(bits) : -any(bits); }

  State state(std::size_t accounts, bool large) {
    State state;
    for (MarketId id = 1; id <= 5; ++id) {
      Market& market = state.markets[id * 3];
      market.mark = 1 + any(large && id > 3 ? 61 : 20);
      market.funding_index = any_signed(large ? 70 : 24);
      market.parameters = {static_cast<Int>(below(2000)), static_cast<Int>(below(1000)), static_cast<Int>(below(300)),
                           static_cast<Int>(below(900))};
    }
    for (std::size_t i = 0; i < accounts; ++i) {
      Address address;
      for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(below(256));
      Account& account = state.accounts[address];
      account.collateral = any_signed(large ? 90 : 40);
      for (auto& [id, market] : state.markets) {
        if (below(2) == 0) continue;
        Position& p = account.positions.at(id);
        p.size = static_cast<std::int64_t>(any_signed(large ? 48 : 20));
        p.quote = any_signed(large ? 80 : 40);
        p.funding_index = any_signed(large ? 66 : 22);
        p.bid_lots = static_cast<std::int64_t>(any(18));
        p.ask_lots = static_cast<std::int64_t>(any(18));
      }
      account.positions.drop_empty();
    }
    return state;
  }

  Rules rules(const State& state) {
    Rules rules = rules_of(state);
    if (below(3) == 0) return rules;
    rules.name = "other";
    rules.collateral_haircut_bps = below(2) == 0 ? 0 : static_cast<Int>(below(10'001));
    for (Rounding* one : {&rules.margin, &rules.fee, &rules.funding}) *one = static_cast<Rounding>(below(3));
    for (auto& [id, market] : rules.markets) {
      market.taker_fee_ppm = static_cast<Int>(below(2000));
      for (Int above = 1 + any(30); below(2) == 0; above += 1 + any(34))
        market.tiers.push_back({above, static_cast<Int>(below(9000)), static_cast<Int>(below(5000))});
    }
    return rules;
  }

 private:
  std::mt19937_64 bits_;
};

TEST(Revaluation, IsExactForAnyStateAndRules) {
  std::size_t valued = 0, narrow = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    const State state = world.state(60, seed % 2 == 0);
    const Columns columns = columns_of(state);
    narrow += columns.accounts.size() - columns.wide.size();
    for (int i = 0; i < 8; ++i) {
      const Rules rules = world.rules(state);
      ASSERT_EQ(check(rules), "");
      Valuation found;
      const auto done = revalue(columns, rules, found);
      ASSERT_TRUE(done.has_value()) << done.error();
      for (std::size_t a = 0; a < columns.accounts.size(); ++a, ++valued) {
        const Dumb want = value(state.accounts.at(columns.accounts[a]), state, rules);
        ASSERT_TRUE(big(found.equity[a]) == want.equity && big(found.initial[a]) == want.initial &&
                    big(found.maintenance[a]) == want.maintenance && big(found.closing_fee[a]) == want.closing_fee)
            << "seed " << seed << " account " << a;
      }
    }
  }
  EXPECT_GT(valued, 25'000U);
  EXPECT_GT(narrow, 1'500U);
}

TEST(Revaluation, UnderItsOwnRulesIsWhatTheMirrorComputes) {
  World world(99);
  const State state = world.state(500, true);
  const Columns columns = columns_of(state);
  Valuation found;
  ASSERT_TRUE(revalue(columns, rules_of(state), found));
  for (std::size_t a = 0; a < columns.accounts.size(); ++a) {
    Checked math;
    const Margin want = margin_of(math, state.accounts.at(columns.accounts[a]), state.markets);
    ASSERT_FALSE(math.overflow());
    ASSERT_TRUE(found.equity[a] == want.equity && found.initial[a] == want.initial &&
                found.maintenance[a] == want.maintenance);
  }
}

TEST(Revaluation, AMarketWithoutRulesAndAnOverflowAreRefused) {
  World world(5);
  State state = world.state(3, false);
  Rules rules = rules_of(state);
  rules.markets.erase(6);
  Valuation out;
  EXPECT_EQ(revalue(columns_of(state), rules, out).error(), "market 6 has no rules in \"as it is\"");
  const Address address = state.accounts.begin()->first;
  Position& p = state.accounts.begin()->second.positions.at(3);
  p.size = static_cast<std::int64_t>(max_lots);
  p.quote = (Int{1} << 126) - 1;
  p.funding_index = state.markets.at(3).funding_index;
  state.accounts.begin()->second.collateral = Int{1} << 126;
  EXPECT_EQ(revalue(columns_of(state), rules_of(state), out).error(), "overflow in the margin of " + to_hex(address));
}

// What is compared, recomputed by looking every account up.
TEST(Equivalence, CountsAndExplainsWhatDiffers) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    World world(seed);
    const State before = world.state(80, seed % 3 == 0);
    State after = before;
    if (world.below(2) == 0) after.markets.begin()->second.mark += 1;
    for (auto& [address, account] : after.accounts) {
      if (world.below(10) == 0) account.collateral = account.collateral + 1;
      if (world.below(10) == 0 && !account.positions.empty()) account.positions.begin()->quote += 3;
    }
    if (world.below(2) == 0) after.accounts.erase(after.accounts.begin());
    if (world.below(2) == 0) after.accounts[Address{}].collateral = 5;
    const Rules old_rules = rules_of(before), new_rules = world.rules(after);
    const Columns old_columns = columns_of(before), new_columns = columns_of(after);
    Valuation old_value, new_value;
    ASSERT_TRUE(revalue(old_columns, old_rules, old_value) && revalue(new_columns, new_rules, new_value));
    const auto found = compare({old_columns, old_value, old_rules}, {new_columns, new_value, new_rules}, 1000);
    ASSERT_TRUE(found.has_value());

    std::size_t newly = 0;
    for (std::size_t b = 0; b < new_columns.accounts.size(); ++b) {
      const auto at = std::ranges::lower_bound(old_columns.accounts, new_columns.accounts[b]);
      const bool was = at != old_columns.accounts.end() && *at == new_columns.accounts[b];
      const auto a = static_cast<std::size_t>(at - old_columns.accounts.begin());
      newly += liquidatable(new_value, b) && !(was && liquidatable(old_value, a));
    }
    EXPECT_EQ(found->newly_liquidatable, newly);
    EXPECT_EQ(found->accounts.size(), found->changed);
    std::size_t listed = 0;
    for (const auto& one : found->accounts) {
      EXPECT_FALSE(one.reasons.empty()) << to_hex(one.account);
      listed += one.newly_liquidatable;
      const auto old = before.accounts.find(one.account);
      const auto now = std::as_const(after).accounts.find(one.account);
      EXPECT_EQ(one.was, old != before.accounts.end());
      EXPECT_EQ(one.is, now != after.accounts.end());
      const bool paid = one.was && one.is && old->second.collateral != now->second.collateral;
      EXPECT_EQ(paid, std::ranges::any_of(one.reasons,
                                          [](const auto& reason) { return reason.starts_with("collateral "); }) &&
                          one.was && one.is);
    }
    EXPECT_EQ(listed, newly);
    const auto few = compare({old_columns, old_value, old_rules}, {new_columns, new_value, new_rules}, 3);
    EXPECT_EQ(few->changed, found->changed);
    EXPECT_LE(few->accounts.size(), 3U);
  }
}

TEST(Equivalence, OfAStateWithItselfIsNothing) {
  World world(4);
  const State state = world.state(50, true);
  const Columns columns = columns_of(state);
  const Rules rules = rules_of(state);
  Valuation valuation;
  ASSERT_TRUE(revalue(columns, rules, valuation));
  const auto found = compare({columns, valuation, rules}, {columns, valuation, rules}, 10);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->changed, 0U);
  EXPECT_TRUE(found->accounts.empty());
  EXPECT_TRUE(found->before == found->after);
}

}  // namespace
}  // namespace lockstep::mirror
