// What stands behind positions, and what they ask for.
#include <algorithm>
#include <cstdlib>

#include "base/assert.hpp"
#include "mirror/venue/terms.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::venue {

void Venue::deposit(AccountId account, Int amount) {
  LOCKSTEP_ASSERT(account < accounts_.size() && amount >= 0);
  accounts_[account].collateral += amount;
  deposits_ += amount;
}

void Venue::endow(Int amount) {
  LOCKSTEP_ASSERT(amount >= 0);
  insurance_ += amount;
  deposits_ += amount;
}

void Venue::restore_position(AccountId account, const Position& position) {
  LOCKSTEP_ASSERT(account < accounts_.size() && position.market < markets_.size() && !position.isolated &&
                  position.resting == 0 && position.bid_lots == 0 && position.ask_lots == 0 &&
                  std::abs(position.size) <= most_lots && std::abs(position.funding_index) <= most_price);
  accounts_[account].of(position.market) = position;
  deposits_ += position.quote;
}

void Venue::restore_order(const ladder::Order& order, std::uint32_t id) {
  LOCKSTEP_ASSERT(id < markets_.size() && order.account < accounts_.size() && order.id > markets_[id].last_id);
  Market& market = markets_[id];
  market.last_id = order.id;
  market.book.insert(order);
  Position& position = accounts_[order.account].of(id);
  ++accounts_[order.account].resting;
  ++position.resting;
  if (!order.reduce_only) (order.is_buy ? position.bid_lots : position.ask_lots) += order.lots;
}

void Venue::restore_collateral(AccountId account, Int amount) {
  LOCKSTEP_ASSERT(account < accounts_.size());
  accounts_[account].collateral += amount;
  deposits_ += amount;
}

void Venue::restore_insurance(Int amount) {
  insurance_ += amount;
  deposits_ += amount;
}

Refusal Venue::withdraw(AccountId account, Int amount) {
  if (account >= accounts_.size()) return Refusal::account;
  if (amount <= 0) return Refusal::size;
  if (amount > free_margin(account, cross)) return Refusal::margin;
  accounts_[account].collateral -= amount;
  deposits_ -= amount;
  return Refusal::none;
}

Refusal Venue::set_isolated(AccountId id, std::uint32_t market, bool isolated) {
  if (market >= markets_.size()) return Refusal::market;
  if (id >= accounts_.size()) return Refusal::account;
  Account& account = accounts_[id];
  Position& position = account.of(market);
  if (position.size != 0 || position.resting != 0 || account.own_margin(market) < 0) return Refusal::isolated;
  account.collateral += account.own(market);
  account.own(market) = 0;
  position.isolated = isolated;
  return Refusal::none;
}

Refusal Venue::move_margin(AccountId id, std::uint32_t market, Int amount) {
  if (market >= markets_.size()) return Refusal::market;
  if (id >= accounts_.size()) return Refusal::account;
  Account& account = accounts_[id];
  const Position* position = account.find(market);
  if (position == nullptr || !position->isolated) return Refusal::isolated;
  const Int free = free_margin(id, amount > 0 ? cross : market);
  if ((amount > 0 ? amount : -amount) > free) return Refusal::margin;
  account.collateral -= amount;
  account.own(market) += amount;
  return Refusal::none;
}

Int Venue::free_margin(AccountId account, std::uint32_t scope) const {
  const Margin now = margin(account, scope);
  const Int funds = scope == cross ? accounts_[account].collateral : accounts_[account].own_margin(scope);
  return std::min(funds, now.equity) - now.initial;
}

Int Venue::counted(Int funds) const {
  const std::int64_t haircut = terms_.collateral_haircut_bps;
  if (haircut == 0 || funds <= 0) return funds;
  return funds - (funds / 10'000 * haircut + (funds % 10'000 * haircut + 9'999) / 10'000);
}

Refusal Venue::check_margin(const NewOrder& order, const Market& market, std::uint32_t limit) const {
  const Account& account = accounts_[order.account];
  const Position* position = account.find(order.market);
  const std::uint32_t scope = scope_of(position);
  if (order.reduce_only) {
    const Margin now = margin(order.account, scope);
    return now.equity >= now.maintenance ? Refusal::none : Refusal::margin;
  }
  const Lots held = position == nullptr ? 0 : position->size;
  const Lots resting = position == nullptr ? 0 : order.is_buy ? position->bid_lots : position->ask_lots;
  if ((order.is_buy ? held : -held) + resting + order.lots > most_lots) return Refusal::size;
  const Margin with =
      margin_with(order.account, scope, order.market, order.is_buy ? order.lots : 0, order.is_buy ? 0 : order.lots);
  const std::int64_t price = std::int64_t{limit} * market.terms.tick_value;
  const std::int64_t worse = order.is_buy ? price - market.mark : market.mark - price;
  const std::int64_t fee =
      share_up(order.lots * price, std::max(market.terms.taker_fee_ppm, market.terms.maker_fee_ppm), 1'000'000);
  return with.equity >= with.initial + Int{std::max<std::int64_t>(worse, 0)} * order.lots + fee ? Refusal::none
                                                                                                : Refusal::margin;
}

Venue::Margin Venue::margin(AccountId account, std::uint32_t scope) const {
  return margin_with(account, scope, cross, 0, 0);
}

Venue::Margin Venue::margin_with(AccountId id, std::uint32_t scope, std::uint32_t market, Lots bids, Lots asks) const {
  const Account& account = accounts_[id];
  Margin sum{.equity = counted(scope == cross ? account.collateral : account.own_margin(scope))};
  bool added = bids == 0 && asks == 0;
  account.for_each([&](const Position& p) {
    if (scope_of(&p) != scope) return;
    const Market& at = markets_[p.market];
    const bool here = !added && p.market == market;
    added = added || here;
    const Lots longest = std::abs(p.size + p.bid_lots + (here ? bids : 0));
    const Lots shortest = std::abs(p.size - p.ask_lots - (here ? asks : 0));
    const Margin one = margins_of(at.terms, std::max(longest, shortest) * at.mark, std::abs(p.size) * at.mark);
    sum.equity += p.quote + (p.size * at.mark - owed(p, at.funding_index));
    sum.initial += one.initial;
    sum.maintenance += one.maintenance;
  });
  if (!added) {
    const Market& at = markets_[market];
    sum.initial += margins_of(at.terms, std::max(bids, asks) * at.mark, 0).initial;
  }
  return sum;
}

void Venue::find_liquidatable(std::vector<Below>& out) const {
  out.clear();
  for (AccountId id = 0; id < accounts_.size(); ++id) {
    bool cross_open = false;
    const std::size_t first = out.size();
    const auto look = [&](std::uint32_t scope) {
      const Margin now = margin(id, scope);
      if (now.equity < now.maintenance) out.push_back({id, scope});
    };
    accounts_[id].for_each([&](const Position& p) {
      cross_open = cross_open || (p.size != 0 && !p.isolated);
      if (p.size != 0 && p.isolated) look(p.market);
    });
    std::ranges::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), {}, &Below::scope);
    if (!cross_open) continue;
    look(cross);
    if (out.size() > first && out.back().scope == cross)
      std::rotate(out.begin() + static_cast<std::ptrdiff_t>(first), out.end() - 1, out.end());
  }
}

}  // namespace lockstep::mirror::venue
