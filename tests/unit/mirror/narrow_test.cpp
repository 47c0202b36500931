// Positions valued side by side, by every path that runs here, against 128-bit arithmetic; the numbers crowd at the
// bounds, at multiples of what is divided by, and beside them.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mirror/narrow/sums.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror::narrow {
namespace {

struct Store {
  std::vector<std::uint32_t> market;
  std::vector<std::int64_t> size, worst, quote, funding_index;
  Columns columns() const { return {market.data(), size.data(), worst.data(), quote.data(), funding_index.data()}; }
};

Terms terms_of(const Bounds& bounds, Int funding_index) {
  return {.mark = static_cast<double>(bounds.mark),
          .funding_index = static_cast<double>(funding_index),
          .initial_bps = static_cast<double>(bounds.most_bps),
          .maintenance_bps = static_cast<double>(bounds.most_bps / 2),
          .fee_ppm = static_cast<double>(bounds.fee_ppm),
          .is_here = true};
}

class World {
 public:
  explicit World(std::uint64_t seed) : bits_(seed) {
    while (terms.size() < 40) add_market();
  }

  std::uint64_t below(std::uint64_t n) { return bits_() % n; }
  /// Of any magnitude up to `most`, often at or beside it, or a multiple of a divisor.
  Int up_to(Int most) {
    Int value = static_cast<Int>(bits_() >> below(64));
    if (below(4) == 0) value = most - static_cast<Int>(below(3));
    if (below(4) == 0) value = value / ppm_scale * ppm_scale + static_cast<Int>(below(3)) - 1;
    return std::clamp<Int>(value, 0, most);
  }
  Int either(Int value) { return below(2) == 0 ? value : -value; }

  Store positions(std::size_t count) {
    Store store;
    for (std::size_t i = 0; i < count; ++i) {
      const auto market = static_cast<std::uint32_t>(below(terms.size()));
      const Bounds& bound = bounds[market];
      store.market.push_back(market);
      store.size.push_back(static_cast<std::int64_t>(either(up_to(bound.lots))));
      store.worst.push_back(static_cast<std::int64_t>(up_to(bound.lots)));
      store.quote.push_back(static_cast<std::int64_t>(either(up_to(bound.quote))));
      const Int moved = either(up_to(bound.funding));
      store.funding_index.push_back(static_cast<std::int64_t>(static_cast<Int>(terms[market].funding_index) - moved));
    }
    return store;
  }

  std::vector<Terms> terms;
  std::vector<Bounds> bounds;

 private:
  void add_market() {
    Bounds one{.lots = up_to(most_lots), .mark = up_to(most_exact), .quote = up_to(most_quote - 1)};
    one.funding = up_to(most_exact);
    one.most_bps = up_to(max_bps);
    one.fee_ppm = up_to(max_ppm);
    const Int index = either(one.funding / 3);
    for (Int* part : {&one.lots, &one.mark, &one.funding, &one.most_bps})
      while (!fits(one) && *part > 1) *part = *part / 2;
    if (!fits(one)) return;
    bounds.push_back(one);
    terms.push_back(terms_of(one, index));
  }

  std::mt19937_64 bits_;
};

Worth exact(const Terms& terms, const Store& store, std::size_t at) {
  Checked math;
  const auto whole = [](double number) { return static_cast<Int>(number); };
  const Int size = store.size[at], mark = whole(terms.mark), notional = math.abs(math.mul(size, mark));
  const Int funding = funding_payment(math, size, whole(terms.funding_index), store.funding_index[at]);
  const Int equity = math.sub(math.add(Int{store.quote[at]}, math.mul(size, mark)), funding);
  const Int initial = margin(math, store.worst[at], mark, whole(terms.initial_bps));
  const Int maintenance = ceil_share(math, notional, whole(terms.maintenance_bps), bps_scale);
  const Int fee = ceil_share(math, notional, whole(terms.fee_ppm), ppm_scale);
  EXPECT_FALSE(math.overflow());
  return {static_cast<std::int64_t>(equity), static_cast<std::int64_t>(initial), static_cast<std::int64_t>(maintenance),
          static_cast<std::int64_t>(fee)};
}

bool same(const Worth& a, const Worth& b) {
  return a.equity == b.equity && a.initial == b.initial && a.maintenance == b.maintenance &&
         a.closing_fee == b.closing_fee;
}

TEST(Narrow, EveryPathIsExact) {
  std::size_t paths = 0;
  for (const Path path : {Path::portable, Path::avx2, Path::avx512}) {
    if (!runs_here(path)) continue;
    ++paths;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
      World world(seed);
      const Store store = world.positions(1 + world.below(3 * block_size));
      Block block;
      for (std::size_t from = 0; from < store.size.size(); from += block_size) {
        const std::size_t count = std::min(block_size, store.size.size() - from);
        value(world.terms.data(), store.columns(), from, count, block, path);
        for (std::size_t i = 0; i < count; ++i)
          ASSERT_TRUE(same(block[i], exact(world.terms[store.market[from + i]], store, from + i)))
              << "path " << static_cast<int>(path) << " seed " << seed << " position " << from + i;
      }
    }
  }
  EXPECT_GE(paths, 1U);
  EXPECT_TRUE(runs_here(best_path()));
}

TEST(Narrow, SumsAreThoseOfTheAccountsPositionsInMarketsThatAreHere) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    const Store store = world.positions(world.below(700));
    if (seed % 2 == 0)
      for (int i = 0; i < 5; ++i) world.terms[world.below(world.terms.size())] = {};
    Sums sums(world.terms, store.columns(), store.size.size());
    EXPECT_EQ(seed % 2 != 0, sums.is_whole());
    for (std::size_t begin = 0; begin < store.size.size();) {
      const std::size_t end = std::min(store.size.size(), begin + world.below(begin % 3 == 0 ? 300 : 5));
      Worth want;
      for (std::size_t p = begin; p < end; ++p)
        if (world.terms[store.market[p]].is_here) want += exact(world.terms[store.market[p]], store, p);
      ASSERT_TRUE(same(want, sums.take(begin, end))) << "seed " << seed << " from " << begin;
      begin = end;
    }
  }
}

TEST(Narrow, WhatDoesNotFitIsSaid) {
  const Bounds most{.lots = 1000,
                    .mark = 1'000'000,
                    .quote = most_quote - 1,
                    .funding = 1000,
                    .most_bps = max_bps,
                    .fee_ppm = max_ppm};
  EXPECT_TRUE(fits(most));
  const auto with = [&](Int Bounds::*part, Int value) {
    Bounds other = most;
    other.*part = value;
    return fits(other);
  };
  EXPECT_FALSE(with(&Bounds::quote, most_quote));
  EXPECT_FALSE(with(&Bounds::lots, most_exact / most.mark));
  EXPECT_FALSE(with(&Bounds::mark, most_exact / most.lots));
  EXPECT_FALSE(with(&Bounds::funding, most_exact));
  EXPECT_FALSE(with(&Bounds::most_bps, most_share * bps_scale / (most.lots * most.mark) + 1));
  EXPECT_FALSE(with(&Bounds::fee_ppm, most_share * ppm_scale / (most.lots * most.mark) + 1));
  EXPECT_FALSE(fits({.lots = most_lots}));
  EXPECT_FALSE(fits({.mark = most_exact}));
  EXPECT_TRUE(fits({}));
}

}  // namespace
}  // namespace lockstep::mirror::narrow
