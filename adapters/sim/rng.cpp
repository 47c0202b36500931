#include "adapters/sim/rng.hpp"

#include <bit>

namespace lockstep::sim {
namespace {

std::uint64_t splitmix(std::uint64_t& x) {
  x += 0x9e3779b97f4a7c15ULL;
  auto z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Rng::Rng(std::uint64_t seed) : seed_(seed) {
  for (auto& word : state_) word = splitmix(seed);
}

Rng Rng::split(std::string_view name, std::uint64_t number) const {
  std::uint64_t mixed = seed_ ^ 0x5851f42d4c957f2dULL;
  for (const char c : name) {
    mixed ^= static_cast<std::uint8_t>(c);
    mixed = splitmix(mixed);
  }
  mixed ^= number * 0xd1342543de82ef95ULL;
  return Rng(splitmix(mixed));
}

std::uint64_t Rng::next() {
  const auto result = std::rotl(state_[1] * 5, 7) * 9;
  const auto t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// Bounds here are tiny against 2^64; the bias of a remainder is far below what any seed could show.
std::uint64_t Rng::below(std::uint64_t bound) { return next() % bound; }

std::uint64_t Rng::between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }

}  // namespace lockstep::sim
