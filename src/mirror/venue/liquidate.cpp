// A scope below its maintenance margin is taken apart; liquidation.hpp says how.
#include <algorithm>
#include <cstdlib>

#include "base/assert.hpp"
#include "mirror/venue/terms.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::venue {

struct Venue::Closing {
  AccountId account = 0;
  std::uint32_t scope = cross;
  Int budget = 0;  // of the fund, still unused
  Liquidation done;
};

/// A position, or the part of it that is to be closed.
struct Venue::Target {
  std::uint32_t market = 0;
  bool is_long = false;
  Lots left = 0;
  std::int64_t price = 0;  // bankruptcy
};

std::expected<Liquidation, Refusal> Venue::liquidate(AccountId id, std::uint32_t scope) {
  events_.clear();
  deleveraged_.clear();
  if (id >= accounts_.size()) return std::unexpected(Refusal::account);
  Account& account = accounts_[id];
  if (scope != cross && scope_of(account.find(scope)) != scope) return std::unexpected(Refusal::isolated);
  if (const Margin now = margin(id, scope); now.equity >= now.maintenance) return std::unexpected(Refusal::healthy);
  cancel_all(id, scope);
  Closing closing{.account = id, .scope = scope, .budget = 0, .done = {}};
  const Int fund = std::max<Int>(insurance_, 0), share = terms_.liquidation.fund_bps;
  closing.budget = fund / 10'000 * share + fund % 10'000 * share / 10'000;
  Int& funds = scope == cross ? account.collateral : account.own(scope);
  if (const Int worth = equity(id, scope); worth < 0) pay_from_fund(closing, funds, -worth);

  std::uint32_t market = next_open(id, scope, 0);
  for (; market != cross; market = next_open(id, scope, market + 1)) {
    if (const Margin now = margin(id, scope); now.equity >= now.maintenance) break;
    close(closing, target_of(closing, market));
  }
  if (funds < 0 && next_open(id, scope, 0) == cross) {
    pay_from_fund(closing, funds, -funds);
    closing.done.bad_debt = -funds;
  }
  return closing.done;
}

std::uint32_t Venue::next_open(AccountId id, std::uint32_t scope, std::uint32_t from) const {
  std::uint32_t next = cross;
  accounts_[id].for_each([&](const Position& p) {
    if (p.size != 0 && scope_of(&p) == scope && p.market >= from) next = std::min(next, p.market);
  });
  return next;
}

Int Venue::equity(AccountId id, std::uint32_t scope) const {
  const Int funds = scope == cross ? accounts_[id].collateral : accounts_[id].own_margin(scope);
  return margin(id, scope).equity + (funds - counted(funds));
}

Int Venue::fund_room(const Closing& closing) const { return std::min(closing.budget, std::max<Int>(insurance_, 0)); }

void Venue::pay_from_fund(Closing& closing, Int& funds, Int amount) {
  const Int paid = std::min(amount, fund_room(closing));
  closing.budget -= paid;
  closing.done.from_fund += paid;
  insurance_ -= paid;
  funds += paid;
}

/// By market, then as for_each() of its book has them.
void Venue::cancel_all(AccountId id, std::uint32_t scope) {
  for (std::uint32_t market = 0; accounts_[id].resting > 0 && market < markets_.size(); ++market) {
    const Position* position = accounts_[id].find(market);
    if (position == nullptr || position->resting == 0 || scope_of(position) != scope) continue;
    std::array<OrderId, most_resting> orders{};
    std::size_t count = 0;
    markets_[market].book.for_each([&](const ladder::Order& order) {
      if (order.account == id) orders[count++] = order.id;
    });
    LOCKSTEP_ASSERT(count == position->resting);
    for (std::size_t i = 0; i < count; ++i)
      drop(markets_[market], markets_[market].book.at(orders[i]), Event::Kind::cancelled);
  }
}

Venue::Target Venue::target_of(const Closing& closing, std::uint32_t id) const {
  const Market& market = markets_[id];
  const Lots size = accounts_[closing.account].size_in(id), lots = std::abs(size);
  Int all = margin(closing.account, closing.scope).maintenance;
  Int own = margins_of(market.terms, 0, lots * market.mark).maintenance;
  Int worth = std::min(equity(closing.account, closing.scope), all);
  LOCKSTEP_ASSERT(own > 0 && all >= own);
  for (; all > Int{1} << 62; all /= 2) {  // so that the product below holds, whatever there is
    own = (own + 1) / 2;
    worth /= 2;
  }
  const Int share = floor_div(worth, all) * own + floor_div((worth - floor_div(worth, all) * all) * own, all);
  const auto away = static_cast<std::int64_t>(std::clamp<Int>(floor_div(share, lots), -market.mark, market.mark));
  const Lots part = share_up(lots, terms_.liquidation.close_bps, 10'000), lot = market.terms.lot;
  return {.market = id,
          .is_long = size > 0,
          .left = std::min(lots, (part + lot - 1) / lot * lot),
          .price = size > 0 ? market.mark - away : market.mark + away};
}

void Venue::close(Closing& closing, Target target) {
  Market& market = markets_[target.market];
  std::uint32_t steps = 0;
  while (target.left > 0) {
    const OrderId best = market.book.first(target.is_long);
    if (best == 0) break;
    if (steps++ == most_steps) {
      closing.done.unfinished = true;
      return;
    }
    if (!close_against(closing, target, best)) break;
  }
  if (target.left > 0) deleverage(closing, target);
}

/// False if neither the position nor the fund can afford the order's price.
bool Venue::close_against(Closing& closing, Target& target, OrderId best) {
  Market& market = markets_[target.market];
  const ladder::Order resting = market.book.at(best);
  const std::int64_t price = std::int64_t{resting.tick} * market.terms.tick_value;
  const std::int64_t worse = target.is_long ? target.price - price : price - target.price;
  Lots lots = std::min(target.left, resting.lots);
  if (resting.reduce_only) lots = std::min(lots, reducible(resting.account, target.market, resting.is_buy));
  if (lots > 0 && worse > 0) {
    const Int room = fund_room(closing) / worse;
    lots = static_cast<Lots>(std::min<Int>(lots, room - room % market.terms.lot));
    if (lots == 0) return false;
  }
  if (lots > 0) {
    fill_resting(market, target.market, resting, lots);
    const std::int64_t full = share_up(lots * price, terms_.liquidation.fee_ppm, 1'000'000);
    const std::int64_t fee = worse < 0 ? std::min(full, lots * -worse) : 0;
    Account& account = accounts_[closing.account];
    trade(account, market, target.market, target.is_long ? -lots : lots, price, fee);
    if (worse > 0) {
      const Int paid = Int{lots} * worse;
      closing.budget -= paid;
      closing.done.from_fund += paid;
      insurance_ -= paid;
      account.funds(*account.find(target.market)) += paid;
    }
    closing.done.fees += fee;
    closing.done.in_book += lots;
    target.left -= lots;
  }
  if (resting.reduce_only && market.book.contains(best) &&
      reducible(resting.account, target.market, resting.is_buy) == 0)
    drop(market, market.book.at(best), Event::Kind::cancelled);
  return true;
}

void Venue::deleverage(Closing& closing, Target& target) {
  Market& market = markets_[target.market];
  rank(target.market, !target.is_long);
  for (const Ranked& one : ranked_) {
    if (target.left == 0) return;
    const Lots held = accounts_[one.account].size_in(target.market);
    const Lots lots = std::min(target.left, std::abs(held));
    const Lots sold = target.is_long ? lots : -lots;
    trade(accounts_[closing.account], market, target.market, -sold, target.price, 0);
    trade(accounts_[one.account], market, target.market, sold, target.price, 0);
    deleveraged_.push_back({one.account, target.market, -sold, target.price});
    closing.done.deleveraged += lots;
    target.left -= lots;
  }
  LOCKSTEP_ASSERT(target.left == 0);  // what is long is somebody's short
}

/// The accounts that are long, or short, in a market, in the order in which they are deleveraged.
void Venue::rank(std::uint32_t id, bool is_long) {
  constexpr Int unit = 1'000'000, highest = Int{1} << 126;
  const Market& market = markets_[id];
  ranked_.clear();
  for (AccountId other = 0; other < accounts_.size(); ++other) {
    const Position* p = accounts_[other].find(id);
    if (p == nullptr || p->size == 0 || (p->size > 0) != is_long) continue;
    const Int profit = p->quote + (p->size * market.mark - owed(*p, market.funding_index));
    if (profit <= 0) {
      ranked_.push_back({profit * unit / (Int{std::abs(p->size)} * market.mark), other});
      continue;
    }
    const Int worth = equity(other, scope_of(p));
    ranked_.push_back({worth <= 0 ? highest : profit * unit / worth, other});
  }
  std::ranges::sort(ranked_, [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.account < b.account;
  });
}

}  // namespace lockstep::mirror::venue
