// x86 with AVX2 and FMA: four positions at a time. Compiled with -mavx2 -mfma.
#include "mirror/greeks/lanes_avx2.hpp"
#include "mirror/narrow/kernel.hpp"

namespace lockstep::mirror::narrow {
namespace {

struct Lanes : greeks::Avx2Lanes {
  static Number even(Number x, Number y) { return _mm256_unpacklo_pd(x, y); }
  static Number odd(Number x, Number y) { return _mm256_unpackhi_pd(x, y); }
  static Number lower(Number x, Number y) { return _mm256_permute2f128_pd(x, y, 0x20); }
  static Number upper(Number x, Number y) { return _mm256_permute2f128_pd(x, y, 0x31); }

  /// Rows of four numbers into columns.
  static Gathered<Avx2Lanes> gather(const Terms* terms, const std::uint32_t* market) {
    const Terms &a = terms[market[0]], &b = terms[market[1]], &c = terms[market[2]], &d = terms[market[3]];
    const Number row_a = load(&a.mark), row_b = load(&b.mark), row_c = load(&c.mark), row_d = load(&d.mark);
    const Number even_ab = even(row_a, row_b), odd_ab = odd(row_a, row_b);
    const Number even_cd = even(row_c, row_d), odd_cd = odd(row_c, row_d);
    return {lower(even_ab, even_cd), lower(odd_ab, odd_cd), upper(even_ab, even_cd), upper(odd_ab, odd_cd),
            _mm256_setr_pd(a.fee_ppm, b.fee_ppm, c.fee_ppm, d.fee_ppm)};
  }

  /// Columns into rows.
  static void scatter(Worth* to, Word equity, Word initial, Word maintenance, Word closing_fee) {
    const Number e = number(equity), i = number(initial), m = number(maintenance), c = number(closing_fee);
    const Number even_ei = even(e, i), odd_ei = odd(e, i), even_mc = even(m, c), odd_mc = odd(m, c);
    const auto put = [to](std::size_t at, Number row) { store(reinterpret_cast<double*>(to + at), row); };
    put(0, lower(even_ei, even_mc));
    put(1, lower(odd_ei, odd_mc));
    put(2, upper(even_ei, even_mc));
    put(3, upper(odd_ei, odd_mc));
  }
};

}  // namespace

const Kernel avx2_kernel = Valuing<Lanes>::run;

}  // namespace lockstep::mirror::narrow
