#pragma once
// How much of an enumeration is played. CI takes a share that a seed picks; LOCKSTEP_CRASH_PAIRS=all plays everything.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string_view>

namespace lockstep::crash {

inline bool play_all() {
  const char* wanted = std::getenv("LOCKSTEP_CRASH_PAIRS");
  return wanted != nullptr && std::string_view(wanted) == "all";
}

/// LOCKSTEP_CRASH_SEED, or the seed of every CI run.
inline std::uint64_t seed() {
  const char* given = std::getenv("LOCKSTEP_CRASH_SEED");
  return given == nullptr ? 20261120 : std::strtoull(given, nullptr, 10);
}

/// One of `one_in`, by the seed; everything when all is played.
class Sample {
 public:
  explicit Sample(std::uint64_t one_in) : one_in_(play_all() ? 1 : one_in), random_(seed()) {}
  bool take() { return one_in_ == 1 || random_() % one_in_ == 0; }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  std::uint64_t one_in_;
  std::mt19937_64 random_;
};

}  // namespace lockstep::crash
