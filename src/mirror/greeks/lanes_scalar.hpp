#pragma once
// One lane. `Tag` keeps the instances of differently compiled translation units apart: two functions of one name, one
// of them with instructions the CPU lacks, would be merged by the linker.
#include <cstddef>
#include <cstdint>

#ifndef __FP_FAST_FMA
#include "mirror/greeks/soft_fma.hpp"
#endif

namespace lockstep::mirror::greeks {

template <class Tag>
struct ScalarLanes {
  static constexpr std::size_t count = 1;
  using Number = double;
  using Word = std::uint64_t;
  using Mask = bool;

  static Number load(const double* from) { return *from; }
  static void store(double* to, Number value) { *to = value; }
  static Mask load_nonzero(const std::uint8_t* from) { return *from != 0; }
  static unsigned bits(Mask mask) { return mask ? 1 : 0; }  // lane i in bit i

  static Mask less(Number a, Number b) { return a < b; }  // of a NaN: no
  static Mask less_equal(Number a, Number b) { return a <= b; }
  static Mask equal(Number a, Number b) { return a == b; }
  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static Mask differ(Mask a, Mask b) { return a != b; }

  static Number fma(Number a, Number b, Number c) {
#ifdef __FP_FAST_FMA
    return __builtin_fma(a, b, c);
#else
    return soft_fma(a, b, c);
#endif
  }
  static Number sqrt(Number a) { return __builtin_sqrt(a); }
  static Number select(Mask mask, Number yes, Number no) { return mask ? yes : no; }
  static Word word(Number a) { return __builtin_bit_cast(Word, a); }
  static Number number(Word a) { return __builtin_bit_cast(Number, a); }
};

}  // namespace lockstep::mirror::greeks
