#pragma once
// Numbers that look random and are the same on every machine: SplitMix64 (Steele, Lea, Flood 2014), integers only.
#include <cstdint>

namespace lockstep::mirror::replay {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e37'79b9'7f4a'7c15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
    return z ^ z >> 31;
  }
  /// 0 … n - 1; n is below 2^32.
  std::uint64_t below(std::uint64_t n) { return (next() >> 32) * n >> 32; }
  bool chance(std::int64_t ppm) { return static_cast<std::int64_t>(below(1'000'000)) < ppm; }
  /// Near normal: mean 0, deviation bell_unit, within six of them (the sum of twelve uniform numbers).
  std::int64_t bell() {
    std::int64_t sum = -6 * (bell_unit - 1);
    for (int i = 0; i < 3; ++i)
      for (std::uint64_t bits = next(), k = 0; k < 4; ++k, bits >>= 16) sum += static_cast<std::int64_t>(bits & 0xffff);
    return sum;
  }
  static constexpr std::int64_t bell_unit = 65'536;

 private:
  std::uint64_t state_;
};

}  // namespace lockstep::mirror::replay
