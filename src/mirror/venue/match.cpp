// An accepted order meets the book.
#include "base/assert.hpp"
#include "mirror/venue/terms.hpp"
#include "mirror/venue/venue.hpp"

namespace lockstep::mirror::venue {

Refusal Venue::execute(const NewOrder& order, Market& market, std::uint32_t limit) {
  Taker taker{.order = order, .left = order.lots};
  match(taker, market, limit);
  if (taker.left == 0) return Refusal::none;
  const OrderId best = market.book.first(!order.is_buy);
  const bool crossing = best != 0 && crosses(order.is_buy, limit, market.book.best_tick(!order.is_buy));
  const bool spent = order.reduce_only && reducible(order.account, order.market, order.is_buy) == 0;
  const bool rests =
      !order.is_market && order.life != Life::ioc && order.life != Life::fok && !taker.stopped && !crossing && !spent;
  events_.push_back({rests ? Event::Kind::rested : Event::Kind::cancelled, order.id, limit, taker.left});
  if (!rests) return Refusal::none;
  market.book.insert({.id = order.id,
                      .lots = taker.left,
                      .tick = limit,
                      .account = order.account,
                      .is_buy = order.is_buy,
                      .reduce_only = order.reduce_only});
  Account& account = accounts_[order.account];
  Position& position = account.of(order.market);
  ++account.resting;
  ++position.resting;
  if (order.reduce_only) return Refusal::none;
  (order.is_buy ? position.bid_lots : position.ask_lots) += taker.left;
  return Refusal::none;
}

void Venue::match(Taker& taker, Market& market, std::uint32_t limit) {
  const NewOrder& order = taker.order;
  while (taker.left > 0 && !taker.stopped && taker.steps < most_steps) {
    const OrderId best = market.book.first(!order.is_buy);
    if (best == 0 || !crosses(order.is_buy, limit, market.book.best_tick(!order.is_buy))) return;
    const ladder::Order resting = market.book.at(best);
    if (resting.account == order.account) {
      ++taker.steps;
      meet_own(taker, market, resting);
      continue;
    }
    Lots lots = std::min(taker.left, resting.lots);
    if (order.reduce_only) lots = std::min(lots, reducible(order.account, order.market, order.is_buy));
    if (lots == 0) return;
    ++taker.steps;
    if (resting.reduce_only) lots = std::min(lots, reducible(resting.account, order.market, resting.is_buy));
    if (lots > 0) fill(taker, market, resting, lots);
    if (!resting.reduce_only || !market.book.contains(best)) continue;
    if (reducible(resting.account, order.market, resting.is_buy) == 0)
      drop(market, market.book.at(best), Event::Kind::cancelled);
  }
}

void Venue::meet_own(Taker& taker, Market& market, const ladder::Order& resting) {
  switch (taker.order.self_trade) {
    case SelfTrade::cancel_resting:
      return drop(market, resting, Event::Kind::cancelled);
    case SelfTrade::cancel_both:
      drop(market, resting, Event::Kind::cancelled);
      [[fallthrough]];
    case SelfTrade::cancel_incoming:
      taker.stopped = true;
      return;
    case SelfTrade::decrement:
      break;
  }
  const Lots lots = std::min(taker.left, resting.lots);
  shrink(market, resting, lots);
  taker.left -= lots;
  events_.push_back({Event::Kind::reduced, taker.order.id, resting.tick, lots});
}

void Venue::fill(Taker& taker, Market& market, const ladder::Order& resting, Lots lots) {
  const NewOrder& order = taker.order;
  const std::int64_t price = std::int64_t{resting.tick} * market.terms.tick_value;
  fill_resting(market, order.market, resting, lots);
  trade(accounts_[order.account], market, order.market, order.is_buy ? lots : -lots, price,
        share_up(lots * price, market.terms.taker_fee_ppm, 1'000'000));
  taker.left -= lots;
}

void Venue::fill_resting(Market& market, std::uint32_t id, const ladder::Order& resting, Lots lots) {
  const std::int64_t price = std::int64_t{resting.tick} * market.terms.tick_value;
  events_.push_back({Event::Kind::filled, resting.id, resting.tick, lots});
  Account& maker = accounts_[resting.account];
  Position& position = maker.of(id);
  if (!resting.reduce_only) (resting.is_buy ? position.bid_lots : position.ask_lots) -= lots;
  if (lots == resting.lots) {
    --maker.resting;
    --position.resting;
  }
  trade(maker, market, id, resting.is_buy ? lots : -lots, price,
        share_up(lots * price, market.terms.maker_fee_ppm, 1'000'000));
  market.book.reduce(resting.id, lots);
}

void Venue::trade(Account& account, Market& market, std::uint32_t id, Lots lots, std::int64_t price, std::int64_t fee) {
  Position& position = account.of(id);
  const Int due = Int{owed(position, market.funding_index)} + fee;
  Int& funds = account.funds(position);
  funds -= due;
  insurance_ += due;
  position.funding_index = market.funding_index;
  position.size += lots;
  position.quote -= Int{lots} * price;
  if (position.size != 0) return;
  funds += position.quote;
  position.quote = 0;
}

void Venue::unrest(const Market& market, const ladder::Order& order, Lots lots) {
  if (order.reduce_only) return;
  Position& position = accounts_[order.account].of(static_cast<std::uint32_t>(&market - markets_.data()));
  (order.is_buy ? position.bid_lots : position.ask_lots) -= lots;
}

void Venue::drop(Market& market, const ladder::Order& order, Event::Kind kind) {
  unrest(market, order, order.lots);
  Account& account = accounts_[order.account];
  --account.resting;
  --account.of(static_cast<std::uint32_t>(&market - markets_.data())).resting;
  events_.push_back({kind, order.id, order.tick, order.lots});
  market.book.erase(order.id);
}

void Venue::shrink(Market& market, const ladder::Order& order, Lots lots) {
  if (lots == order.lots) return drop(market, order, Event::Kind::reduced);
  unrest(market, order, lots);
  events_.push_back({Event::Kind::reduced, order.id, order.tick, lots});
  market.book.reduce(order.id, lots);
}

/// match() without consequences: what earlier fills change for reduce-only orders is kept beside.
bool Venue::fills_wholly(const NewOrder& order, const Market& market, std::uint32_t limit) {
  if (order.reduce_only && reducible(order.account, order.market, order.is_buy) < order.lots) return false;
  deltas_.clear();
  const auto delta = [&](AccountId account) -> Lots& {
    const auto at = std::ranges::find(deltas_, account, &Delta::account);
    if (at != deltas_.end()) return at->lots;
    return deltas_.emplace_back(Delta{account, 0}).lots;
  };
  Lots left = order.lots;
  std::uint32_t steps = 0;
  for (OrderId id = market.book.first(!order.is_buy); id != 0 && left > 0; id = market.book.next(id)) {
    const ladder::Order resting = market.book.at(id);
    if (steps++ == most_steps || !crosses(order.is_buy, limit, resting.tick)) return false;
    if (resting.account == order.account) {
      if (order.self_trade != SelfTrade::cancel_resting) return false;
      continue;
    }
    Lots& moved = delta(resting.account);
    Lots lots = std::min(left, resting.lots);
    if (resting.reduce_only) {
      const Lots size = accounts_[resting.account].size_in(order.market) + moved;
      lots = std::min(lots, std::max<Lots>(resting.is_buy ? -size : size, 0));
    }
    moved += resting.is_buy ? lots : -lots;
    left -= lots;
  }
  return left == 0;
}

}  // namespace lockstep::mirror::venue
