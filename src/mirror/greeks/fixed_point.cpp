#include "mirror/greeks/fixed_point.hpp"

#include <bit>
#include <cstdint>

#include "base/assert.hpp"

namespace lockstep::mirror::greeks {
namespace {

__extension__ typedef unsigned __int128 Wide;

int leading_zeros(Wide value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<std::uint64_t>(value));
}

/// value / 2^by, to nearest, ties to even; `rest` says that something below value was cut off before. 1 <= by <= 127.
Wide shift_rounded(Wide value, int by, bool rest) {
  LOCKSTEP_ASSERT(by >= 1 && by <= 127);
  const Wide half = Wide{1} << (by - 1), cut = value & ((half << 1) - 1);
  const Wide kept = value >> by;
  return cut > half || (cut == half && (rest || (kept & 1) != 0)) ? kept + 1 : kept;
}

/// 2^exponent; |exponent| < 1023.
double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52); }

}  // namespace

double to_real(Int value, Int scale) {
  LOCKSTEP_ASSERT(scale >= 1 && scale <= most_scale);
  if (value == 0) return 0;
  const bool is_negative = value < 0;
  const Wide size = is_negative ? Wide{0} - static_cast<Wide>(value) : static_cast<Wide>(value);
  const int up = leading_zeros(size);
  const Wide dividend = size << up, divisor = static_cast<Wide>(scale);
  const Wide quotient = dividend / divisor;  // at least 2^67, so that 53 bits are to be had
  const int down = 128 - 53 - leading_zeros(quotient);
  const auto fraction =
      static_cast<std::uint64_t>(shift_rounded(quotient, down, dividend % divisor != 0));  // up to 2^53, exact
  const double real = static_cast<double>(fraction) * power_of_two(down - up);
  return is_negative ? -real : real;
}

std::optional<Int> to_fixed(double value, Int scale) {
  LOCKSTEP_ASSERT(scale >= 1 && scale <= most_scale);
  constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int biased = static_cast<int>(bits >> 52 & 0x7ff);
  if (biased == 0x7ff) return std::nullopt;
  const std::uint64_t fraction = biased == 0 ? bits & fraction_mask : (bits & fraction_mask) | (fraction_mask + 1);
  const int exponent = (biased == 0 ? 1 : biased) - 1075;
  Wide size = Wide{fraction} * static_cast<Wide>(scale);  // below 2^113
  if (exponent < -127) {
    size = 0;
  } else if (exponent < 0) {
    size = shift_rounded(size, -exponent, false);
  } else if (size != 0) {
    if (exponent >= leading_zeros(size)) return std::nullopt;
    size <<= exponent;
  }
  return bits >> 63 != 0 ? -static_cast<Int>(size) : static_cast<Int>(size);
}

}  // namespace lockstep::mirror::greeks
