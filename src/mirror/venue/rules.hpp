#pragma once
// The rules of a venue as values: two rule sets are two values, and the same flow can be played under both.
#include <cstdint>
#include <vector>

#include "mirror/venue/order.hpp"

namespace lockstep::mirror::venue {

/// The slice of a position's notional above `above` asks for these shares of it.
struct MarginTier {
  std::int64_t above = 0;  // quote units
  std::int64_t initial_bps = 0, maintenance_bps = 0;
  bool operator==(const MarginTier&) const = default;
};

struct MarketTerms {
  std::int64_t tick_value = 1;                             // quote units per lot and tick
  Lots lot = 1;                                            // sizes are multiples of it
  std::int64_t initial_bps = 1000, maintenance_bps = 500;  // of notional at the mark, 1 … 10,000
  std::int64_t maker_fee_ppm = 0, taker_fee_ppm = 0;       // of notional at the trade price, at most 1,000,000
  std::int64_t band_bps = 1000;     // how far from the mark an order may be priced, at most 10,000
  std::vector<MarginTier> tiers{};  // above the first, whose shares are those above; ascending
  bool operator==(const MarketTerms&) const = default;
};

/// How a scope below its maintenance margin is taken apart (liquidation.hpp).
struct LiquidationTerms {
  std::int64_t fee_ppm = 10'000;    // of notional, paid to the fund; never more than a fill is better than bankruptcy
  std::int64_t close_bps = 10'000;  // of each position, 1 … 10,000, rounded up to a lot
  std::int64_t fund_bps = 10'000;   // of the insurance fund, that one liquidation may use
  bool operator==(const LiquidationTerms&) const = default;
};

struct VenueTerms {
  std::int64_t collateral_haircut_bps = 0;  // funds above zero count for that much less
  LiquidationTerms liquidation;
  bool operator==(const VenueTerms&) const = default;
};

/// Whether the terms are inside the bounds above.
bool valid(const MarketTerms& terms);
bool valid(const VenueTerms& terms);

}  // namespace lockstep::mirror::venue
