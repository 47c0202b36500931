#include "mirror/holding.hpp"

#include <algorithm>

#include "mirror/pool.hpp"

namespace lockstep::mirror {

std::span<const HoldingId> Boards::of(const Address& owner) const {
  const auto found = by_owner_.find(owner);
  return found == by_owner_.end() ? std::span<const HoldingId>() : found->second;
}

bool Boards::put(HoldingId id, const Holding& holding) {
  Strike& strike = strikes.at(holding.strike);
  if (!all.at(strike.board).is_settled()) {
    const auto before = holdings.find(id);
    const Int was = before == holdings.end() ? 0 : before->second.amount;
    Int& sum = strike.held[static_cast<std::size_t>(holding.type)];
    const Int total = sum - was + holding.amount;  // all within 2^120
    if (total > max_holding_amount) return false;
    sum = total;
  }
  write(id, holding);
  return true;
}

void Boards::write(HoldingId id, const Holding& holding) {
  if (const auto before = holdings.find(id); before != holdings.end()) {
    const auto owner = by_owner_.find(before->second.owner);
    std::erase(owner->second, id);
    if (owner->second.empty()) by_owner_.erase(owner);
  }
  if (holding.amount == 0) {
    holdings.erase(id);
    return;
  }
  holdings.insert_or_assign(id, holding);
  auto& owned = by_owner_[holding.owner];
  owned.insert(std::ranges::lower_bound(owned, id), id);
}

bool Boards::add_up() const {
  std::map<MarketId, std::array<Int, option_types>> sums;
  for (const auto& [id, holding] : holdings) {
    Int& sum = sums[holding.strike][static_cast<std::size_t>(holding.type)];
    sum += holding.amount;
    if (sum > max_holding_amount) return false;
  }
  return std::ranges::all_of(strikes, [&](const auto& one) {
    const auto& held = one.second.held;
    const auto& sum = sums[one.first];
    if (!all.at(one.second.board).is_settled()) return held == sum;
    return std::ranges::equal(sum, held, std::ranges::less_equal{});
  });
}

Int payoff(Checked& math, const Board& board, const Strike& strike, OptionType type, Int amount) {
  const Int above = math.sub(board.settlement_price, strike.price);
  return mul_div(math, amount, std::max<Int>(is_put(type) ? -above : above, 0), board.unit);
}

}  // namespace lockstep::mirror
