#include "mirror/position.hpp"

#include <algorithm>

namespace lockstep::mirror {
namespace {

bool before(const Position& position, MarketId market) { return position.market < market; }

}  // namespace

const Position* Account::find(MarketId market) const {
  const auto at = std::lower_bound(positions.begin(), positions.end(), market, before);
  return at != positions.end() && at->market == market ? &*at : nullptr;
}

Int Account::size_in(MarketId market) const {
  const Position* position = find(market);
  return position == nullptr ? 0 : position->size;
}

Position& Account::at(MarketId market) {
  const auto at = std::lower_bound(positions.begin(), positions.end(), market, before);
  if (at != positions.end() && at->market == market) return *at;
  return *positions.insert(at, Position{.market = market});
}

void Account::drop_empty() {
  std::erase_if(positions, [](const Position& position) { return position.empty(); });
}

void move(Checked& math, Account& account, Position& position, Int lots, Int cost, Int index, bool at_once) {
  position.size = math.add(position.size, lots);
  Int& paid = at_once ? account.collateral : position.quote;
  paid = math.sub(paid, cost);
  position.funding_index = index;
  if (position.size != 0) return;
  account.collateral = math.add(account.collateral, position.quote);
  position.quote = 0;
  position.funding_index = 0;
}

}  // namespace lockstep::mirror
