#pragma once
// One state, each row of five words in a register of eight. Include only in a translation unit compiled with -mavx512f.
//
// Pi moves word x of row y to row 2x + 3y, column y. So the words that come from one row end up in one column: each
// register permuted by itself is a column of the new state, chi combines registers word by word, and only then the
// columns are made rows again.
#include <immintrin.h>

#include "base/keccak/sponge.hpp"

namespace lockstep::keccak {

class RowsAvx512 {
 public:
  static void run(Message message, std::uint8_t* digest, FirstRound first) {
    RowsAvx512 state;
    std::uint8_t last[rate];
    for (; message.size >= rate; message.data += rate, message.size -= rate) state.absorb(message.data, first);
    Sponge<RowsAvx512>::pad(message, last);
    state.absorb(last, first);
    _mm512_mask_storeu_epi64(digest, 0x0f, state.rows_[0]);
  }

 private:
  using Register = __m512i;
  static constexpr std::size_t size = 5;       // rows, and words of a row
  static constexpr __mmask8 row_words = 0x1f;  // of a register that holds a row
  static_assert(rate_words == 3 * size + 2, "the last two words of a block are the first two of row 3");

  [[gnu::always_inline]] static inline Register words(long long a, long long b, long long c, long long d, long long e) {
    return _mm512_setr_epi64(a, b, c, d, e, 0, 0, 0);
  }
  [[gnu::always_inline]] static inline Register sum(Register a, Register b, Register c) {
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);  // a ^ b ^ c
  }
  [[gnu::always_inline]] static inline Register chi(Register a, Register b, Register c) {
    return _mm512_ternarylogic_epi64(a, b, c, 0xd2);  // a ^ (~b & c)
  }
  [[gnu::always_inline]] static inline Register pick(Register from, Register which) {
    return _mm512_maskz_permutexvar_epi64(0xff, which, from);
  }
  [[gnu::always_inline]] static inline Register low(Register a, Register b) {
    return _mm512_maskz_unpacklo_epi64(0xff, a, b);
  }
  [[gnu::always_inline]] static inline Register high(Register a, Register b) {
    return _mm512_maskz_unpackhi_epi64(0xff, a, b);
  }

  /// Column `x` of the state after pi, and theta and rho before it, from row x of the one before.
  [[gnu::always_inline]] inline Register column(std::size_t x, Register before, Register after) const {
    const Register turned = _mm512_maskz_rolv_epi64(0xff, sum(rows_[x], before, after), rotations(x));
    const auto at = [x](std::size_t y) { return static_cast<long long>((x + 3 * y) % size); };
    // Words 1, 0 and 2 once more, where round() wants them of the last column.
    return pick(turned, _mm512_setr_epi64(at(0), at(1), at(2), at(3), at(4), at(1), at(0), at(2)));
  }
  /// Of the words of row `y`, before pi.
  [[gnu::always_inline]] static inline Register rotations(std::size_t y) {
    constexpr long long by[size][size] = {
        {0, 1, 62, 28, 27}, {36, 44, 6, 55, 20}, {3, 10, 43, 25, 39}, {41, 45, 15, 21, 8}, {18, 2, 61, 56, 14}};
    return words(by[y][0], by[y][1], by[y][2], by[y][3], by[y][4]);
  }

  /// Two words each of a and b, from word `at` on, and the fifth from `place` of b.
  [[gnu::always_inline]] static inline Register row(Register a, Register b, long long at, long long place) {
    return _mm512_maskz_permutex2var_epi64(0xff, a, words(at, at + 1, at + 8, at + 9, place), b);
  }

  [[gnu::always_inline]] inline void round(const std::uint64_t* constant) {
    const Register parity = sum(sum(rows_[0], rows_[1], rows_[2]), rows_[3], rows_[4]);
    const Register before = pick(parity, words(4, 0, 1, 2, 3));
    const Register after = pick(_mm512_maskz_rol_epi64(0xff, parity, 1), words(1, 2, 3, 4, 0));
    Register b[size], e[size];
#pragma GCC unroll 5
    for (std::size_t x = 0; x < size; ++x) b[x] = column(x, before, after);
    e[4] = chi(b[4], b[0], b[1]);
    const Register rest =
        pick(e[4], _mm512_setr_epi64(0, 0, 0, 0, 0, 0, 4, 3));  // its words that column() did not place
#pragma GCC unroll 4
    for (std::size_t x = 0; x < 4; ++x) e[x] = chi(b[x], b[(x + 1) % size], b[(x + 2) % size]);
    // Pairs of columns 0 and 1, 2 and 3, of even and odd rows; the last column's words go where a pair leaves room.
    const Register even0 = _mm512_mask_blend_epi64(0x40, low(e[0], e[1]), rest);
    const Register odd0 = _mm512_mask_blend_epi64(0x80, high(e[0], e[1]), rest);
    const Register even1 = _mm512_mask_blend_epi64(0xc0, low(e[2], e[3]), e[4]);
    const Register odd1 = _mm512_mask_blend_epi64(0x20, high(e[2], e[3]), e[4]);
    rows_[0] = row(even0, even1, 0, 14);
    rows_[1] = row(odd0, odd1, 0, 13);
    rows_[2] = row(even0, even1, 2, 15);
    rows_[3] = row(odd0, odd1, 2, 7);
    rows_[4] = row(even0, even1, 4, 6);
    rows_[0] = _mm512_xor_si512(rows_[0], _mm512_maskz_loadu_epi64(0x01, constant));
  }

  [[gnu::always_inline]] inline void absorb(const std::uint8_t* block, FirstRound first) {
#pragma GCC unroll 4
    for (std::size_t y = 0; y < 4; ++y)
      rows_[y] = _mm512_xor_si512(rows_[y],
                                  _mm512_maskz_loadu_epi64(y < 3 ? row_words : __mmask8{0x03}, block + 8 * size * y));
    for (std::size_t i = first; i < rounds; ++i) round(&iota[i]);
  }

  Register rows_[size] = {};
};

}  // namespace lockstep::keccak
