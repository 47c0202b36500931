#pragma once
// Options in the mirror's integers: terms in, integers out, through the doubles of greeks.hpp.
#include <span>

#include "mirror/greeks/fixed_point.hpp"
#include "mirror/greeks/greeks.hpp"

namespace lockstep::mirror::greeks {

/// Units of the integers, each how many make 1.00: 10^18 for a contract's "1e18 decimals". 1 … most_scale.
struct Scales {
  Int price = 1, volatility = 1, rate = 1;                            // of the terms; price of underlying and strike
  Int seconds_per_year = 31'536'000;                                  // the protocol's own year, here of 365 days
  Int value = 1, delta = 1, gamma = 1, vega = 1, theta = 1, rho = 1;  // of the results
};

struct FixedOption {
  Int underlying = 0, strike = 0;
  Int seconds = 0;  // to expiry
  Int volatility = 0, rate = 0, yield = 0;
  bool is_put = false;
};

struct FixedGreeks {
  Int value = 0, delta = 0, gamma = 0, vega = 0, theta = 0, rho = 0;
  bool operator==(const FixedGreeks&) const = default;
};

/// Every term is rounded to the nearest double, every result to the nearest integer of its scale (ties to even). The
/// spans are of equal length. Returns how many were refused; their Greeks are zeros. Refusal::scale: a scale outside
/// its bounds, or a result that does not fit.
std::size_t evaluate(Model model, std::span<const FixedOption> options, const Scales& scales,
                     std::span<FixedGreeks> greeks, std::span<Refusal> refusal);

/// The volatility at which the option is worth `value` (of scales.value), of scales.volatility; option.volatility is
/// not read.
std::expected<Int, Refusal> implied_volatility(Model model, const FixedOption& option, Int value, const Scales& scales);

}  // namespace lockstep::mirror::greeks
