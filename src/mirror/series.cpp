#include "mirror/series.hpp"

#include <algorithm>

namespace lockstep::mirror {

Int divide(Checked& math, Int value, Int divisor, Rounding rounding) {
  const Int quotient = value / divisor, rest = value % divisor;
  switch (rounding) {
    case Rounding::up:
      return rest > 0 ? quotient + 1 : quotient;
    case Rounding::toward_zero:
      return quotient;
    case Rounding::bankers:
      break;
  }
  const Int size = rest < 0 ? -rest : rest, other = divisor - size;
  const bool away = size > other || (size == other && quotient % 2 != 0);
  if (!away) return quotient;
  return value < 0 ? math.sub(quotient, Int{1}) : math.add(quotient, Int{1});
}

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

}  // namespace lockstep::mirror
