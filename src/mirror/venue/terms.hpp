#pragma once
// The arithmetic of a venue. Within Venue's limits, which whoever fills it keeps (replay/start.cpp), every product here
// is below 2^62.
#include <algorithm>
#include <cstdlib>

#include "mirror/venue/account.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::venue {

/// ceil(value x rate / unit), rate <= unit, without the intermediate product.
inline std::int64_t share_up(std::int64_t value, std::int64_t rate, std::int64_t unit) {
  return value / unit * rate + (value % unit * rate + unit - 1) / unit;
}

/// Funding since it was last settled, rounded against the account: > 0, it pays.
inline std::int64_t owed(const Position& position, std::int64_t index) {
  const std::int64_t product = position.size * (index - position.funding_index);
  return product / 1'000'000 + (product % 1'000'000 > 0 ? 1 : 0);
}

/// Shares of notional, slice by slice, each rounded up by itself.
inline Venue::Margin margins_of(const MarketTerms& terms, std::int64_t worst, std::int64_t notional) {
  const auto sliced = [&](std::int64_t value, std::int64_t MarginTier::*bps, std::int64_t first) {
    if (terms.tiers.empty()) [[likely]]
      return share_up(value, first, 10'000);
    std::int64_t sum = share_up(std::min(value, terms.tiers.front().above), first, 10'000);
    for (std::size_t i = 0; i < terms.tiers.size() && value > terms.tiers[i].above; ++i) {
      const std::int64_t end = i + 1 < terms.tiers.size() ? std::min(value, terms.tiers[i + 1].above) : value;
      sum += share_up(end - terms.tiers[i].above, terms.tiers[i].*bps, 10'000);
    }
    return sum;
  };
  return {.equity = 0,
          .initial = sliced(worst, &MarginTier::initial_bps, terms.initial_bps),
          .maintenance = sliced(notional, &MarginTier::maintenance_bps, terms.maintenance_bps)};
}

/// Towards minus infinity; the divisor is positive.
inline Int floor_div(Int value, Int divisor) {
  const Int quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

inline std::uint32_t scope_of(const Position* position) {
  return position != nullptr && position->isolated ? position->market : cross;
}

inline bool crosses(bool is_buy, std::uint32_t limit, std::uint32_t resting) {
  return is_buy ? resting <= limit : resting >= limit;
}

/// No buy above the band, no sale below it.
inline bool in_band(const MarketTerms& terms, std::int64_t mark, bool is_buy, std::uint32_t tick) {
  if (tick == 0 || tick >= ladder::PriceIndex::keys || tick > Venue::most_price / terms.tick_value) return false;
  const std::int64_t scaled = std::int64_t{tick} * terms.tick_value * 10'000;
  return is_buy ? scaled <= mark * (10'000 + terms.band_bps) : scaled >= mark * (10'000 - terms.band_bps);
}

/// The worst tick inside the band, at which a market order stops; 0 if there is none.
inline std::uint32_t band_edge(const MarketTerms& terms, std::int64_t mark, bool is_buy) {
  const std::int64_t unit = terms.tick_value * 10'000;
  const std::int64_t tick =
      is_buy ? mark * (10'000 + terms.band_bps) / unit : (mark * (10'000 - terms.band_bps) + unit - 1) / unit;
  const std::int64_t most = std::min<std::int64_t>(ladder::PriceIndex::keys - 1, Venue::most_price / terms.tick_value);
  return static_cast<std::uint32_t>(is_buy ? std::min(tick, most) : std::max<std::int64_t>(tick, 1));
}

}  // namespace lockstep::mirror::venue
