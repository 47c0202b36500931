#include "base/keccak256.hpp"

#include <bit>
#include <cstring>

namespace lockstep {
namespace {

constexpr std::size_t rate = 136;  // bytes absorbed per permutation: 1600 bits less twice the output

using State = std::array<std::uint64_t, 25>;  // lane x + 5y

// Iota constants, and rho and pi as one table: destination lane i takes lane source[i], rotated left by rotation[i].
// https://keccak.team/keccak_specs_summary.html
constexpr std::array<std::uint64_t, 24> iota = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
constexpr std::array<std::uint8_t, 25> source = {0,  6,  12, 18, 24, 3,  9,  10, 16, 22, 1,  7, 13,
                                                 19, 20, 4,  5,  11, 17, 23, 2,  8,  14, 15, 21};
constexpr std::array<std::uint8_t, 25> rotation = {0, 44, 43, 21, 14, 28, 20, 3,  45, 61, 1,  6, 25,
                                                   8, 18, 27, 36, 10, 15, 56, 62, 55, 39, 41, 2};

// One round from a to e. Always inlined with constant indices, so that the compiler keeps lanes in registers.
[[gnu::always_inline]] inline void round(const State& a, State& e, std::uint64_t constant) {
  std::array<std::uint64_t, 5> column, parity;
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
  for (std::size_t x = 0; x < 5; ++x) parity[x] = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
#pragma GCC unroll 5
  for (std::size_t row = 0; row < 25; row += 5) {
    std::array<std::uint64_t, 5> b;
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) {
      const std::size_t from = source[row + x];
      b[x] = std::rotl(a[from] ^ parity[from % 5], rotation[row + x]);
    }
#pragma GCC unroll 5
    for (std::size_t x = 0; x < 5; ++x) e[row + x] = b[x] ^ (~b[(x + 1) % 5] & b[(x + 2) % 5]);
  }
  e[0] ^= constant;
}

void permute(State& state) {
  State a = state, e;
  for (std::size_t i = 0; i < iota.size(); i += 2) {
    round(a, e, iota[i]);
    round(e, a, iota[i + 1]);
  }
  state = a;
}

void absorb(State& state, const std::uint8_t* block) {
  static_assert(std::endian::native == std::endian::little, "lanes are little-endian");
  for (std::size_t i = 0; i < rate / 8; ++i) {
    std::uint64_t lane;
    std::memcpy(&lane, block + 8 * i, 8);
    state[i] ^= lane;
  }
  permute(state);
}

}  // namespace

Hash32 keccak256(BytesView message) {
  State state{};
  while (message.size() >= rate) {
    absorb(state, message.data());
    message = message.subspan(rate);
  }
  std::array<std::uint8_t, rate> last{};
  if (!message.empty()) std::memcpy(last.data(), message.data(), message.size());
  last[message.size()] = 0x01;
  last[rate - 1] |= 0x80;
  absorb(state, last.data());
  Hash32 hash;
  std::memcpy(hash.bytes.data(), state.data(), Hash32::size);
  return hash;
}

Hash32 keccak256(std::string_view message) {
  return keccak256(BytesView{reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
}

}  // namespace lockstep
