#pragma once
// What positions in perpetuals are worth and ask for, many side by side, where bounds prove that doubles hold every
// step exactly: rounded up, as the reference exchange does. Every path gives the same integers.
#include <array>
#include <cstddef>
#include <cstdint>

#include "mirror/instruments.hpp"

namespace lockstep::mirror::narrow {

/// Of a market; integers.
struct alignas(64) Terms {
  double mark = 0, funding_index = 0, initial_bps = 0, maintenance_bps = 0;
  double fee_ppm = 0;    // of closing
  bool is_here = false;  // its bounds fit; else its positions are for others to value
};

/// The largest magnitudes that positions in a market have, and its terms.
struct Bounds {
  Int lots = 0, mark = 0, quote = 0;
  Int funding = 0;                // between any position's index and the market's
  Int most_bps = 0, fee_ppm = 0;  // the larger of both margins'
};
inline constexpr Int most_quote = Int{1} << 55;
inline constexpr Int most_lots = Int{1} << 43;
inline constexpr Int most_exact = Int{1} << 50;  // of mark, notional and funding
inline constexpr Int most_share = Int{1} << 49;  // of a quotient: its estimate is then off by less than a fifth
bool fits(const Bounds& bounds);

/// By position.
struct Columns {
  const std::uint32_t* market = nullptr;  // index into the terms
  const std::int64_t *size = nullptr, *worst = nullptr, *quote = nullptr, *funding_index = nullptr;
};

/// Of a position, or of all an account has.
struct Worth {
  std::int64_t equity = 0;  // quote + size x mark - pending funding
  std::int64_t initial = 0, maintenance = 0, closing_fee = 0;

  Worth& operator+=(const Worth& other) {
    equity += other.equity;
    initial += other.initial;
    maintenance += other.maintenance;
    closing_fee += other.closing_fee;
    return *this;
  }
};

inline constexpr std::size_t block_size = 64;  // of which all stays in the nearest cache
/// Of a position in a market that is not here: anything.
using Block = std::array<Worth, block_size>;

enum class Path : std::uint8_t { portable, avx2, avx512 };
bool runs_here(Path path);
Path best_path();

/// Positions [from, from + count); count <= block_size.
void value(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out);
/// By the given path, for tests. Asserts that it runs here.
void value(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out, Path path);

}  // namespace lockstep::mirror::narrow
