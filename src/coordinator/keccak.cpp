#include "coordinator/keccak.hpp"

#include <array>
#include <bit>

namespace lockstep::coordinator {
namespace {

using Lanes = std::array<std::uint64_t, 25>;  // lane (x, y) at x + 5y, as the Keccak reference numbers them
constexpr std::size_t rate = 136;             // bytes absorbed per permutation: 200 − 2 · 32

/// Round constants from the reference's degree-8 LFSR (x^8 + x^6 + x^5 + x^4 + 1), so that no table can be mistyped.
std::uint64_t round_constant(unsigned& lfsr) {
  std::uint64_t constant = 0;
  for (unsigned j = 0; j < 7; ++j) {
    if (lfsr & 1) constant |= std::uint64_t{1} << ((1U << j) - 1);
    lfsr = (lfsr << 1) ^ ((lfsr & 0x80) ? 0x171U : 0U);
  }
  return constant;
}

void permute(Lanes& a) {
  unsigned lfsr = 1;
  for (int round = 0; round < 24; ++round) {
    std::array<std::uint64_t, 5> c{};
    for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (std::size_t i = 0; i < 25; ++i) a[i] ^= c[(i + 4) % 5] ^ std::rotl(c[(i + 1) % 5], 1);
    // rho and pi: walk (x, y) → (y, 2x + 3y), rotating by the triangular numbers
    std::size_t x = 1, y = 0;
    std::uint64_t moved = a[1];
    for (int t = 0; t < 24; ++t) {
      const std::size_t next = (2 * x + 3 * y) % 5;
      x = y;
      y = next;
      const std::uint64_t kept = a[x + 5 * y];
      a[x + 5 * y] = std::rotl(moved, ((t + 1) * (t + 2) / 2) % 64);
      moved = kept;
    }
    for (std::size_t row = 0; row < 25; row += 5) {
      std::array<std::uint64_t, 5> b{};
      for (std::size_t i = 0; i < 5; ++i) b[i] = a[row + i];
      for (std::size_t i = 0; i < 5; ++i) a[row + i] = b[i] ^ (~b[(i + 1) % 5] & b[(i + 2) % 5]);
    }
    a[0] ^= round_constant(lfsr);
  }
}

}  // namespace

Hash32 keccak(BytesView message) {
  Lanes lanes{};
  std::size_t at = 0;
  const auto absorb = [&](std::uint8_t byte) {
    lanes[at / 8] ^= std::uint64_t{byte} << (8 * (at % 8));
    if (++at == rate) {
      permute(lanes);
      at = 0;
    }
  };
  for (const auto byte : message) absorb(byte);
  lanes[at / 8] ^= std::uint64_t{0x01} << (8 * (at % 8));
  lanes[(rate - 1) / 8] ^= std::uint64_t{0x80} << (8 * ((rate - 1) % 8));
  permute(lanes);
  Hash32 out;
  for (std::size_t i = 0; i < Hash32::size; ++i)
    out.bytes[i] = static_cast<std::uint8_t>(lanes[i / 8] >> (8 * (i % 8)));
  return out;
}

}  // namespace lockstep::coordinator
