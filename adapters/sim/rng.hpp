#pragma once
// The simulator's randomness: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. The same seed gives the
// same numbers on every machine. Streams are split by name, so that one more draw in one place moves nothing in
// another.
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed);
  /// An independent stream of the same seed.
  Rng split(std::string_view name, std::uint64_t number = 0) const;

  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound);                        // 0 … bound-1; bound > 0
  std::uint64_t between(std::uint64_t least, std::uint64_t most);  // both included
  bool chance(std::uint32_t per_mille) { return below(1000) < per_mille; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t state_[4];
};

}  // namespace lockstep::sim
