// The grid against the dumb way: a whole copy of the state for every scenario, marks moved in it, every account valued
// by the mirror's own margin; and liquidation marks found by walking.
#include "mirror/stress.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "mirror/state.hpp"

namespace lockstep {
namespace {

using namespace mirror;

State random_state(std::uint64_t seed, std::size_t accounts) {
  std::mt19937_64 bits(seed);
  const auto below = [&](std::uint64_t n) { return static_cast<Int>(bits() % n); };
  State state;
  for (MarketId id = 1; id <= 3; ++id) {
    Market& market = state.markets[id];
    market.parameters = {.initial_bps = 800 + below(400), .maintenance_bps = 400 + below(200)};
    market.mark = 500 + below(3'000);
    market.funding_index = below(4'000'000) - 2'000'000;
  }
  for (std::size_t i = 0; i < accounts; ++i) {
    Address address;
    for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(bits());
    Account& account = state.accounts[address];
    account.collateral = below(400'000) - 20'000;
    for (MarketId id = 1; id <= 3; ++id) {
      if (below(2) == 0) continue;
      const bool wide = below(40) == 0;  // beyond 64 bits
      const Int size = wide ? (Int{1} << 49) - below(1'000) : below(400) - 200;
      account.positions.push_back({.market = id,
                                   .size = static_cast<std::int64_t>(size),
                                   .quote = wide ? -size * state.markets[id].mark : -size * (500 + below(3'000)),
                                   .funding_index = below(4'000'000) - 2'000'000,
                                   .bid_lots = static_cast<std::int64_t>(below(50)),
                                   .ask_lots = static_cast<std::int64_t>(below(50))});
    }
  }
  return state;
}

struct Dumb {
  std::vector<Margin> of;  // by account, ascending
  Dumb(const State& state, const Columns& columns, const Scenario* scenario) {
    State moved = state;
    std::size_t i = 0;
    for (auto& market : moved.markets) {
      if (scenario == nullptr) break;
      const Int exact = market.second.mark * (1'000'000 + scenario->move_ppm[i++]);
      market.second.mark = std::max<Int>((exact + 500'000) / 1'000'000, 1);
    }
    Checked math;
    for (const auto& address : columns.accounts)
      of.push_back(margin_of(math, moved.accounts.at(address), moved.markets));
    EXPECT_FALSE(math.overflow());
  }
};

TEST(StressProperty, DoesWhatACopyOfTheStateForEveryScenarioDoes) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const State state = random_state(seed, 1'000 + 700 * seed);  // more than one block
    const Columns columns = columns_of(state);
    auto scenarios = grid(columns, {-400'000, -123'456, 7, 250'000});
    ASSERT_EQ(scenarios.size(), 16U);
    scenarios.push_back({.name = "extreme", .move_ppm = {-1'000'000, 3'000'000, 0}, .weight_ppm = 330'000});
    const auto found = stress(columns, rules_of(state), scenarios, 25);
    ASSERT_TRUE(found.has_value()) << found.error();

    const Dumb now(state, columns, nullptr);
    std::vector<StressedAccount> all(columns.accounts.size());
    for (std::size_t s = 0; s < scenarios.size(); ++s) {
      const Dumb then(state, columns, &scenarios[s]);
      ScenarioOutcome sum;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const Margin& m = then.of[i];
        sum.equity += m.equity;
        sum.shortfall += m.equity < 0 ? -m.equity : 0;
        sum.insolvent += m.equity < 0 ? 1 : 0;
        sum.liquidatable += m.equity < m.maintenance ? 1 : 0;
        all[i].account = i;
        const Int loss = now.of[i].equity - m.equity;
        if (loss > 0)
          all[i].scenario_margin =
              std::max(all[i].scenario_margin, ceil_div(loss * scenarios[s].weight_ppm, Int{1'000'000}));
        if (s != 0 && m.equity - m.maintenance >= all[i].equity - all[i].maintenance) continue;
        all[i].scenario = s;
        all[i].equity = m.equity;
        all[i].maintenance = m.maintenance;
      }
      ASSERT_TRUE(found->scenarios[s] == sum) << scenarios[s].name;
    }
    Int margin = 0;
    std::size_t below = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      margin += all[i].scenario_margin;
      below += now.of[i].equity < all[i].scenario_margin ? 1 : 0;
    }
    EXPECT_TRUE(found->scenario_margin == margin);
    EXPECT_EQ(found->below_scenario_margin, below);
    std::ranges::stable_sort(all, {}, [](const StressedAccount& one) { return one.equity - one.maintenance; });
    all.resize(25);
    EXPECT_TRUE(found->worst == all);
  }
}

TEST(StressProperty, ALiquidationMarkIsTheFirstOnTheWay) {
  const State state = random_state(9, 120);
  const Columns columns = columns_of(state);
  const Rules rules = rules_of(state);
  std::size_t found_some = 0, none = 0;
  for (std::size_t i = 0; i < columns.accounts.size(); ++i) {
    const Account& account = state.accounts.at(columns.accounts[i]);
    for (const auto& [id, market] : state.markets) {
      const Int size = account.size_in(id);
      const auto found = liquidation_mark(columns, rules, i, id);
      Markets markets = state.markets;
      std::optional<Int> walked;
      for (Int mark = market.mark; size != 0 && !walked && mark >= 1 && mark <= market.mark * 3;
           mark += size > 0 ? -1 : 1) {
        markets.at(id).mark = mark;
        Checked math;
        const Margin m = margin_of(math, account, markets);
        if (m.equity < m.maintenance) walked = mark;
      }
      if (!walked && found && *found > market.mark * 3) continue;  // farther than was walked
      ASSERT_EQ(found.has_value(), walked.has_value()) << "account " << i << " market " << id;
      if (!found) {
        ++none;
        continue;
      }
      ++found_some;
      ASSERT_TRUE(*found == *walked) << "account " << i << " market " << id;
    }
  }
  EXPECT_GT(found_some, 50U);
  EXPECT_GT(none, 20U);
}

TEST(StressProperty, WhatCannotBeIsRefused) {
  const State state = random_state(3, 5);
  const Columns columns = columns_of(state);
  const Rules rules = rules_of(state);
  EXPECT_FALSE(stress(columns, rules, {{.name = "short", .move_ppm = {0}}}, 1).has_value());
  EXPECT_FALSE(stress(columns, rules, {{.name = "far", .move_ppm = {0, 0, 20'000'000}}}, 1).has_value());
  EXPECT_FALSE(
      stress(columns, rules, {{.name = "heavy", .move_ppm = {0, 0, 0}, .weight_ppm = 2'000'000}}, 1).has_value());
  EXPECT_TRUE(stress(columns, rules, {}, 1)->scenarios.empty());
}

}  // namespace
}  // namespace lockstep
