// Pools of the mirror against the dumb ones: everything a contract may tell, with sizes down to dust, on every row. A
// failure prints its seed; LOCKSTEP_SEED=<n> runs that one alone, LOCKSTEP_OPERATIONS=<n> is how many in all.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "mirror/mirror.hpp"
#include "mirror/reckon.hpp"
#include "mirror/state.hpp"
#include "tests/property/closely.hpp"
#include "tests/property/dumb_pools.hpp"
#include "tests/property/environment.hpp"

namespace lockstep {
namespace {

using dumb::Big;
using mirror::Int;
using mirror::Mirror;
using test::first_difference;
using test::from_environment;
using test::look_closely;

class Flow {
 public:
  explicit Flow(std::uint64_t seed)
      : random_(seed),
        digits_(below(19)),
        house(power(digits_), power(below(13)), below(3) == 0 ? 0 : 1 + below(40), below(1'000'001), below(1'000'001),
              below(2) == 0) {
    for (std::uint32_t market = 0; market < 3; ++market) house.add(7 * market);
  }

  /// Whether the contract took it; house.told is what it told.
  bool step() {
    const int who = static_cast<int>(below(6));
    const auto market = static_cast<std::uint32_t>(7 * below(3));
    switch (below(13)) {
      case 12:
        house.transfer(who, (who + 1) % 6, amount(50));
        return true;
      case 0:
        house.mark(market, 1 + amount(20 + 3 * static_cast<std::uint64_t>(digits_)));
        return true;
      case 1:
        house.deposit(who, amount(60));
        return true;
      case 2:
        return house.withdraw(who, amount(62));
      case 3:
        house.realize(who, signed_amount());
        return true;
      case 4:
        house.provide(who, market, 1 + amount(100));
        return true;
      case 5:
      case 6: {
        const Big all = house.liquidity(who, market);
        if (all == 0) return step();
        const Big rest = below(3) == 0 ? Big(all / 2) : all;
        // What closes the position, or nearly, leaves dust that goes with the liquidity.
        const Big closing = -house.size(who, market) + (below(15) - 7);
        house.remove(who, market, rest, below(2) == 0 ? closing : signed_amount(), signed_amount(), below(3) == 0);
        return true;
      }
      case 7: {  // all of it, or nearly
        const Big& size = house.size(who, market);
        house.swap(who, market, -size + (below(2) == 0 ? 0 : below(15) - 7), signed_amount());
        return true;
      }
      default:
        house.swap(who, market, signed_amount(), signed_amount());
        return true;
    }
  }

 private:
  std::mt19937_64 random_;
  std::int64_t digits_;  // of the unit
  std::int64_t below(std::uint64_t bound) { return static_cast<std::int64_t>(random_() % bound); }
  static Big power(std::int64_t digits) { return boost::multiprecision::pow(Big(10), static_cast<unsigned>(digits)); }
  /// Of up to so many bits, small ones as often as large ones.
  Big amount(std::uint64_t bits) {
    return Big((Big(random_()) << 64) + random_()) >> static_cast<int>(128 - random_() % bits);
  }
  Big signed_amount() { return below(2) == 0 ? amount(80) : -amount(80); }

 public:
  dumb::Pools house;
};

/// Reckoned from its rows it is worth what it is.
void reckon_again(const Mirror& mirror) {
  const auto rows = mirror.rows();
  auto reckoned = rows;
  ASSERT_TRUE(mirror::reckon(reckoned).has_value());
  ASSERT_EQ(first_difference(rows, reckoned), "");
}

TEST(PoolsProperty, AgreeWithTheDumbOnesOnEveryRow) {
  const std::uint64_t operations = from_environment("LOCKSTEP_OPERATIONS", 60'000), each = 1'500;
  const std::uint64_t only = from_environment("LOCKSTEP_SEED", 0), last = only != 0 ? only : operations / each;
  std::size_t refused = 0, dropped = 0;
  std::array<std::size_t, static_cast<std::size_t>(mirror::OpCode::count_)> taken{};
  for (std::uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    Flow flow(seed);
    Mirror mirror;
    for (std::uint64_t i = 0; i < each; ++i) {
      const bool possible = flow.step();
      for (std::size_t n = 0; n < flow.house.told.size(); ++n) {
        const auto done = mirror.apply(flow.house.told[n]);
        ASSERT_EQ(done.has_value(), possible || n + 1 < flow.house.told.size())
            << i << " " << info(flow.house.told[n].code).name << ": " << (done ? "accepted" : done.error().detail);
        taken[static_cast<std::size_t>(flow.house.told[n].code)] += done ? 1 : 0;
      }
      flow.house.told.clear();
      refused += possible ? 0 : 1;
      ASSERT_EQ(mirror.imbalance(), Int{0});
      if (i % 5 != 4) continue;
      ASSERT_EQ(first_difference(flow.house.rows(), mirror.rows()), "") << i;
      if (i % 50 != 49) continue;
      ASSERT_EQ(mirror.digest(), mirror::digest(flow.house.rows())) << i;
      look_closely(mirror);
      reckon_again(mirror);
      if (HasFatalFailure()) return;
    }
    for (const auto& [address, held] : mirror.state().pools.accounts) dropped += held.positions.size() < 3 ? 1 : 0;
  }
  if (only != 0) return;
  for (auto code = static_cast<std::size_t>(mirror::OpCode::set_pool_terms);
       code <= static_cast<std::size_t>(mirror::OpCode::transfer); ++code)
    EXPECT_GT(taken[code], 0U) << info(static_cast<mirror::OpCode>(code)).name << " never happened";
  EXPECT_GT(refused, 100U) << "nothing was ever refused";
  EXPECT_GT(dropped, 10U) << "no position was ever dropped";
}

TEST(PoolsProperty, EveryStoredFieldIsInTheDigest) {
  Flow flow(1);
  for (int i = 0; i < 300; ++i) flow.step();
  const auto rows = flow.house.rows();
  const auto digest = mirror::digest(rows);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t field = 0; field < rows[row].values.size(); ++field) {
      auto other = rows;
      std::get<Int>(other[row].values[field]) += 1;
      EXPECT_EQ(mirror::digest(other) == digest, info(rows[row].key.table).is_derived(field))
          << to_text(rows[row].key) << " " << info(rows[row].key.table).fields[field];
    }
  }
}

}  // namespace
}  // namespace lockstep
