#pragma once
// What an account has: its collateral and its positions.
#include "mirror/positions.hpp"

namespace lockstep::mirror {

struct Account {
  Amount collateral = 0;                      // quote units; below zero after a loss that nothing covered
  [[no_unique_address]] Positions positions;  // none of them empty between two operations
  std::uint32_t resting_orders = 0;

  Int size_in(MarketId market) const;  // 0 if there is no position
};
static_assert(sizeof(Account) == 32);

/// `lots` > 0 bought, < 0 sold, for `cost`, funding being settled up to `index`. A position that becomes flat moves its
/// quote to the collateral; one that changes sign keeps it. What is paid for at once has no quote.
void move(Checked& math, Account& account, Position& position, Int lots, Int cost, Int index, bool at_once);

}  // namespace lockstep::mirror
