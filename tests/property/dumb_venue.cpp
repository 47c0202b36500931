#include "tests/property/dumb_venue.hpp"

#include <algorithm>

namespace lockstep::dumb {
namespace {

Int up(Int value, Int divisor) {
  const Int quotient = value / divisor;
  return value % divisor > 0 ? quotient + 1 : quotient;
}

Int magnitude(Int value) { return value < 0 ? -value : value; }

bool meets(const NewOrder& order, std::uint32_t limit, const Resting& resting) {
  return order.is_buy ? resting.order.tick <= limit : resting.order.tick >= limit;
}

/// Unit by unit of the tiers, from the top of the notional down.
Int sliced(const MarketTerms& terms, Int notional, bool initial) {
  Int sum = 0;
  for (std::size_t i = terms.tiers.size(); i > 0; --i) {
    const MarginTier& tier = terms.tiers[i - 1];
    if (notional <= tier.above) continue;
    sum += up((notional - tier.above) * (initial ? tier.initial_bps : tier.maintenance_bps), 10'000);
    notional = tier.above;
  }
  return sum + up(notional * (initial ? terms.initial_bps : terms.maintenance_bps), 10'000);
}

}  // namespace

std::vector<Resting> Book::side(std::uint32_t market, bool is_buy) const {
  std::vector<Resting> all;
  for (const auto& one : orders)
    if (one.order.market == market && one.order.is_buy == is_buy) all.push_back(one);
  std::ranges::stable_sort(all, [&](const Resting& a, const Resting& b) {
    return is_buy ? a.order.tick > b.order.tick : a.order.tick < b.order.tick;
  });
  return all;
}

std::vector<Resting>::iterator Book::find(std::uint32_t market, OrderId id) {
  return std::ranges::find_if(orders,
                              [&](const auto& one) { return one.order.market == market && one.order.id == id; });
}

Int Book::resting(AccountId account, std::uint32_t market, bool is_buy) const {
  Int lots = 0;
  for (const auto& one : orders) {
    const NewOrder& o = one.order;
    if (o.account == account && o.market == market && o.is_buy == is_buy && !o.reduce_only) lots += one.left;
  }
  return lots;
}

Int Book::reducible(AccountId account, std::uint32_t market, bool is_buy) const {
  const auto at = held.find({account, market});
  const Int size = at == held.end() ? 0 : at->second.size;
  return std::max<Int>(is_buy ? -size : size, 0);
}

Venue::Margin Book::margin(AccountId account, std::uint32_t scope, const NewOrder* with) const {
  const Int all = scope == cross ? collateral[account] : isolated.at({account, scope});
  Venue::Margin sum{all, 0, 0};
  if (all > 0) sum.equity -= up(all * rules.collateral_haircut_bps, 10'000);
  for (std::uint32_t id = 0; id < markets.size(); ++id) {
    if (scope_of(account, id) != scope) continue;
    const Place& market = markets[id];
    const auto at = held.find({account, id});
    const Held h = at == held.end() ? Held{} : at->second;
    Int bids = resting(account, id, true), asks = resting(account, id, false);
    if (with != nullptr && with->market == id) (with->is_buy ? bids : asks) += with->lots;
    sum.equity += h.quote + h.size * market.mark - up(h.size * (market.index - h.index), 1'000'000);
    const Int worst = std::max(magnitude(h.size + bids), magnitude(h.size - asks));
    sum.initial += sliced(market.terms, worst * market.mark, true);
    sum.maintenance += sliced(market.terms, magnitude(h.size) * market.mark, false);
  }
  return sum;
}

std::uint32_t Book::limit_of(const NewOrder& order) const {
  if (!order.is_market) return order.tick;
  const Place& market = markets[order.market];
  const Int band = order.is_buy ? 10'000 + market.terms.band_bps : 10'000 - market.terms.band_bps;
  std::uint32_t tick = 1;
  for (Int i = 1; i < 100'000; ++i) {  // the test's prices are small
    const bool inside = i * market.terms.tick_value * 10'000 <= market.mark * band;
    if (order.is_buy && inside) tick = static_cast<std::uint32_t>(i);
    if (!order.is_buy && i * market.terms.tick_value * 10'000 >= market.mark * band)
      return static_cast<std::uint32_t>(i);
    if (order.is_buy && !inside) break;
  }
  return tick;
}

Refusal Book::check(const NewOrder& order) const {
  const Place& market = markets[order.market];
  const MarketTerms& terms = market.terms;
  if (order.lots <= 0 || order.lots > Venue::most_lots || order.lots % terms.lot != 0) return Refusal::size;
  if (order.is_market && order.life == Life::post_only) return Refusal::crosses;
  const std::uint32_t limit = limit_of(order);
  const Int price = Int{limit} * terms.tick_value;
  if (limit == 0 || price > Venue::most_price) return Refusal::price;
  if (order.is_buy ? price * 10'000 > market.mark * (10'000 + terms.band_bps)
                   : price * 10'000 < market.mark * (10'000 - terms.band_bps))
    return Refusal::price;
  const auto count = std::ranges::count_if(orders, [&](const auto& one) { return one.order.account == order.account; });
  const bool may_rest = !order.is_market && (order.life == Life::gtc || order.life == Life::post_only);
  if (may_rest && count >= Venue::most_resting) return Refusal::too_many;
  if (order.reduce_only) {
    if (reducible(order.account, order.market, order.is_buy) == 0) return Refusal::reduce;
    const auto now_is = margin(order.account, scope_of(order.account, order.market));
    if (now_is.equity < now_is.maintenance) return Refusal::margin;
  } else {
    const auto at = held.find({order.account, order.market});
    const Int size = at == held.end() ? 0 : at->second.size;
    if ((order.is_buy ? size : -size) + resting(order.account, order.market, order.is_buy) + order.lots >
        Venue::most_lots)
      return Refusal::size;
    const auto with = margin(order.account, scope_of(order.account, order.market), &order);
    const Int worse = order.is_buy ? price - market.mark : market.mark - price;
    const Int fee = up(order.lots * price * std::max(terms.maker_fee_ppm, terms.taker_fee_ppm), 1'000'000);
    if (with.equity < with.initial + std::max<Int>(worse, 0) * order.lots + fee) return Refusal::margin;
  }
  const auto others = side(order.market, !order.is_buy);
  if (order.life == Life::post_only && !others.empty() && meets(order, limit, others.front())) return Refusal::crosses;
  if (order.life == Life::fok) {
    Book trial = *this;
    bool stopped = false, decremented = false;
    const Lots left = trial.match(order, stopped, decremented);
    if (left != 0 || decremented) return Refusal::unfilled;
  }
  return Refusal::none;
}

Refusal Book::place(const NewOrder& order) {
  events.clear();
  if (order.market >= markets.size() || markets[order.market].mark == 0) return Refusal::market;
  if (order.account >= collateral.size()) return Refusal::account;
  if (order.id <= markets[order.market].last_id) return Refusal::id;
  if (order.expires != 0 && order.expires <= now) return Refusal::expired;
  if (const Refusal why = check(order); why != Refusal::none) return why;
  markets[order.market].last_id = order.id;
  return go(order);
}

Refusal Book::go(const NewOrder& order) {
  bool stopped = false, decremented = false;
  const Lots left = match(order, stopped, decremented);
  if (left == 0) return Refusal::none;
  const std::uint32_t limit = limit_of(order);
  const auto others = side(order.market, !order.is_buy);
  const bool crossing = !others.empty() && meets(order, limit, others.front());
  const bool spent = order.reduce_only && reducible(order.account, order.market, order.is_buy) == 0;
  const bool cancelled =
      order.is_market || order.life == Life::ioc || order.life == Life::fok || stopped || crossing || spent;
  events.push_back({cancelled ? Event::Kind::cancelled : Event::Kind::rested, order.id, limit, left});
  if (!cancelled) orders.push_back({order, left});
  return Refusal::none;
}

Lots Book::match(const NewOrder& order, bool& stopped, bool& decremented) {
  Int left = order.lots;
  const std::uint32_t limit = limit_of(order);
  for (std::uint32_t steps = 0; steps < Venue::most_steps && left > 0 && !stopped; ++steps) {
    const auto others = side(order.market, !order.is_buy);
    if (others.empty() || !meets(order, limit, others.front())) break;
    const Resting best = others.front();
    const NewOrder& maker = best.order;
    if (maker.account == order.account) {
      if (order.self_trade == SelfTrade::cancel_resting || order.self_trade == SelfTrade::cancel_both)
        remove(order.market, maker.id, Event::Kind::cancelled);
      stopped = order.self_trade == SelfTrade::cancel_incoming || order.self_trade == SelfTrade::cancel_both;
      if (order.self_trade != SelfTrade::decrement) continue;
      decremented = true;
      const Lots both = std::min(static_cast<Lots>(left), best.left);
      events.push_back({Event::Kind::reduced, maker.id, maker.tick, both});
      const auto at = find(order.market, maker.id);
      at->left -= both;
      if (at->left == 0) orders.erase(at);
      events.push_back({Event::Kind::reduced, order.id, maker.tick, both});
      left -= both;
      continue;
    }
    Int lots = std::min<Int>(left, best.left);
    if (order.reduce_only) lots = std::min(lots, reducible(order.account, order.market, order.is_buy));
    if (lots == 0) break;
    if (maker.reduce_only) lots = std::min(lots, reducible(maker.account, order.market, maker.is_buy));
    if (lots > 0) {
      const Place& market = markets[order.market];
      const Int price = Int{maker.tick} * market.terms.tick_value;
      events.push_back({Event::Kind::filled, maker.id, maker.tick, static_cast<Lots>(lots)});
      const auto at = find(order.market, maker.id);
      at->left -= static_cast<Lots>(lots);
      if (at->left == 0) orders.erase(at);
      trade(maker.account, order.market, order.is_buy ? -lots : lots, price,
            up(lots * price * market.terms.maker_fee_ppm, 1'000'000));
      trade(order.account, order.market, order.is_buy ? lots : -lots, price,
            up(lots * price * market.terms.taker_fee_ppm, 1'000'000));
      left -= lots;
    }
    const auto still = find(order.market, maker.id);
    if (maker.reduce_only && still != orders.end() && reducible(maker.account, order.market, maker.is_buy) == 0)
      remove(order.market, maker.id, Event::Kind::cancelled);
  }
  return static_cast<Lots>(left);
}

void Book::trade(AccountId account, std::uint32_t market, Int lots, Int price, Int fee) {
  Held& h = held[{account, market}];
  const Int funding = up(h.size * (markets[market].index - h.index), 1'000'000);
  Int& behind = funds(account, scope_of(account, market));
  behind -= funding + fee;
  insurance += funding + fee;
  h.index = markets[market].index;
  h.size += lots;
  h.quote -= lots * price;
  if (h.size != 0) return;
  behind += h.quote;
  h.quote = 0;
}

void Book::remove(std::uint32_t market, OrderId id, Event::Kind kind) {
  const auto at = find(market, id);
  events.push_back({kind, id, at->order.tick, at->left});
  orders.erase(at);
}

Refusal Book::cancel(std::uint32_t market, OrderId id) {
  events.clear();
  if (market >= markets.size()) return Refusal::market;
  if (find(market, id) == orders.end()) return Refusal::id;
  remove(market, id, Event::Kind::cancelled);
  return Refusal::none;
}

Refusal Book::reduce(std::uint32_t market, OrderId id, Lots lots) {
  events.clear();
  if (market >= markets.size()) return Refusal::market;
  const auto at = find(market, id);
  if (at == orders.end()) return Refusal::id;
  if (lots <= 0 || lots > at->left || lots % markets[market].terms.lot != 0) return Refusal::size;
  events.push_back({Event::Kind::reduced, id, at->order.tick, lots});
  at->left -= lots;
  if (at->left == 0) orders.erase(at);
  return Refusal::none;
}

Refusal Book::replace(const NewOrder& order) {
  events.clear();
  if (order.market >= markets.size() || markets[order.market].mark == 0) return Refusal::market;
  const auto at = find(order.market, order.id);
  if (at == orders.end()) return Refusal::id;
  if (at->order.account != order.account || at->order.is_buy != order.is_buy) return Refusal::id;
  Book without = *this;
  without.remove(order.market, order.id, Event::Kind::cancelled);
  if (const Refusal why = without.check(order); why != Refusal::none) return why;
  NewOrder kept = order;
  kept.expires = at->order.expires;
  remove(order.market, order.id, Event::Kind::cancelled);
  return go(kept);
}

void Book::set_time(std::uint64_t time) {
  events.clear();
  now = time;
  std::vector<Resting> due;
  for (const auto& one : orders)
    if (one.order.expires != 0 && one.order.expires <= time) due.push_back(one);
  std::ranges::sort(due, [](const Resting& a, const Resting& b) {
    return std::tie(a.order.expires, a.order.id, a.order.market) <
           std::tie(b.order.expires, b.order.id, b.order.market);
  });
  for (const auto& one : due) remove(one.order.market, one.order.id, Event::Kind::cancelled);
}

}  // namespace lockstep::dumb
