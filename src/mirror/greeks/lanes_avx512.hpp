#pragma once
// Eight lanes. Include only in a translation unit compiled with -mavx512f.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace lockstep::mirror::greeks {

struct Avx512Lanes {
  static constexpr std::size_t count = 8;
  using Number = __m512d;
  typedef std::uint64_t Word __attribute__((vector_size(64)));
  using Mask = __mmask8;

  static Number load(const double* from) { return _mm512_loadu_pd(from); }
  static void store(double* to, Number value) { _mm512_storeu_pd(to, value); }
  static Mask load_nonzero(const std::uint8_t* from) {
    std::int64_t bytes = 0;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    const int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_cvtsi64_si128(bytes), _mm_setzero_si128()));
    return static_cast<Mask>(~zeros);
  }
  static unsigned bits(Mask mask) { return mask; }  // lane i in bit i

  static Mask less(Number a, Number b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }  // of a NaN: no
  static Mask less_equal(Number a, Number b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
  static Mask equal(Number a, Number b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static Mask differ(Mask a, Mask b) { return a ^ b; }

  static Number fma(Number a, Number b, Number c) { return _mm512_fmadd_pd(a, b, c); }
  // Not _mm512_sqrt_pd: GCC 12 warns of its undefined pass-through operand.
  static Number sqrt(Number a) { return _mm512_maskz_sqrt_pd(0xff, a); }
  static Number select(Mask mask, Number yes, Number no) { return _mm512_mask_blend_pd(mask, no, yes); }
  static Word word(Number a) { return __builtin_bit_cast(Word, a); }
  static Number number(Word a) { return __builtin_bit_cast(Number, a); }
};

}  // namespace lockstep::mirror::greeks
