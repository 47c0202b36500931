#pragma once
// Four lanes. Include only in a translation unit compiled with -mavx2 -mfma.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace lockstep::mirror::greeks {

struct Avx2Lanes {
  static constexpr std::size_t count = 4;
  using Number = __m256d;
  typedef std::uint64_t Word __attribute__((vector_size(32)));
  using Mask = __m256d;  // all bits or none of a lane

  static Number load(const double* from) { return _mm256_loadu_pd(from); }
  static void store(double* to, Number value) { _mm256_storeu_pd(to, value); }
  static Mask load_nonzero(const std::uint8_t* from) {
    std::int32_t bytes = 0;
    __builtin_memcpy(&bytes, from, sizeof bytes);
    const __m256i wide = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(bytes));
    return _mm256_castsi256_pd(_mm256_cmpgt_epi64(wide, _mm256_setzero_si256()));
  }
  static unsigned bits(Mask mask) { return static_cast<unsigned>(_mm256_movemask_pd(mask)); }  // lane i in bit i

  static Mask less(Number a, Number b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }  // of a NaN: no
  static Mask less_equal(Number a, Number b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
  static Mask equal(Number a, Number b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
  static Mask both(Mask a, Mask b) { return _mm256_and_pd(a, b); }
  static Mask either(Mask a, Mask b) { return _mm256_or_pd(a, b); }
  static Mask differ(Mask a, Mask b) { return _mm256_xor_pd(a, b); }

  static Number fma(Number a, Number b, Number c) { return _mm256_fmadd_pd(a, b, c); }
  static Number sqrt(Number a) { return _mm256_sqrt_pd(a); }
  static Number select(Mask mask, Number yes, Number no) { return _mm256_blendv_pd(no, yes, mask); }
  static Word word(Number a) { return __builtin_bit_cast(Word, a); }
  static Number number(Word a) { return __builtin_bit_cast(Number, a); }
};

}  // namespace lockstep::mirror::greeks
