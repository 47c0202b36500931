#include "mirror/account.hpp"

namespace lockstep::mirror {

Int Account::size_in(MarketId market) const {
  const Position* position = positions.find(market);
  return position == nullptr ? Int{0} : Int{position->size};
}

void move(Checked& math, Account& account, Position& position, Int lots, Int cost, Int index, bool at_once) {
  position.size = add(math, position.size, lots);
  if (at_once)
    account.collateral = math.sub(Int{account.collateral}, cost);
  else
    position.quote = math.sub(position.quote, cost);
  position.funding_index = index;
  if (position.size != 0) return;
  account.collateral = math.add(Int{account.collateral}, position.quote);
  position.quote = 0;
  position.funding_index = 0;
}

}  // namespace lockstep::mirror
