#pragma once
// What the mirror's accounts would feel: value and Greeks of everything they hold, added up per account and underlying.
// Options by Black-76 on a marked forward, by Black-Scholes on the underlying's mark where there is none; futures and
// perpetuals follow their price one to one. Exact sums of what one contract is worth, the same on every machine.
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "mirror/greeks/exposure.hpp"
#include "mirror/series.hpp"

namespace lockstep::mirror {

struct State;

/// How many make 1.00: of value, per unit of quote; of the Greeks, of one contract, as greeks.hpp has their units.
inline constexpr greeks::Scales greek_scales{.volatility = market_scale,
                                             .rate = market_scale,
                                             .value = 1'000'000,
                                             .delta = 1'000'000'000'000,
                                             .gamma = 1'000'000'000'000'000'000,
                                             .vega = 1'000'000,
                                             .theta = 1'000'000,
                                             .rho = 1'000'000};

struct Unpriced {
  MarketId underlying = 0;
  std::string why;
  bool operator==(const Unpriced&) const = default;
};

struct Portfolio {
  UnixSeconds at = 0;
  std::vector<greeks::Exposure> accounts;  // ascending by account, then underlying; those that hold something
  std::vector<greeks::Exposure> open;      // ascending by underlying: of the lots that are held long, without quotes
  std::vector<Unpriced>
      unpriced;  // ascending: underlyings that are in no list, since one thing held on them has no price
  bool operator==(const Portfolio&) const = default;
};

/// Of what has no Greeks but its price: a perpetual, a future, what is expired and waits to be paid. `moves`: with the
/// underlying, one to one.
constexpr greeks::FixedGreeks linear(Int price, bool moves) {
  return {.value = price * greek_scales.value, .delta = moves ? greek_scales.delta : 0};
}

/// Whether something in it ends: a series, a board.
bool has_expiring(const State& state);

/// At a time; years are of 365 days. Refused, with the account named, if a sum overflows.
std::expected<Portfolio, std::string> portfolio_of(const State& state, UnixSeconds at);

/// Rows of one account, or of those behind `after` (zero: all) as long as `most` accounts are not exceeded.
std::span<const greeks::Exposure> rows_of(const Portfolio& portfolio, const Address& account);
std::span<const greeks::Exposure> rows_behind(const Portfolio& portfolio, const Address& after, std::size_t most);

/// value / scale, exactly, without zeros at the end; the scale is a power of ten.
std::string decimal(Int value, Int scale);

}  // namespace lockstep::mirror
