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
Int divide(Checked& math, Int value, Int divisor, Rounding rounding);

}  // namespace lockstep::mirror
