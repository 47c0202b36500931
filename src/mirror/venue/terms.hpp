#pragma once
// The arithmetic of a venue. Within Venue's limits every product here is below 2^62.
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
