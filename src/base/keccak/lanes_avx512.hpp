#pragma once
// Eight states. Include only in a translation unit compiled with -mavx512f.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace lockstep::keccak {

struct Avx512Lanes {
  static constexpr std::size_t count = 8;
  typedef std::uint64_t Word __attribute__((vector_size(64)));

  static constexpr bool has_ternary = true;

  static Word all(std::uint64_t constant) { return word(_mm512_set1_epi64(static_cast<long long>(constant))); }
  // Of constants only, once inlined: one instruction.
  static Word rotate(Word word, unsigned by) { return by == 0 ? word : word << by | word >> (64 - by); }
  static Word sum(Word a, Word b, Word c) { return ternary<0x96>(a, b, c); }  // a ^ b ^ c
  static Word chi(Word a, Word b, Word c) { return ternary<0xd2>(a, b, c); }  // a ^ (~b & c)

  /// rows[lane][word] at 64 bytes each → words of all lanes.
  static void transpose(const std::uint8_t* const (&rows)[count], std::size_t at, Word (&columns)[count]) {
    __m512i pair[count], quad[count];
    for (std::size_t i = 0; i < count; i += 2) {
      const __m512i a = _mm512_loadu_si512(rows[i] + at), b = _mm512_loadu_si512(rows[i + 1] + at);
      pair[i] = unpack_low(a, b);
      pair[i + 1] = unpack_high(a, b);
    }
    // 128-bit parts 0 1 2 3 of a and b: first their even ones, then their odd ones.
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t half = 0; half < count; half += 4) {
        quad[half + i] = parts<0x88>(pair[half + i], pair[half + i + 2]);
        quad[half + i + 2] = parts<0xdd>(pair[half + i], pair[half + i + 2]);
      }
    }
    for (std::size_t i = 0; i < 4; ++i) {
      columns[i] = word(parts<0x88>(quad[i], quad[i + 4]));
      columns[i + 4] = word(parts<0xdd>(quad[i], quad[i + 4]));
    }
  }

 private:
  static Word word(__m512i a) { return reinterpret_cast<Word>(a); }
  static __m512i vector(Word a) { return reinterpret_cast<__m512i>(a); }
  template <int function>
  static Word ternary(Word a, Word b, Word c) {
    return word(_mm512_ternarylogic_epi64(vector(a), vector(b), vector(c), function));
  }
  static __m512i unpack_low(__m512i a, __m512i b) { return _mm512_maskz_unpacklo_epi64(0xff, a, b); }
  static __m512i unpack_high(__m512i a, __m512i b) { return _mm512_maskz_unpackhi_epi64(0xff, a, b); }
  template <int selection>
  static __m512i parts(__m512i a, __m512i b) {
    return _mm512_maskz_shuffle_i64x2(0xff, a, b, selection);
  }
};

}  // namespace lockstep::keccak
