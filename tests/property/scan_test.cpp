// Scenario margin of the mirror's columns against the same written down account by account, contract by contract,
// straight from the state. LOCKSTEP_SCANS=<n> is how many states.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "mirror/greeks/priced.hpp"
#include "mirror/mirror.hpp"
#include "mirror/revalue.hpp"
#include "mirror/state.hpp"
#include "mirror/stress.hpp"

namespace lockstep::mirror {
namespace {

constexpr UnixSeconds now = 1'800'000'000;

Address name_of(std::uint64_t number) {
  Address address;
  address.bytes[19] = static_cast<std::uint8_t>(number);
  return address;
}

/// Two perpetuals; futures and options on both; accounts that hold some of everything.
State random_state(std::mt19937_64& bits) {
  const auto below = [&](std::int64_t n) { return static_cast<Int>(bits() % static_cast<std::uint64_t>(n)); };
  State state;
  for (MarketId id = 1; id <= 2; ++id) state.markets[id].mark = 1 + below(5'000'000);
  for (MarketId id = 3; id < 12; ++id) {
    Market& market = state.markets[id];
    const MarketId on = 1 + static_cast<MarketId>(below(2));
    const auto kind = static_cast<Series::Kind>(below(3));
    const Int spot = state.markets.at(on).mark;
    market.mark = below(4'000'000) + 1;
    market.parameters = {.initial_bps = 500, .maintenance_bps = 300};
    market.series =
        Series{.kind = kind,
               .underlying = on,
               .strike = kind == Series::Kind::future ? 0 : spot / 2 + below(static_cast<std::int64_t>(spot) + 1) + 1,
               .expiry = Int{now} + below(40'000'000) - 1'000'000,
               .unit = below(2) == 0 ? 1 : 1'000'000,
               .volatility = (1 + below(3'000)) * 1'000'000'000'000'000,
               .rate = below(200) * 1'000'000'000'000'000,
               .forward = below(2) * (spot + below(1'000))};
    market.series->is_expired = below(8) == 0;
  }
  for (std::uint64_t a = 0; a < 12; ++a) {
    Account& account = state.accounts[name_of(a)];
    account.collateral = below(1'000'000'000);
    for (const auto& [id, market] : state.markets) {
      if (below(3) == 0) continue;
      const auto unit = static_cast<std::int64_t>(market.series ? market.series->unit : 1);
      const auto lots = [&](std::int64_t most) { return static_cast<std::int64_t>(below(most)); };
      Position p{.market = id, .size = (lots(2'000) - 1'000) * unit / 7, .quote = below(10'000) - 5'000};
      p.bid_lots = lots(900) * unit / 7;
      p.ask_lots = lots(900) * unit / 7;
      if (a == 3 && id == 1) p.quote = Int{1} << 70;  // no column of 64 bits holds it
      if (!p.empty()) account.positions.push_back(p);
    }
  }
  return state;
}

struct Dumb {
  const State& state;
  const Scan& scan;
  MarketId underlying;

  static Int nearest(Int a, Int b) {
    const Int low = (a - ((a % b) + b) % b) / b, rest = a - low * b;
    if (2 * rest != b) return 2 * rest < b ? low : low + 1;
    return low % 2 == 0 ? low : low + 1;
  }
  static Int up(Int a, Int b) { return (a + ((-a % b) + b) % b) / b; }

  Int value(const Series& s, Int underlying_price, Int volatility) const {
    const greeks::FixedOption option{
        underlying_price,           s.strike, std::max<Int>(s.expiry - Int{now}, 0), volatility, s.rate, 0,
        s.kind == Series::Kind::put};
    greeks::FixedGreeks out;
    greeks::Refusal refusal;
    greeks::evaluate(s.forward != 0 ? greeks::Model::forward : greeks::Model::spot, {&option, 1},
                     {.volatility = 1'000'000'000'000'000'000, .rate = 1'000'000'000'000'000'000, .value = 1'000'000},
                     {&out, 1}, {&refusal, 1});
    EXPECT_EQ(refusal, greeks::Refusal::none);
    return out.value;
  }

  /// What one contract gains when the price goes by `part` of `whole` of the range and the volatility by `way`.
  Int gain(MarketId id, Int part, Int whole, int way) const {
    const Market& market = state.markets.at(id);
    const Int ppm = 1'000'000 + nearest(scan.price_bps * 100 * part, whole);
    const auto moved = [&](Int price) { return std::max<Int>(nearest(price * ppm, 1'000'000), 1); };
    if (!market.series || market.series->kind == Series::Kind::future)
      return (moved(market.mark) - market.mark) * 1'000'000;
    const Series& s = *market.series;
    const Int from = s.forward != 0 ? s.forward : state.markets.at(s.underlying).mark;
    const Int volatility =
        std::max<Int>(s.volatility + way * (s.volatility / 10'000 * scan.volatility_bps), 10'000'000'000);
    return value(s, moved(from), std::min<Int>(volatility, 64 * Int{1'000'000'000'000'000'000})) -
           value(s, from, s.volatility);
  }

  Int loss(const Account& account, Int part, Int whole, int way) const {
    Int sum = 0;
    for (const Position& p : account.positions) {
      const Market& market = state.markets.at(p.market);
      if ((market.series ? market.series->underlying : p.market) != underlying) continue;
      if (market.series && market.series->is_expired) continue;
      sum += up(-p.size * gain(p.market, part, whole, way), market.series ? market.series->unit : 1);
    }
    return std::max<Int>(sum, 0);
  }

  std::pair<Int, Int> margins(const Account& account) const {
    Int most = 0, minimum = 0, orders = 0;
    for (const Int thirds : {0, 1, 2, 3, -1, -2, -3})
      for (const int way : {1, -1}) most = std::max(most, loss(account, thirds, 3, way));
    for (const Int side : {1, -1})
      most = std::max(most, up(loss(account, side * scan.extreme_bps, 10'000, 0) * scan.extreme_cover_bps, 10'000));
    for (const Position& p : account.positions) {
      const Market& market = state.markets.at(p.market);
      if ((market.series ? market.series->underlying : p.market) != underlying) continue;
      if (market.series && market.series->is_expired) continue;
      if (market.series && market.series->is_option()) {
        const Int each = up(state.markets.at(underlying).mark * scan.short_minimum_bps, 10'000) * 1'000'000;
        if (p.size < 0) minimum += up(-p.size * each, market.series->unit);
        Int most_by_one = each;
        for (const Int thirds : {0, 1, 2, 3, -1, -2, -3})
          for (const int way : {1, -1}) {
            const Int by = gain(p.market, thirds, 3, way);
            most_by_one = std::max(most_by_one, by < 0 ? -by : by);
          }
        const Int sold = std::max<Int>(-p.size, 0);
        const Int worst = std::max<Int>(p.bid_lots, std::max<Int>(p.ask_lots - p.size, 0));
        if (worst > sold) orders += up((worst - sold) * most_by_one, market.series->unit);
        continue;
      }
      Int most_by_one = 0;
      for (const Int thirds : {1, 2, 3, -1, -2, -3}) {
        const Int by = gain(p.market, thirds, 3, 0);
        most_by_one = std::max(most_by_one, by < 0 ? -by : by);
      }
      const auto size = [](Int a) { return a < 0 ? -a : a; };
      const Int more = std::max(size(p.size + p.bid_lots), size(p.size - p.ask_lots)) - size(p.size);
      if (more > 0) orders += up(more * most_by_one, market.series ? market.series->unit : 1);
    }
    const Int margin = up(std::max(most, minimum), 1'000'000);
    return {up(margin * scan.initial_bps, 10'000) + up(orders, 1'000'000), margin};
  }
};

TEST(ScanProperty, IsWhatEveryAccountWouldLoseContractByContract) {
  const char* asked = std::getenv("LOCKSTEP_SCANS");
  const int states = asked == nullptr ? 60 : std::atoi(asked);
  std::mt19937_64 bits(20261128);
  std::size_t above = 0;
  for (int round = 0; round < states; ++round) {
    SCOPED_TRACE(round);
    const auto below = [&](std::uint64_t n) { return static_cast<Int>(bits() % n); };
    const State state = random_state(bits);
    Rules rules = rules_of(state);
    for (const MarketId id : {1, 2})
      if (id == 1 || round % 3 != 0)
        rules.scans[id] = {.price_bps = 1 + below(3'000),
                           .volatility_bps = below(10'001),
                           .extreme_bps = 10'000 + below(30'000),
                           .extreme_cover_bps = below(10'001),
                           .short_minimum_bps = below(300),
                           .initial_bps = 10'000 + below(5'000)};
    ASSERT_EQ(check(rules), "");
    // Without the scans' markets the rules of tiers are what is left.
    Rules without = rules;
    without.scans.clear();
    for (auto& [id, market] : without.markets) {
      const auto& series = state.markets.at(id).series;
      if (rules.scans.contains(series ? series->underlying : id)) market.tiers = {{0, 0, 0}};
    }
    const Columns columns = columns_of(state, now);
    Valuation value, rest;
    const auto done = revalue(columns, rules, value);
    ASSERT_TRUE(done.has_value()) << done.error();
    ASSERT_TRUE(revalue(columns, without, rest).has_value());
    for (std::size_t i = 0; i < columns.accounts.size(); ++i) {
      Int initial = rest.initial[i], maintenance = rest.maintenance[i];
      for (const auto& [id, scan] : rules.scans) {
        const auto [first, held] = Dumb{state, scan, id}.margins(state.accounts.at(columns.accounts[i]));
        initial += first;
        maintenance += held;
      }
      ASSERT_EQ(value.initial[i], initial) << i;
      ASSERT_EQ(value.maintenance[i], maintenance) << i;
      ASSERT_EQ(value.equity[i], rest.equity[i]);
      above += value.maintenance[i] > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(above, static_cast<std::size_t>(states) * 8);
}

TEST(ScanProperty, RefusesWhatItCannotPrice) {
  std::mt19937_64 bits(1);
  State state = random_state(bits);
  Rules rules = rules_of(state);
  Valuation out;
  rules.scans[3] = {.price_bps = 100};
  EXPECT_EQ(revalue(columns_of(state, now), rules, out).error(),
            "market 3 is no perpetual: a scan is of what others are on");
  rules.scans = {{1, {.price_bps = 100}}, {2, {.price_bps = 100}}};
  EXPECT_TRUE(revalue(columns_of(state, now), rules, out).has_value());
  EXPECT_NE(revalue(columns_of(state), rules, out).error().find("cannot be priced: the time is not known"),
            std::string::npos);
  rules.scans[1].extreme_cover_bps = 10'001;
  EXPECT_EQ(check(rules), "scan of market 1: a share is out of bounds");
}

// What a scan asks for in a scenario is what it asks for where the forward has moved as far as the mark.
TEST(ScanProperty, InAScenarioStartsFromTheForwardItLeadsTo) {
  std::mt19937_64 bits(20261130);
  std::size_t forwards = 0;
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    const auto below = [&](std::uint64_t n) { return static_cast<Int>(bits() % n); };
    const State state = random_state(bits);
    Rules rules = rules_of(state);
    for (const MarketId id : {1, 2}) rules.scans[id] = {.price_bps = 1 + below(3'000), .volatility_bps = below(5'001)};
    const Int move = below(1'200'000) - 600'000;
    State moved_state = state;
    Checked math;
    for (auto& [id, market] : moved_state.markets) {
      if (market.series && market.series->is_expired) continue;
      if (market.series) {
        forwards += market.series->forward != 0 ? 1 : 0;
        market.series->forward = moved(math, market.series->forward, move);
      }
      if (!market.series || !market.series->is_option()) market.mark = moved(math, market.mark, move);
    }
    const Columns columns = columns_of(state, now);
    const Scenario all{.name = "all", .move_ppm = std::vector<Int>(columns.markets.size(), move)};
    const auto found = stress(columns, rules, {all}, columns.accounts.size());
    ASSERT_TRUE(found.has_value()) << found.error();
    ASSERT_EQ(found->worst.size(), columns.accounts.size());
    for (const StressedAccount& one : found->worst) {
      Int maintenance = 0;
      for (const auto& [id, scan] : rules.scans)
        maintenance += Dumb{moved_state, scan, id}.margins(state.accounts.at(columns.accounts[one.account])).second;
      ASSERT_EQ(one.maintenance, maintenance) << one.account;
    }
  }
  EXPECT_GT(forwards, 30U);
}

}  // namespace
}  // namespace lockstep::mirror
