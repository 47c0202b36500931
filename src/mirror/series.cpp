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

}  // namespace lockstep::mirror
