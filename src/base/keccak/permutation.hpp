#pragma once
// Keccak-p[1600] with the last rounds of Keccak-f[1600], or all of them, on lanes of any width: one state, or as many
// side by side as a vector has words. https://keccak.team/keccak_specs_summary.html
//
// Translation units with different instruction sets include this, so everything is a template of `Lanes`, which each of
// them names for itself: two functions of one name, one of them with instructions the CPU lacks, would be merged by the
// linker. For the same reason nothing of the standard library is called.
#include <cstddef>
#include <cstdint>

namespace lockstep::keccak {

inline constexpr std::size_t words = 25, rounds = 24;

inline constexpr std::uint64_t iota[rounds] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// rho and pi as one table: word i (x + 5y) takes word source[i], rotated left by rotation[i].
inline constexpr std::uint8_t source[words] = {0,  6,  12, 18, 24, 3,  9,  10, 16, 22, 1,  7, 13,
                                               19, 20, 4,  5,  11, 17, 23, 2,  8,  14, 15, 21};
inline constexpr std::uint8_t rotation[words] = {0, 44, 43, 21, 14, 28, 20, 3,  45, 61, 1,  6, 25,
                                                 8, 18, 27, 36, 10, 15, 56, 62, 55, 39, 41, 2};

/// Where a word lies after so many rounds of the permutation in place: (x, y) at (x, x + 2y), so that the five words of
/// a row overwrite those they were made of, and after four rounds all are home. "Keccak implementation overview", 2.5.
constexpr std::size_t place(std::size_t word, std::size_t round) {
  const std::size_t x = word % 5;
  std::size_t y = word / 5;
  for (std::size_t i = 0; i < round % 4; ++i) y = (x + 2 * y) % 5;
  return x + 5 * y;
}

/// For 32 registers: 25 words, five sums of columns and two more, so that nothing has to be put down in memory.
template <class Lanes>
struct PermutationInPlace {
  using Word = typename Lanes::Word;

  template <std::size_t step>
  [[gnu::always_inline]] static inline void round(Word (&a)[words], std::uint64_t constant) {
    Word column[5], theta[5];
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x)
      column[x] = Lanes::sum(Lanes::sum(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) theta[x] = column[(x + 4) % 5] ^ Lanes::rotate(column[(x + 1) % 5], 1);
#pragma GCC unroll 5
    for (std::size_t row = 0; row < words; row += 5) {
      Word b[5];
#pragma GCC unroll 5
      for (std::size_t x = 0; x < 5; ++x)
        b[x] = Lanes::rotate(a[place(source[row + x], step)] ^ theta[source[row + x] % 5], rotation[row + x]);
#pragma GCC unroll 5
      for (std::size_t x = 0; x < 5; ++x)
        a[place(row + x, step + 1)] = Lanes::chi(b[x], b[(x + 1) % 5], b[(x + 2) % 5]);
    }
    a[0] ^= Lanes::all(constant);
  }

  [[gnu::always_inline]] static inline void run(Word (&state)[words], std::size_t first) {
    Word a[words];
#pragma GCC unroll 25
    for (std::size_t i = 0; i < words; ++i) a[i] = state[i];
    for (std::size_t i = first; i < rounds; i += 4) {
      round<0>(a, iota[i]);
      round<1>(a, iota[i + 1]);
      round<2>(a, iota[i + 2]);
      round<3>(a, iota[i + 3]);
    }
#pragma GCC unroll 25
    for (std::size_t i = 0; i < words; ++i) state[i] = a[i];
  }
};

template <class Lanes>
struct Permutation {
  using Word = typename Lanes::Word;

  /// Adds a row to the parities of the columns while its words are at hand: each, or two rows at a time.
  [[gnu::always_inline]] static inline void add_row(const Word (&a)[words], std::size_t row, Word (&column)[5]) {
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) {
      const Word* const word = &a[row + x];
      if (row == 0) column[x] = *word;
      if constexpr (Lanes::has_ternary) {
        if (row == 10 || row == 20) column[x] = Lanes::sum(column[x], word[-5], word[0]);
      } else {
        if (row > 0) column[x] ^= *word;
      }
    }
  }

  /// One round from a to e. Takes the parities of a's columns and leaves those of e's. Indices are constants once the
  /// loops are unrolled, so that words live in registers.
  [[gnu::always_inline]] static inline void round(const Word (&a)[words], Word (&e)[words], Word (&column)[5],
                                                  std::uint64_t constant) {
    Word before[5], after[5], parity[5];  // of each word's column: its neighbours, and their sum
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) {
      before[x] = column[(x + 4) % 5];
      after[x] = Lanes::rotate(column[(x + 1) % 5], 1);
      parity[x] = before[x] ^ after[x];
    }
#pragma GCC unroll 5
    for (std::size_t row = 0; row < words; row += 5) {
      Word b[5];
#pragma GCC unroll 5
      for (std::size_t x = 0; x < 5; ++x) {
        const std::size_t from = source[row + x], home = from % 5;
        Word word;
        if constexpr (Lanes::has_ternary) {
          word = Lanes::sum(a[from], before[home], after[home]);
        } else {
          word = a[from] ^ parity[home];
        }
        b[x] = Lanes::rotate(word, rotation[row + x]);
      }
#pragma GCC unroll 5
      for (std::size_t x = 0; x < 5; ++x) e[row + x] = Lanes::chi(b[x], b[(x + 1) % 5], b[(x + 2) % 5]);
      if (row == 0) e[0] ^= Lanes::all(constant);
      add_row(e, row, column);
    }
  }

  [[gnu::always_inline]] static inline void run(Word (&state)[words], std::size_t first) {
    Word a[words], e[words], column[5];
#pragma GCC unroll 25
    for (std::size_t i = 0; i < words; ++i) a[i] = state[i];
#pragma GCC unroll 5
    for (std::size_t row = 0; row < words; row += 5) add_row(a, row, column);
    for (std::size_t i = first; i < rounds; i += 2) {
      round(a, e, column, iota[i]);
      round(e, a, column, iota[i + 1]);
    }
#pragma GCC unroll 25
    for (std::size_t i = 0; i < words; ++i) state[i] = a[i];
  }
};

}  // namespace lockstep::keccak
