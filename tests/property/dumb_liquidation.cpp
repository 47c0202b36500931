// liquidation.hpp once more, word by word: prices are searched for, everything is made anew at every step.
#include <algorithm>
#include <utility>

#include "tests/property/dumb_venue.hpp"

namespace lockstep::dumb {
namespace {

Int magnitude(Int value) { return value < 0 ? -value : value; }

Int down(Int value, Int divisor) {
  Int quotient = value / divisor;
  while (quotient * divisor > value) --quotient;
  return quotient;
}

}  // namespace

Int Book::size_in(AccountId account, std::uint32_t market) const {
  const auto at = held.find({account, market});
  return at == held.end() ? 0 : at->second.size;
}

bool Book::anything_open(AccountId account, std::uint32_t scope) const {
  for (std::uint32_t market = 0; market < markets.size(); ++market)
    if (scope_of(account, market) == scope && size_in(account, market) != 0) return true;
  return false;
}

Int Book::whole_equity(AccountId account, std::uint32_t scope) const {
  Book without = *this;
  without.rules.collateral_haircut_bps = 0;
  return without.margin(account, scope).equity;
}

Refusal Book::withdraw(AccountId account, Int amount) {
  if (amount <= 0) return Refusal::size;
  const auto now_is = margin(account);
  if (amount > std::min(collateral[account], now_is.equity) - now_is.initial) return Refusal::margin;
  collateral[account] -= amount;
  return Refusal::none;
}

Refusal Book::set_isolated(AccountId account, std::uint32_t market, bool on) {
  const bool orders_rest = std::ranges::any_of(
      orders, [&](const Resting& one) { return one.order.account == account && one.order.market == market; });
  const auto own = isolated.find({account, market});
  if (size_in(account, market) != 0 || orders_rest || (own != isolated.end() && own->second < 0))
    return Refusal::isolated;
  if (own != isolated.end()) collateral[account] += own->second;
  if (own != isolated.end()) isolated.erase(own);
  if (on) isolated[{account, market}] = 0;
  return Refusal::none;
}

Refusal Book::move_margin(AccountId account, std::uint32_t market, Int amount) {
  if (scope_of(account, market) == cross) return Refusal::isolated;
  const std::uint32_t from = amount > 0 ? cross : market;
  const auto now_is = margin(account, from);
  if (magnitude(amount) > std::min(funds(account, from), now_is.equity) - now_is.initial) return Refusal::margin;
  collateral[account] -= amount;
  funds(account, market) += amount;
  return Refusal::none;
}

std::vector<Below> Book::liquidatable() const {
  std::vector<Below> below;
  for (AccountId account = 0; account < collateral.size(); ++account) {
    std::vector<std::uint32_t> scopes{cross};
    for (std::uint32_t market = 0; market < markets.size(); ++market)
      if (scope_of(account, market) == market) scopes.push_back(market);
    for (const auto scope : scopes) {
      const auto now_is = margin(account, scope);
      if (anything_open(account, scope) && now_is.equity < now_is.maintenance) below.push_back({account, scope});
    }
  }
  return below;
}

/// The first price, away from the worst there is, at which closing the position leaves nothing negative of its share.
Int Book::bankruptcy_price(AccountId account, std::uint32_t scope, std::uint32_t market) const {
  Book alone = *this;
  alone.held = {};
  alone.held[{account, market}] = held.at({account, market});
  const Int all = margin(account, scope).maintenance, own = alone.margin(account, scope).maintenance;
  const Int share = down(std::min(whole_equity(account, scope), all) * own, all);
  const Int size = size_in(account, market), mark = markets[market].mark;
  Int price = size > 0 ? 0 : 2 * mark;
  const Int step = size > 0 ? 1 : -1;
  while (price >= 0 && price <= 2 * mark && share + size * (price - mark) < 0) price += step;
  return std::clamp<Int>(price, 0, 2 * mark);
}

std::vector<AccountId> Book::ranking(std::uint32_t market, bool is_long) const {
  std::vector<std::pair<Int, AccountId>> scored;
  for (AccountId account = 0; account < collateral.size(); ++account) {
    const Int size = size_in(account, market);
    if (size == 0 || (size > 0) != is_long) continue;
    Book alone = *this;
    alone.held = {};
    alone.held[{account, market}] = held.at({account, market});
    alone.collateral[account] = 0;
    if (alone.isolated.contains({account, market})) alone.isolated[{account, market}] = 0;
    const std::uint32_t scope = scope_of(account, market);
    const Int profit = alone.margin(account, scope).equity;
    const Int equity = whole_equity(account, scope);
    Int score = Int{1} << 126;
    if (profit <= 0) score = -(-profit * 1'000'000 / (magnitude(size) * markets[market].mark));
    if (profit > 0 && equity > 0) score = profit * 1'000'000 / equity;
    scored.emplace_back(-score, account);
  }
  std::ranges::sort(scored);
  std::vector<AccountId> ranked;
  for (const auto& one : scored) ranked.push_back(one.second);
  return ranked;
}

void Book::pay(Int& to, Int amount, Int& budget, Liquidation& done) {
  const Int paid = std::min({amount, budget, std::max<Int>(insurance, 0)});
  to += paid;
  insurance -= paid;
  budget -= paid;
  done.from_fund += paid;
}

void Book::close(AccountId account, std::uint32_t scope, std::uint32_t market, Int& budget, Liquidation& done) {
  const Int price = bankruptcy_price(account, scope, market), size = size_in(account, market);
  const Place place = markets[market];
  const bool is_long = size > 0;
  const Int lot = place.terms.lot;
  Int left = 0;
  while (left < magnitude(size) && left * 10'000 < magnitude(size) * rules.liquidation.close_bps) left += lot;
  for (std::uint32_t steps = 0; left > 0; ++steps) {
    const auto others = side(market, is_long);
    if (others.empty()) break;
    if (steps == Venue::most_steps) {
      done.unfinished = true;
      return;
    }
    const NewOrder maker = others.front().order;
    const Int at = Int{maker.tick} * place.terms.tick_value, better = is_long ? at - price : price - at;
    const bool may_trade = !maker.reduce_only || reducible(maker.account, market, maker.is_buy) > 0;
    if (may_trade) {
      Int lots = std::min<Int>(left, others.front().left);
      if (maker.reduce_only) lots = std::min(lots, reducible(maker.account, market, maker.is_buy));
      while (better < 0 && lots > 0 && lots * -better > std::min(budget, std::max<Int>(insurance, 0))) lots -= lot;
      if (lots <= 0) break;
      events.push_back({Event::Kind::filled, maker.id, maker.tick, static_cast<Lots>(lots)});
      const auto found = find(market, maker.id);
      found->left -= static_cast<Lots>(lots);
      if (found->left == 0) orders.erase(found);
      const auto fee_of = [&](Int ppm) { return (lots * at * ppm + 999'999) / 1'000'000; };
      trade(maker.account, market, is_long ? lots : -lots, at, fee_of(place.terms.maker_fee_ppm));
      const Int fee = std::min(fee_of(rules.liquidation.fee_ppm), std::max<Int>(better, 0) * lots);
      trade(account, market, is_long ? -lots : lots, at, fee);
      if (better < 0) {
        const Int paid = lots * -better;
        funds(account, scope) += paid;
        insurance -= paid;
        budget -= paid;
        done.from_fund += paid;
      }
      done.fees += fee;
      done.in_book += static_cast<Lots>(lots);
      left -= lots;
    }
    const auto still = find(market, maker.id);
    if (maker.reduce_only && still != orders.end() && reducible(maker.account, market, maker.is_buy) == 0)
      remove(market, maker.id, Event::Kind::cancelled);
  }
  for (const AccountId other : ranking(market, !is_long)) {
    const Int lots = std::min(left, magnitude(size_in(other, market)));
    if (lots == 0) break;
    trade(account, market, is_long ? -lots : lots, price, 0);
    trade(other, market, is_long ? lots : -lots, price, 0);
    deleveraged.push_back({other, market, static_cast<Lots>(is_long ? -lots : lots), static_cast<std::int64_t>(price)});
    done.deleveraged += static_cast<Lots>(lots);
    left -= lots;
  }
}

std::expected<Liquidation, Refusal> Book::liquidate(AccountId account, std::uint32_t scope) {
  events.clear();
  deleveraged.clear();
  if (account >= collateral.size()) return std::unexpected(Refusal::account);
  if (scope != cross && scope_of(account, scope) != scope) return std::unexpected(Refusal::isolated);
  const auto healthy = [&] { return margin(account, scope).equity >= margin(account, scope).maintenance; };
  if (healthy()) return std::unexpected(Refusal::healthy);
  for (std::uint32_t market = 0; market < markets.size(); ++market) {
    if (scope_of(account, market) != scope) continue;
    for (const bool is_buy : {true, false})
      for (const auto& one : side(market, is_buy))
        if (one.order.account == account) remove(market, one.order.id, Event::Kind::cancelled);
  }
  Liquidation done;
  Int budget = std::max<Int>(insurance, 0) * rules.liquidation.fund_bps / 10'000;
  if (const Int worth = whole_equity(account, scope); worth < 0) pay(funds(account, scope), -worth, budget, done);
  for (std::uint32_t market = 0; market < markets.size(); ++market) {
    if (scope_of(account, market) != scope || size_in(account, market) == 0) continue;
    if (healthy()) break;
    close(account, scope, market, budget, done);
  }
  Int& rest = funds(account, scope);
  if (rest >= 0 || anything_open(account, scope)) return done;
  pay(rest, -rest, budget, done);
  done.bad_debt = -rest;
  return done;
}

}  // namespace lockstep::dumb
