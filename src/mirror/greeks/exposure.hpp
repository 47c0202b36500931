#pragma once
// What an account's options add up to, per underlying. Sums of integers, so no order of adding can show in them.
#include <expected>
#include <span>
#include <vector>

#include "mirror/greeks/priced.hpp"

namespace lockstep::mirror::greeks {

struct Holding {
  Address account;
  MarketId underlying = 0;
  std::size_t option = 0;  // index into the evaluated options
  Int quantity = 0;        // signed
  Int unit = 1;            // of the quantity that make a whole option, 1 or more
};

struct Exposure {
  Address account;
  MarketId underlying = 0;
  FixedGreeks sum;  // quantity x Greek ÷ unit, each to nearest (ties to even), at the scales of the Greeks
  bool operator==(const Exposure&) const = default;
};

struct ExposureError {
  std::size_t holding = 0;  // the first that cannot be counted
  Refusal refusal = Refusal::none;
};

/// One row per (account, underlying) held, ascending. A held option that was refused, is not there or does not fit
/// (Refusal::scale) refuses the whole: a sum with a part missing would be believed.
std::expected<std::vector<Exposure>, ExposureError> exposures(std::span<const Holding> holdings,
                                                              std::span<const FixedGreeks> greeks,
                                                              std::span<const Refusal> refusal);

}  // namespace lockstep::mirror::greeks
