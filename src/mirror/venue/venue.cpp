#include "mirror/venue/venue.hpp"

#include <algorithm>
#include <functional>

#include "base/assert.hpp"
#include "mirror/venue/terms.hpp"

namespace lockstep::mirror::venue {

std::uint32_t Venue::add_market(const MarketTerms& terms, std::size_t room) {
  const auto share = [](std::int64_t value, std::int64_t most) { return value >= 0 && value <= most; };
  LOCKSTEP_ASSERT(terms.tick_value >= 1 && terms.lot >= 1 && share(terms.initial_bps, 10'000) &&
                  share(terms.maintenance_bps, 10'000) && share(terms.maker_fee_ppm, 1'000'000) &&
                  share(terms.taker_fee_ppm, 1'000'000) && share(terms.band_bps, 10'000));
  markets_.push_back({.terms = terms, .mark = 0, .funding_index = 0, .last_id = 0, .book = ladder::Ladder(room)});
  return static_cast<std::uint32_t>(markets_.size() - 1);
}

AccountId Venue::add_account() {
  accounts_.emplace_back();
  return static_cast<AccountId>(accounts_.size() - 1);
}

void Venue::set_mark(std::uint32_t market, std::int64_t price) {
  LOCKSTEP_ASSERT(market < markets_.size() && price >= 1 && price <= most_price);
  markets_[market].mark = price;
}

void Venue::set_funding(std::uint32_t market, std::int64_t index) {
  LOCKSTEP_ASSERT(market < markets_.size() && index <= most_price && index >= -most_price);
  markets_[market].funding_index = index;
}

void Venue::deposit(AccountId account, Int amount) {
  accounts_.at(account).collateral += amount;
  deposits_ += amount;
}

void Venue::set_time(std::uint64_t now) {
  events_.clear();
  now_ = now;
  while (!expiries_.empty() && expiries_.front().time <= now) {
    const Expiry due = expiries_.front();
    std::ranges::pop_heap(expiries_, std::greater{});
    expiries_.pop_back();
    Market& market = markets_[due.market];
    if (market.book.contains(due.order)) drop(market, market.book.at(due.order), Event::Kind::cancelled);
  }
}

Refusal Venue::place(const NewOrder& order) {
  events_.clear();
  if (order.market >= markets_.size() || markets_[order.market].mark == 0) return Refusal::market;
  if (order.account >= accounts_.size()) return Refusal::account;
  Market& market = markets_[order.market];
  if (order.id <= market.last_id) return Refusal::id;
  if (order.expires != 0 && order.expires <= now_) return Refusal::expired;
  std::uint32_t limit = 0;
  if (const Refusal why = check(order, market, limit); why != Refusal::none) return why;
  market.last_id = order.id;
  const Refusal why = execute(order, market, limit);
  if (order.expires == 0 || !market.book.contains(order.id)) return why;
  if (expiries_.size() >= 2 * most_expiries()) forget_gone();
  expiries_.push_back({order.expires, order.id, order.market});
  std::ranges::push_heap(expiries_, std::greater{});
  return why;
}

Refusal Venue::cancel(std::uint32_t market, OrderId id) {
  events_.clear();
  if (market >= markets_.size()) return Refusal::market;
  Market& at = markets_[market];
  if (!at.book.contains(id)) return Refusal::id;
  drop(at, at.book.at(id), Event::Kind::cancelled);
  return Refusal::none;
}

Refusal Venue::reduce(std::uint32_t market, OrderId id, Lots lots) {
  events_.clear();
  if (market >= markets_.size()) return Refusal::market;
  Market& at = markets_[market];
  if (!at.book.contains(id)) return Refusal::id;
  const ladder::Order order = at.book.at(id);
  if (lots <= 0 || lots > order.lots || lots % at.terms.lot != 0) return Refusal::size;
  shrink(at, order, lots);
  return Refusal::none;
}

Refusal Venue::replace(const NewOrder& order) {
  events_.clear();
  if (order.market >= markets_.size() || markets_[order.market].mark == 0) return Refusal::market;
  Market& market = markets_[order.market];
  if (!market.book.contains(order.id)) return Refusal::id;
  const ladder::Order old = market.book.at(order.id);
  if (old.account != order.account || old.is_buy != order.is_buy) return Refusal::id;
  // As if the old one were gone, which it is not before the new one is accepted.
  unrest(market, old, old.lots);
  --accounts_[old.account].resting;
  std::uint32_t limit = 0;
  const Refusal why = check(order, market, limit);
  unrest(market, old, -old.lots);
  ++accounts_[old.account].resting;
  if (why != Refusal::none) return why;
  drop(market, old, Event::Kind::cancelled);
  return execute(order, market, limit);
}

Refusal Venue::check(const NewOrder& order, Market& market, std::uint32_t& limit) {
  const MarketTerms& terms = market.terms;
  if (order.lots <= 0 || order.lots > most_lots || order.lots % terms.lot != 0) return Refusal::size;
  const bool may_rest = !order.is_market && (order.life == Life::gtc || order.life == Life::post_only);
  if (order.is_market && order.life == Life::post_only) return Refusal::crosses;
  limit = order.is_market ? band_edge(terms, market.mark, order.is_buy) : order.tick;
  if (!in_band(terms, market.mark, order.is_buy, limit)) return Refusal::price;
  const Account& account = accounts_[order.account];
  if (may_rest && account.resting >= most_resting) return Refusal::too_many;
  if (order.reduce_only && reducible(order.account, order.market, order.is_buy) == 0) return Refusal::reduce;
  if (const Refusal why = check_margin(order, market, limit); why != Refusal::none) return why;
  const OrderId best = market.book.first(!order.is_buy);
  if (order.life == Life::post_only && best != 0 && crosses(order.is_buy, limit, market.book.best_tick(!order.is_buy)))
    return Refusal::crosses;
  if (order.life == Life::fok && !fills_wholly(order, market, limit)) return Refusal::unfilled;
  return Refusal::none;
}

Refusal Venue::check_margin(const NewOrder& order, const Market& market, std::uint32_t limit) const {
  if (order.reduce_only) {
    const Margin now = margin(order.account);
    return now.equity >= now.maintenance ? Refusal::none : Refusal::margin;
  }
  const Account& account = accounts_[order.account];
  const Position* position = account.find(order.market);
  const Lots held = position == nullptr ? 0 : position->size;
  const Lots resting = position == nullptr ? 0 : order.is_buy ? position->bid_lots : position->ask_lots;
  if ((order.is_buy ? held : -held) + resting + order.lots > most_lots) return Refusal::size;
  const Margin with =
      margin_with(order.account, order.market, order.is_buy ? order.lots : 0, order.is_buy ? 0 : order.lots);
  const std::int64_t price = std::int64_t{limit} * market.terms.tick_value;
  const std::int64_t worse = order.is_buy ? price - market.mark : market.mark - price;
  const std::int64_t fee =
      share_up(order.lots * price, std::max(market.terms.taker_fee_ppm, market.terms.maker_fee_ppm), 1'000'000);
  return with.equity >= with.initial + Int{std::max<std::int64_t>(worse, 0)} * order.lots + fee ? Refusal::none
                                                                                                : Refusal::margin;
}

Venue::Margin Venue::margin(AccountId account) const { return margin_with(account, 0, 0, 0); }

Venue::Margin Venue::margin_with(AccountId id, std::uint32_t market, Lots bids, Lots asks) const {
  const Account& account = accounts_[id];
  Margin sum{.equity = account.collateral};
  bool added = bids == 0 && asks == 0;
  account.for_each([&](const Position& p) {
    const Market& at = markets_[p.market];
    const bool here = !added && p.market == market;
    added = added || here;
    const Lots longest = std::abs(p.size + p.bid_lots + (here ? bids : 0));
    const Lots shortest = std::abs(p.size - p.ask_lots - (here ? asks : 0));
    sum.equity += p.quote + (p.size * at.mark - owed(p, at.funding_index));
    sum.initial += share_up(std::max(longest, shortest) * at.mark, at.terms.initial_bps, 10'000);
    sum.maintenance += share_up(std::abs(p.size) * at.mark, at.terms.maintenance_bps, 10'000);
  });
  if (!added) {
    const Market& at = markets_[market];
    sum.initial += share_up(std::max(bids, asks) * at.mark, at.terms.initial_bps, 10'000);
  }
  return sum;
}

Lots Venue::reducible(AccountId account, std::uint32_t market, bool is_buy) const {
  const Lots size = accounts_[account].size_in(market);
  return std::max<Lots>(is_buy ? -size : size, 0);
}

std::size_t Venue::most_expiries() const {
  std::size_t resting = 32;
  for (const Market& market : markets_) resting += market.book.size();
  return resting;
}

void Venue::forget_gone() {
  std::erase_if(expiries_, [&](const Expiry& one) { return !markets_[one.market].book.contains(one.order); });
  std::ranges::make_heap(expiries_, std::greater{});
}

const char* to_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::market:
      return "no such market, or it has no mark";
    case Refusal::account:
      return "no such account";
    case Refusal::id:
      return "the id is not new, or not resting";
    case Refusal::size:
      return "the size is no multiple of the lot or out of range";
    case Refusal::price:
      return "the price is beyond the band";
    case Refusal::expired:
      return "it has expired";
    case Refusal::crosses:
      return "it would trade at once";
    case Refusal::unfilled:
      return "it cannot be filled wholly";
    case Refusal::reduce:
      return "there is nothing to reduce";
    case Refusal::too_many:
      return "too many orders rest";
    case Refusal::margin:
      return "the equity does not cover it";
  }
  return "unknown";
}

}  // namespace lockstep::mirror::venue
