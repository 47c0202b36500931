// x86 with AVX-512: eight positions at a time. Compiled with -mavx512f -mfma.
#include "mirror/greeks/lanes_avx512.hpp"
#include "mirror/narrow/kernel.hpp"

namespace lockstep::mirror::narrow {
namespace {

// The masked forms: GCC 12 warns of the undefined operands of the others.
struct Lanes : greeks::Avx512Lanes {
  static Number even(Number x, Number y) { return _mm512_maskz_unpacklo_pd(0xff, x, y); }
  static Number odd(Number x, Number y) { return _mm512_maskz_unpackhi_pd(0xff, x, y); }
  /// Of each half the first two numbers of both, or the last two.
  static Number first(Number x, Number y) {
    return _mm512_permutex2var_pd(x, _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), y);
  }
  static Number last(Number x, Number y) {
    return _mm512_permutex2var_pd(x, _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15), y);
  }

  /// The lower halves of both, or the upper ones.
  static Number lower(Number x, Number y) { return _mm512_maskz_shuffle_f64x2(0xff, x, y, 0x44); }
  static Number upper(Number x, Number y) { return _mm512_maskz_shuffle_f64x2(0xff, x, y, 0xee); }

  /// Rows into columns: of lanes 0 to 3 in one half, of 4 to 7 in the other.
  static Gathered<Avx512Lanes> gather(const Terms* terms, const std::uint32_t* market) {
    const auto row = [&](std::size_t lane) { return _mm512_load_pd(&terms[market[lane]]); };
    const Number a = row(0), b = row(1), c = row(2), d = row(3), e = row(4), f = row(5), g = row(6), h = row(7);
    const Number ae = lower(a, e), bf = lower(b, f), cg = lower(c, g), dh = lower(d, h);
    const Number even_ab = even(ae, bf), odd_ab = odd(ae, bf), even_cd = even(cg, dh), odd_cd = odd(cg, dh);
    const Number fee_ab = even(upper(a, e), upper(b, f)), fee_cd = even(upper(c, g), upper(d, h));
    return {first(even_ab, even_cd), first(odd_ab, odd_cd), last(even_ab, even_cd), last(odd_ab, odd_cd),
            first(fee_ab, fee_cd)};
  }

  /// Columns into rows.
  static void scatter(Worth* to, Word equity, Word initial, Word maintenance, Word closing_fee) {
    const Number e = number(equity), i = number(initial), m = number(maintenance), c = number(closing_fee);
    const Number even_ei = even(e, i), odd_ei = odd(e, i), even_mc = even(m, c), odd_mc = odd(m, c);
    const Number row_04 = first(even_ei, even_mc), row_15 = first(odd_ei, odd_mc);
    const Number row_26 = last(even_ei, even_mc), row_37 = last(odd_ei, odd_mc);
    const auto put = [to](std::size_t at, Number rows) { store(reinterpret_cast<double*>(to + at), rows); };
    put(0, lower(row_04, row_15));
    put(2, lower(row_26, row_37));
    put(4, upper(row_04, row_15));
    put(6, upper(row_26, row_37));
  }
};

}  // namespace

const Kernel avx512_kernel = Valuing<Lanes>::run;

}  // namespace lockstep::mirror::narrow
