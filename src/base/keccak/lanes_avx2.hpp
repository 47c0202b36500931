#pragma once
// Four states. Include only in a translation unit compiled with -mavx2.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace lockstep::keccak {

struct Avx2Lanes {
  static constexpr std::size_t count = 4;
  typedef std::uint64_t Word __attribute__((vector_size(32)));

  static constexpr bool has_ternary = false;  // functions of three words in one instruction

  static Word all(std::uint64_t constant) { return Word{constant, constant, constant, constant}; }
  static Word rotate(Word word, unsigned by) {
    if (by == 0) return word;
    if (by == 8) return by_bytes(word, 0x0605040302010007, 0x0e0d0c0b0a09080f);
    if (by == 56) return by_bytes(word, 0x0007060504030201, 0x080f0e0d0c0b0a09);
    return word << by | word >> (64 - by);
  }
  static Word chi(Word a, Word b, Word c) { return a ^ (~b & c); }

  /// rows[lane][word] at 32 bytes each → words of all lanes.
  static void transpose(const std::uint8_t* const (&rows)[count], std::size_t at, Word (&columns)[count]) {
    const __m256i a = load(rows[0] + at), b = load(rows[1] + at), c = load(rows[2] + at), d = load(rows[3] + at);
    const __m256i ab_even = _mm256_unpacklo_epi64(a, b), ab_odd = _mm256_unpackhi_epi64(a, b);
    const __m256i cd_even = _mm256_unpacklo_epi64(c, d), cd_odd = _mm256_unpackhi_epi64(c, d);
    columns[0] = word(_mm256_permute2x128_si256(ab_even, cd_even, 0x20));
    columns[1] = word(_mm256_permute2x128_si256(ab_odd, cd_odd, 0x20));
    columns[2] = word(_mm256_permute2x128_si256(ab_even, cd_even, 0x31));
    columns[3] = word(_mm256_permute2x128_si256(ab_odd, cd_odd, 0x31));
  }

 private:
  static Word word(__m256i a) { return reinterpret_cast<Word>(a); }
  static __m256i load(const std::uint8_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from)); }
  // One shuffle instead of two shifts and an or.
  static Word by_bytes(Word a, long long low, long long high) {
    return word(_mm256_shuffle_epi8(reinterpret_cast<__m256i>(a), _mm256_setr_epi64x(low, high, low, high)));
  }
};

}  // namespace lockstep::keccak
