#pragma once
// The venue again, as simply as it can be written: one list of orders in order of arrival, searched from end to end;
// every sum made anew; fill-or-kill is tried on a copy of everything.
#include <cstdint>
#include <expected>
#include <map>
#include <utility>
#include <vector>

#include "mirror/venue/venue.hpp"

namespace lockstep::dumb {

using mirror::Int;
using mirror::OrderId;
using namespace mirror::venue;

struct Resting {
  NewOrder order;
  Lots left = 0;
};

struct Held {
  Int size = 0, quote = 0, index = 0;
};

struct Place {
  MarketTerms terms;
  Int mark = 0, index = 0;
  OrderId last_id = 0;
};

class Book {
 public:
  std::vector<Place> markets;
  std::vector<Int> collateral;
  std::vector<Resting> orders;
  std::map<std::pair<AccountId, std::uint32_t>, Held> held;
  std::map<std::pair<AccountId, std::uint32_t>, Int> isolated;  // margin of those that are
  VenueTerms rules;
  std::vector<Deleveraged> deleveraged;
  std::vector<Event> events;
  std::uint64_t now = 0;
  Int insurance = 0;

  Refusal place(const NewOrder& order);
  Refusal cancel(std::uint32_t market, OrderId id);
  Refusal reduce(std::uint32_t market, OrderId id, Lots lots);
  Refusal replace(const NewOrder& order);
  void set_time(std::uint64_t time);

  Int resting(AccountId account, std::uint32_t market, bool is_buy) const;
  Venue::Margin margin(AccountId account, std::uint32_t scope = cross, const NewOrder* with = nullptr) const;
  std::uint32_t scope_of(AccountId account, std::uint32_t market) const {
    return isolated.contains({account, market}) ? market : cross;
  }
  Int& funds(AccountId account, std::uint32_t scope) {
    return scope == cross ? collateral[account] : isolated.at({account, scope});
  }

  Refusal withdraw(AccountId account, Int amount);
  Refusal set_isolated(AccountId account, std::uint32_t market, bool on);
  Refusal move_margin(AccountId account, std::uint32_t market, Int amount);
  std::expected<Liquidation, Refusal> liquidate(AccountId account, std::uint32_t scope);
  std::vector<Below> liquidatable() const;
  /// Best first, then oldest.
  std::vector<Resting> side(std::uint32_t market, bool is_buy) const;

 private:
  std::vector<Resting>::iterator find(std::uint32_t market, OrderId id);
  Int reducible(AccountId account, std::uint32_t market, bool is_buy) const;
  std::uint32_t limit_of(const NewOrder& order) const;
  Refusal check(const NewOrder& order) const;
  Refusal go(const NewOrder& order);
  Lots match(const NewOrder& order, bool& stopped, bool& decremented);
  void remove(std::uint32_t market, OrderId id, Event::Kind kind);
  void trade(AccountId account, std::uint32_t market, Int lots, Int price, Int fee);
  Int whole_equity(AccountId account, std::uint32_t scope) const;
  Int size_in(AccountId account, std::uint32_t market) const;
  bool anything_open(AccountId account, std::uint32_t scope) const;
  Int bankruptcy_price(AccountId account, std::uint32_t scope, std::uint32_t market) const;
  std::vector<AccountId> ranking(std::uint32_t market, bool is_long) const;
  void close(AccountId account, std::uint32_t scope, std::uint32_t market, Int& budget, Liquidation& done);
  void pay(Int& funds, Int amount, Int& budget, Liquidation& done);
};

}  // namespace lockstep::dumb
