#pragma once
// exp, ln(a / b) and Mills' ratio on lanes. Every operation is a correctly rounded IEEE 754 one in a written order, so
// that all paths and machines agree in every bit. Rounding mode: to nearest; subnormals must not be flushed.
#include <cstddef>
#include <cstdint>

#include "mirror/greeks/polynomials.hpp"

namespace lockstep::mirror::greeks {

template <class Lanes>
struct Elementary {
  using Number = typename Lanes::Number;
  using Word = typename Lanes::Word;

  static constexpr std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
  static constexpr std::uint64_t one_bits = std::uint64_t{1023} << 52;
  static constexpr double to_integer = 0x1.8p52;  // added to |x| < 2^51, leaves round(x) in the lowest bits

  static Number splat(double value) { return Number{} + value; }
  static Number abs(Number a) { return Lanes::number(Lanes::word(a) & ~(std::uint64_t{1} << 63)); }
  static Number larger(Number a, Number b) { return Lanes::select(Lanes::less(a, b), b, a); }
  static Number smaller(Number a, Number b) { return Lanes::select(Lanes::less(b, a), b, a); }

  /// c[0] + c[1] x + …: even and odd powers as two Horner chains.
  template <std::size_t n>
  static Number polynomial(const double (&c)[n], Number x) {
    const Number square = x * x;
    constexpr std::size_t top_even = (n - 1) & ~std::size_t{1}, top_odd = (n - 2) | 1;
    Number even = splat(c[top_even]), odd = splat(c[top_odd]);
    for (std::size_t i = top_even; i >= 2; i -= 2) even = Lanes::fma(even, square, splat(c[i - 2]));
    for (std::size_t i = top_odd; i >= 3; i -= 2) odd = Lanes::fma(odd, square, splat(c[i - 2]));
    return Lanes::fma(odd, x, even);
  }

  /// exp(high + low), |low| below an ulp of high, high <= 700. Exactly 0 for high < -708, where it would be subnormal.
  static Number exp(Number high, Number low) {
    using namespace polynomials;
    const Number bounded = larger(high, splat(-708));
    const Number shifted = Lanes::fma(bounded, splat(log2_e), splat(to_integer));
    const Number n = shifted - to_integer;
    Number r = Lanes::fma(n, splat(-ln2_high), bounded);
    r = Lanes::fma(n, splat(-ln2_low), r) + low;
    const Number rest = Lanes::fma(r * r, polynomial(exp_rest, r), r);
    const Number scale = Lanes::number((Lanes::word(shifted) << 52) + one_bits);
    return Lanes::select(Lanes::less(high, splat(-708)), splat(0), Lanes::fma(scale, rest, scale));
  }

  /// ln(a / b) of positive normal numbers, to full relative accuracy however near they are.
  static Number log_ratio(Number a, Number b) {
    using namespace polynomials;
    const Word wa = Lanes::word(a), wb = Lanes::word(b);
    Number ma = Lanes::number((wa & fraction_mask) | one_bits);
    Number mb = Lanes::number((wb & fraction_mask) | one_bits);
    const Word exponents = (wa >> 52) - (wb >> 52);
    Number e = Lanes::number(exponents + integer_bits) - to_integer;
    const auto a_large = Lanes::less(mb * sqrt_2, ma), b_large = Lanes::less(ma * sqrt_2, mb);
    e = e + Lanes::select(a_large, splat(1), Lanes::select(b_large, splat(-1), splat(0)));
    ma = Lanes::select(b_large, ma + ma, ma);
    mb = Lanes::select(a_large, mb + mb, mb);
    const Number difference = ma - mb, sum = ma + mb;  // the difference is exact
    const Number z = difference / sum;
    const Number w = z * z;
    const Number twice = z + z;
    const Number tail = Lanes::fma(e, splat(ln2_low), twice * (w * polynomial(atanh_rest, w)));
    return Lanes::fma(e, splat(ln2_high), twice + tail);
  }

  /// N(-a) / n(a) for 0 <= a; above 43 finite, but without accuracy.
  static Number mills(Number a) {
    using namespace polynomials;
    const Number v = splat(1) / (a + mills_shift);
    const Number y = Lanes::fma(v, splat(mills_slope), splat(mills_offset));
    return v * polynomial(mills_rest, y);
  }

  /// Bit i of `bits` as byte i, one byte a lane.
  static void store_flags(std::uint8_t* to, unsigned bits) {
    constexpr std::uint64_t apart_by_seven = 0x0000'0408'1020'4081, lowest = 0x0101'0101'0101'0101;
    const std::uint64_t bytes = ((bits & 0x7f) * apart_by_seven & lowest) | std::uint64_t{bits >> 7 & 1} << 56;
    __builtin_memcpy(to, &bytes, Lanes::count);
  }

 private:
  static constexpr std::uint64_t integer_bits = 0x4338000000000000;  // of to_integer
};

}  // namespace lockstep::mirror::greeks
