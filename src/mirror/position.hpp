#pragma once
// One account's stake in one market, and the account that holds it.
#include <cstdint>
#include <vector>

#include "base/checked.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

struct Position {
  MarketId market = 0;
  Int size = 0;                    // lots, > 0 long
  Int quote = 0;                   // quote units received minus paid for `size`; 0 while flat
  Int funding_index = 0;           // of the market when funding was last settled; 0 while flat
  Int bid_lots = 0, ask_lots = 0;  // resting, without reduce-only orders

  bool operator==(const Position&) const = default;
  bool empty() const { return size == 0 && bid_lots == 0 && ask_lots == 0; }
};

struct Account {
  Int collateral = 0;  // quote units; below zero after a loss that nothing covered
  std::uint32_t resting_orders = 0;
  std::vector<Position> positions;  // ascending by market; none of them empty between two operations

  const Position* find(MarketId market) const;
  Int size_in(MarketId market) const;  // 0 if there is no position
  Position& at(MarketId market);       // added, empty, if there is none
  void drop_empty();
};

/// `lots` > 0 bought, < 0 sold, for `cost`, funding being settled up to `index`. A position that becomes flat moves its
/// quote to the collateral; one that changes sign keeps it. What is paid for at once has no quote.
void move(Checked& math, Account& account, Position& position, Int lots, Int cost, Int index, bool at_once);

/// Lots a reduce-only order of this side may trade.
inline Int reducible(Int size, bool is_buy) {
  if (is_buy) return size < 0 ? -size : 0;
  return size > 0 ? size : 0;
}

}  // namespace lockstep::mirror
