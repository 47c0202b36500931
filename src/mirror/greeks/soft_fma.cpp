#include "mirror/greeks/soft_fma.hpp"

#include <bit>

namespace lockstep::mirror::greeks {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
constexpr int least_exponent = -1074;  // of the unit of a subnormal

/// magnitude * 2^exponent, 2^52 <= magnitude < 2^53 unless it is 0.
struct Unpacked {
  std::uint64_t magnitude;
  int exponent;
  bool negative;
};

Unpacked unpack(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto biased = static_cast<int>(bits >> 52 & 0x7ff);
  Unpacked out{bits & fraction_mask, least_exponent, bits >> 63 != 0};
  if (biased != 0) {
    out.magnitude |= fraction_mask + 1;
    out.exponent = biased - 1 + least_exponent;
  } else if (out.magnitude != 0) {
    const int shift = std::countl_zero(out.magnitude) - 11;
    out.magnitude <<= shift;
    out.exponent -= shift;
  }
  return out;
}

int width(Wide value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<std::uint64_t>(value));
}

/// Shifts right; what falls off leaves a one behind, so that a later rounding sees it.
Wide shift_sticky(Wide value, int by) {
  if (by <= 0) return value;
  if (by >= 128) return value != 0 ? 1 : 0;
  const bool lost = (value & ((Wide{1} << by) - 1)) != 0;
  return value >> by | (lost ? 1 : 0);
}

/// magnitude * 2^exponent, rounded to nearest even; a sticky lowest bit is allowed below the rounding position.
double pack(bool negative, Wide magnitude, int exponent) {
  const std::uint64_t sign = negative ? std::uint64_t{1} << 63 : 0;
  if (magnitude == 0) return std::bit_cast<double>(sign);
  int drop = width(magnitude) - 53;
  if (exponent + drop < least_exponent) drop = least_exponent - exponent;
  std::uint64_t kept = 0;
  if (drop <= 0) {
    kept = static_cast<std::uint64_t>(magnitude << -drop);
  } else {
    const Wide with_guards = shift_sticky(magnitude << 1, drop - 1);  // two bits below the kept ones, the last sticky
    kept = static_cast<std::uint64_t>(with_guards >> 2);
    const auto guards = static_cast<unsigned>(with_guards & 3);
    if (guards > 2 || (guards == 2 && (kept & 1) != 0)) ++kept;
  }
  exponent += drop;
  if (kept >> 53 != 0) {
    kept >>= 1;
    ++exponent;
  }
  if (kept >> 52 == 0) return std::bit_cast<double>(sign | kept);  // subnormal: its unit is 2^-1074
  const int biased = exponent - least_exponent + 1;
  if (biased >= 0x7ff) return std::bit_cast<double>(sign | std::uint64_t{0x7ff} << 52);
  return std::bit_cast<double>(sign | static_cast<std::uint64_t>(biased) << 52 | (kept & fraction_mask));
}

bool finite(double value) { return (std::bit_cast<std::uint64_t>(value) >> 52 & 0x7ff) != 0x7ff; }

}  // namespace

double soft_fma(double a, double b, double c) {
  // Then no rounding of a product matters, or there is none: a product of finite numbers is exact beside an infinity.
  if (!finite(a) || !finite(b)) return a * b + c;
  if (!finite(c)) return c;
  if (a == 0 || b == 0) return a * b + c;
  const Unpacked x = unpack(a), y = unpack(b), z = unpack(c);
  Wide product = Wide{x.magnitude} * y.magnitude;  // 105 or 106 bits
  int exponent = x.exponent + y.exponent;
  const bool negative = x.negative != y.negative;
  if (z.magnitude == 0) return pack(negative, product, exponent);
  // Both with their highest bit near 2^124, so that a sum fits and at least 18 bits below a double's remain.
  product <<= 18;
  exponent -= 18;
  Wide addend = Wide{z.magnitude} << 71;
  const int addend_exponent = z.exponent - 71;
  const int apart = exponent - addend_exponent;
  if (apart >= 0) {
    addend = shift_sticky(addend, apart);
  } else {
    product = shift_sticky(product, -apart);
    exponent = addend_exponent;
  }
  if (negative == z.negative) return pack(negative, product + addend, exponent);
  if (product == addend) return 0.0;
  return product > addend ? pack(negative, product - addend, exponent) : pack(z.negative, addend - product, exponent);
}

}  // namespace lockstep::mirror::greeks
