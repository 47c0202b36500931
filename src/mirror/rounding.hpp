#pragma once
// How a quotient becomes an integer, chosen per field to equal the contract's.
#include <cstdint>

#include "base/checked.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

enum class Rounding : std::uint8_t {
  up,  // towards +infinity of what the account owes
  toward_zero,
  bankers,  // to nearest, halves to even
};

/// value / divisor, rounded; the divisor is positive.
inline Int divide(Checked& math, Int value, Int divisor, Rounding rounding) {
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

}  // namespace lockstep::mirror
