#include "mirror/series.hpp"

#include <algorithm>

namespace lockstep::mirror {

Int Series::payoff(Int price) const {
  if (kind == Kind::call) return std::max<Int>(price - strike, 0);
  if (kind == Kind::put) return std::max<Int>(strike - price, 0);
  return price;
}

Int Series::at_risk(Checked& math, Int lots) const {
  if (is_expired) return 0;
  if (!is_option()) return math.abs(lots);
  return lots < 0 ? math.sub(Int{0}, lots) : 0;
}

Series Series::of(const std::array<Int, 12>& values) {
  const auto& [underlying, kind, strike, expiry, unit, rounding, volatility, rate, forward, is_expired, price, pot] =
      values;
  return {.kind = static_cast<Kind>(kind),
          .underlying = static_cast<MarketId>(underlying),
          .strike = strike,
          .expiry = expiry,
          .unit = unit,
          .rounding = static_cast<Rounding>(rounding),
          .volatility = volatility,
          .rate = rate,
          .forward = forward,
          .is_expired = is_expired != 0,
          .settlement_price = price,
          .pot = pot};
}

}  // namespace lockstep::mirror
