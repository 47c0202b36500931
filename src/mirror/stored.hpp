#pragma once
// Numbers as they are kept where there are millions of them: the same values in fewer bytes. Arithmetic is on Int.
#include <concepts>
#include <cstdint>

#include "mirror/value.hpp"

namespace lockstep::mirror {

/// A number of lots: within max_lots, so in half the bytes of an Int, and no Int becomes one unchecked.
class Lots {
 public:
  template <std::signed_integral Small>
  constexpr Lots(Small value) : value_(value) {}
  constexpr operator Int() const { return value_; }

 private:
  std::int64_t value_;
};

/// Any Int, aligned to 8 bytes where an Int is to 16.
class Amount {
 public:
  constexpr Amount(Int value)
      : low_(static_cast<std::uint64_t>(value)), high_(static_cast<std::int64_t>(value >> 64)) {}
  constexpr operator Int() const { return static_cast<Int>(high_) << 64 | low_; }

 private:
  std::uint64_t low_;
  std::int64_t high_;
};

}  // namespace lockstep::mirror
