#include "mirror/venue/venue.hpp"

#include <algorithm>
#include <functional>

#include "base/assert.hpp"
#include "base/prefetch.hpp"
#include "mirror/venue/terms.hpp"

namespace lockstep::mirror::venue {

Venue::Venue(const VenueTerms& terms) {
  events_.reserve(2 * std::size_t{most_steps} + 2);  // of an order: two for each it meets, and what becomes of it
  set_terms(terms);
}

std::uint32_t Venue::add_market(const MarketTerms& terms, std::size_t room) {
  LOCKSTEP_ASSERT(valid(terms) && markets_.size() < cross);
  markets_.push_back({.terms = terms, .mark = 0, .funding_index = 0, .last_id = 0, .book = ladder::Ladder(room)});
  return static_cast<std::uint32_t>(markets_.size() - 1);
}

void Venue::set_terms(const VenueTerms& terms) {
  LOCKSTEP_ASSERT(valid(terms));
  terms_ = terms;
}

void Venue::set_terms(std::uint32_t market, const MarketTerms& terms) {
  LOCKSTEP_ASSERT(market < markets_.size() && valid(terms) && terms.tick_value == markets_[market].terms.tick_value &&
                  terms.lot == markets_[market].terms.lot);
  markets_[market].terms = terms;
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

void Venue::expect_order(std::uint32_t market, OrderId id) const {
  if (market < markets_.size()) markets_[market].book.prefetch(id);
}

void Venue::expect_owner(std::uint32_t market, OrderId id) const {
  if (market < markets_.size() && markets_[market].book.contains(id))
    expect_account(markets_[market].book.at(id).account);
}

void Venue::expect_account(AccountId account) const {
  // Its funds and what it has in its first two markets.
  if (account < accounts_.size()) prefetch(&accounts_[account], sizeof(Account));
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

}  // namespace lockstep::mirror::venue
