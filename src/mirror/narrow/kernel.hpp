#pragma once
// One source for every instruction set. All numbers are integers in doubles: additions and products are exact by
// fits(), and a product that is then divided is kept in two doubles, what it was rounded to and what that left out
// (error-free transformation: Dekker 1971; with a fused multiply-add, Ogita, Rump and Oishi 2005).
#include <cstring>

#include "mirror/narrow/paths.hpp"

namespace lockstep::mirror::narrow {

/// The terms of as many markets as there are lanes.
template <class Lanes>
struct Gathered {
  typename Lanes::Number mark, funding_index, initial_bps, maintenance_bps, fee_ppm;
};

template <class Lanes>
class Valuing {
  using Number = typename Lanes::Number;
  using Word = typename Lanes::Word;

 public:
  static std::size_t run(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out) {
    std::size_t at = 0;
    for (; at + Lanes::count <= count; at += Lanes::count) some(terms, in, from + at, out, at);
    return at;
  }

 private:
  // An integer below 2^51 in magnitude, added to this, is the low bits of the sum.
  static constexpr double shift = 0x1.8p52;
  static constexpr auto shift_bits = __builtin_bit_cast(std::uint64_t, shift);

  static Number splat(double value) { return Number{} + value; }
  static Word splat_word(std::uint64_t value) { return Word{} + value; }
  static Word load(const std::int64_t* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  static Number number(Word integer) { return Lanes::number(integer + shift_bits) - shift; }
  static Word integer(Number number) { return Lanes::word(number + shift) - shift_bits; }
  static Number magnitude(Number a) { return Lanes::number(Lanes::word(a) & splat_word(~(std::uint64_t{1} << 63))); }

  /// The least integer that is not below a x b / divisor.
  static Word share_up(Number a, Number b, double divisor) {
    const Number product = a * b, rest = Lanes::fma(a, b, -product);
    const Number shifted = Lanes::fma(product, splat(1 / divisor), splat(shift));  // the nearest quotient, or beside it
    const Number quotient = shifted - shift;
    const Number left = Lanes::fma(-quotient, splat(divisor), product) + rest;  // less than a divisor, either way
    const Word up = Lanes::word(Lanes::select(Lanes::less(splat(0), left), Lanes::number(splat_word(1 - shift_bits)),
                                              Lanes::number(splat_word(0 - shift_bits))));
    return Lanes::word(shifted) + up;
  }

  [[gnu::always_inline]] static void some(const Terms* terms, const Columns& in, std::size_t from, Block& out,
                                          std::size_t at) {
    const auto market = Lanes::gather(terms, in.market + from);
    const Number size = number(load(in.size + from)), worst = number(load(in.worst + from));
    const Number moved = market.funding_index - number(load(in.funding_index + from));
    const Number worth = size * market.mark, notional = magnitude(worth);
    const Word funding = share_up(size, moved, static_cast<double>(funding_scale));
    Lanes::scatter(&out[at], load(in.quote + from) + integer(worth) - funding,
                   share_up(worst * market.mark, market.initial_bps, static_cast<double>(bps_scale)),
                   share_up(notional, market.maintenance_bps, static_cast<double>(bps_scale)),
                   share_up(notional, market.fee_ppm, static_cast<double>(ppm_scale)));
  }
};

}  // namespace lockstep::mirror::narrow
