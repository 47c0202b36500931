#pragma once
// One account's stake in one market.
#include <array>
#include <cstdint>

#include "base/checked.hpp"
#include "mirror/stored.hpp"

namespace lockstep::mirror {

/// Most bytes of a large state are positions.
struct Position {
  MarketId market = 0;
  Lots size = 0;                    // > 0 long
  Int quote = 0;                    // quote units received minus paid for `size`; 0 while flat
  Int funding_index = 0;            // of the market when funding was last settled; 0 while flat
  Lots bid_lots = 0, ask_lots = 0;  // resting, without reduce-only orders

  bool operator==(const Position&) const = default;
  /// In the order of the fields of Table::position.
  std::array<Int, 5> values() const { return {size, quote, funding_index, bid_lots, ask_lots}; }
  bool empty() const { return size == 0 && bid_lots == 0 && ask_lots == 0; }
};

/// A sum of lots. What does not fit is an overflow.
inline Lots add(Checked& math, Lots lots, Int more) { return math.narrow<std::int64_t>(math.add(Int{lots}, more)); }

static_assert(sizeof(Position) == 64);

/// Lots a reduce-only order of this side may trade.
inline Int reducible(Int size, bool is_buy) {
  if (is_buy) return size < 0 ? -size : 0;
  return size > 0 ? size : 0;
}

}  // namespace lockstep::mirror
