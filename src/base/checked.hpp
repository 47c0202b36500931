#pragma once
// Integer arithmetic that refuses to wrap. Pure code cannot throw, so an overflow sets a sticky flag that the caller
// reads once, after the whole expression: a value computed under a set flag means nothing.
#include <type_traits>

namespace lockstep {

/// Division rounded towards +infinity; the divisor is positive.
template <class T>
constexpr T ceil_div(T value, T divisor) {
  const T quotient = value / divisor;
  return value % divisor > 0 ? quotient + 1 : quotient;
}

class Checked {
 public:
  template <class T>
  constexpr T add(T a, T b) {
    T out{};
    if (__builtin_add_overflow(a, b, &out)) overflow_ = true;
    return out;
  }
  template <class T>
  constexpr T sub(T a, T b) {
    T out{};
    if (__builtin_sub_overflow(a, b, &out)) overflow_ = true;
    return out;
  }
  template <class T>
  constexpr T mul(T a, T b) {
    T out{};
    if (__builtin_mul_overflow(a, b, &out)) overflow_ = true;
    return out;
  }
  template <class T>
  constexpr T abs(T a) {
    return a < 0 ? sub(T{0}, a) : a;
  }
  /// The same value in fewer bits.
  template <class Narrow, class T>
  constexpr Narrow narrow(T value) {
    const auto out = static_cast<Narrow>(value);
    if (static_cast<T>(out) != value) overflow_ = true;
    return out;
  }
  constexpr bool overflow() const { return overflow_; }

 private:
  bool overflow_ = false;
};

}  // namespace lockstep
