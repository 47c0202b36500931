// Futures and options of the mirror against the dumb clearing house, possible and impossible operations mixed. A
// failure prints its seed; LOCKSTEP_SEED=<n> runs that one alone, LOCKSTEP_OPERATIONS=<n> is how many in all.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "mirror/mirror.hpp"
#include "mirror/state.hpp"
#include "tests/property/closely.hpp"
#include "tests/property/dumb_series.hpp"
#include "tests/property/environment.hpp"

namespace lockstep {
namespace {

using mirror::Int;
using mirror::Mirror;
using mirror::OpCode;
using test::first_difference;
using test::from_environment;
using test::look_closely;

class Flow {
 public:
  explicit Flow(std::uint64_t seed) : random_(seed) {}

  /// Whether the dumb house could do it; `house.told` is what it tried.
  bool step() {
    if (house.now().debt && below(8) != 0) return house.cover(below(4) == 0 ? 1 : 0);
    const std::uint32_t id = market();
    house.story.clear();
    switch (below(30)) {
      case 0:
        return list();
      case 1:
        return house.deposit(who(), below(2'000'000));
      case 2:
        return house.withdraw(who(), below(300'000));
      case 3:
      case 4:
        return house.set_mark(id, 1 + below(id < 3 ? 4'000 : 1'500));
      case 5:
        return house.mark_series(id, Int{below(2'000'000)} * 1'000'000'000'000,
                                 Int{below(90) - 40} * 1'000'000'000'000'000, below(3) * below(3'000));
      case 6:
        return below(4) == 0 ? house.expire(id, 1 + below(4'000)) : house.cover(0);
      case 7:
      case 8:
      case 9:
        return settle();
      case 10:
      case 11:
        return liquidate();
      case 12:
      case 13:
      case 14:
      case 15:
      case 16:
      case 17:
      case 18:
      case 19:
        return place();
      case 20:
      case 21:
        return cancel();
      default:
        return house.trade(id, who(), who(), below(60) == 0 ? 0 : 1 + below(unit(id) * 40), below(1'500), below(30),
                           below(3) * below(30));
    }
  }

  dumb::Clearing house;

 private:
  Int below(Int bound) { return static_cast<Int>(random_() % static_cast<std::uint64_t>(bound)); }
  int who() { return static_cast<int>(below(9)); }
  std::uint32_t market() {
    return static_cast<std::uint32_t>(below(static_cast<Int>(house.now().contracts.size()) + 1));
  }
  Int unit(std::uint32_t id) {
    const auto at = house.now().contracts.find(id);
    return at == house.now().contracts.end() ? 1 : at->second.unit;
  }

  bool list() {
    const auto id = static_cast<std::uint32_t>(house.now().contracts.size());
    const auto other = below(9) == 0 ? market() : id;
    if (id < 2) return house.add_market(other, 100 * below(30), 50 * below(30));
    if (id > 60) return house.add_market(market(), 1, 1);  // there
    const Int initial = below(3'000);
    const int kind = static_cast<int>(below(3));
    constexpr std::array<Int, 4> units{1, 3, 1'000, 1'000'000};
    return house.add_series(other, {.kind = kind,
                                    .on = static_cast<std::uint32_t>(below(below(6) == 0 ? id : 2)),
                                    .strike = (below(20) == 0) != (kind == 0) ? 0 : 1 + below(3'000),
                                    .expiry = 1 + below(2'000'000'000),
                                    .unit = units[static_cast<std::size_t>(below(4))],
                                    .rounding = static_cast<int>(below(3)),
                                    .initial_bps = initial,
                                    .maintenance_bps = initial / 2,
                                    .taker_ppm = below(900)});
  }

  std::pair<int, std::uint32_t> some_held() {
    const auto& held = house.now().held;
    if (held.empty() || below(10) == 0) return {who(), market()};
    return std::next(held.begin(), static_cast<std::ptrdiff_t>(below(static_cast<Int>(held.size()))))->first;
  }

  bool place() {
    const auto id = market();
    const auto& contracts = house.now().contracts;
    const auto at = contracts.find(id);
    if (at == contracts.end() || !at->second.ends) return house.cover(1);  // perpetuals have a test of their own
    const Int mark = at->second.mark, away = std::max<Int>(mark / 8, 5);
    const Int price = below(30) == 0 ? 1 + below(4'000) : std::max<Int>(mark - away + below(2 * away), 1);
    const Int size = below(60) == 0 ? 0 : 1 + below(at->second.unit * 12);
    const int time_in_force = below(2) == 0 ? 0 : static_cast<int>(below(4));
    return house.place(who(), id, below(2) == 0, price, size, time_in_force, below(5) == 0);
  }

  bool cancel() {
    const auto& orders = house.now().orders;
    if (orders.empty()) return house.cancel(1 + static_cast<std::uint64_t>(below(50)), 0);
    const auto& one = orders[static_cast<std::size_t>(below(static_cast<Int>(orders.size())))];
    return house.cancel(one.id, below(9) == 0 ? 1 : 0);
  }

  bool settle() {
    const auto [account, id] = some_held();
    return house.settle(account, id, below(12) == 0 ? below(3) - 1 : 0);
  }

  bool liquidate() {
    const auto [account, id] = some_held();
    const auto at = house.now().held.find({account, id});
    const Int size = at == house.now().held.end() ? 1 : at->second.size;
    return house.liquidate(account, id, who(), below(5) == 0 ? size / 2 : below(40) == 0 ? 2 * size : size);
  }

  std::mt19937_64 random_;
};

/// Empty, or why the mirror does not take it. Of an order that cannot be, the chain takes back whatever it led to.
std::string tell(Mirror& mirror, const dumb::Clearing& house, bool possible) {
  const bool undone = !possible && house.told.code == OpCode::place_order;
  Mirror copy;
  if (undone) copy = mirror;
  Mirror& target = undone ? copy : mirror;
  auto done = target.apply(house.told);
  for (std::size_t i = 0; done && i < house.story.size(); ++i) done = target.apply(house.story[i]);
  if (!done) return done.error().detail;
  return target.state().incoming ? target.outstanding() : "";
}

TEST(SeriesProperty, AgreesWithTheDumbHouseOnWhatIsPossibleAndOnEveryRow) {
  const std::uint64_t operations = from_environment("LOCKSTEP_OPERATIONS", 40'000), each = 4'000;
  std::array<std::array<std::size_t, 2>, static_cast<std::size_t>(OpCode::count_)> seen{};
  const std::uint64_t only = from_environment("LOCKSTEP_SEED", 0), last = only != 0 ? only : operations / each;
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    Flow flow(seed);
    Mirror mirror;
    for (std::uint64_t i = 0; i < each; ++i) {
      flow.house.told = {};
      const bool possible = flow.step();
      const auto& told = flow.house.told;
      if (told.code == OpCode::count_) continue;
      const auto refusal = tell(mirror, flow.house, possible);
      ASSERT_EQ(refusal.empty(), possible)
          << i << " " << info(told.code).name << ": " << (refusal.empty() ? "accepted" : refusal);
      for (const auto& one : flow.house.story) ++seen[static_cast<std::size_t>(one.code)][possible ? 1 : 0];
      ASSERT_EQ(mirror.imbalance(), Int{0});
      ++seen[static_cast<std::size_t>(told.code)][possible ? 1 : 0];
      if (i % 100 != 99) continue;
      ASSERT_EQ(first_difference(flow.house.rows(), mirror.rows()), "") << i;
      ASSERT_EQ(mirror.digest(), mirror::digest(flow.house.rows())) << i;
      if (mirror.outstanding().empty()) look_closely(mirror);
    }
  }
  if (only != 0) return;
  for (const auto code : {OpCode::add_series, OpCode::mark_series, OpCode::trade_series, OpCode::expire_series,
                          OpCode::settle_series, OpCode::liquidate, OpCode::cover_bad_debt, OpCode::withdraw,
                          OpCode::place_order, OpCode::trade, OpCode::cancel_order}) {
    EXPECT_GT(seen[static_cast<std::size_t>(code)][0], 0U) << info(code).name << " was never refused";
    EXPECT_GT(seen[static_cast<std::size_t>(code)][1], 0U) << info(code).name << " never happened";
  }
}

TEST(SeriesProperty, EveryFieldOfASeriesIsInTheDigest) {
  Flow flow(1);
  for (int i = 0; i < 1'000; ++i) flow.step();
  const auto rows = flow.house.rows();
  const auto digest = mirror::digest(rows);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t field = 0; field < rows[row].values.size(); ++field) {
      auto other = rows;
      auto& value = other[row].values[field];
      if (auto* number = std::get_if<Int>(&value)) {
        *number += 1;
      } else {
        std::get<Address>(value).bytes[7] ^= 1;
      }
      EXPECT_EQ(mirror::digest(other) == digest, info(rows[row].key.table).is_derived(field)) << to_text(rows[row].key);
    }
  }
}

}  // namespace
}  // namespace lockstep
