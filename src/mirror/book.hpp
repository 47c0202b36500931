#pragma once
// The resting orders of one market, as mirror/order_book.hpp has them, on a ladder: prices are counted in the largest
// unit that divides all of them. Where that takes more than a ladder's range, in a market without ticks, the ordered
// map serves instead, until the book is empty. Which of them it is never shows.
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mirror/ladder/ladder.hpp"
#include "mirror/order_book.hpp"

namespace lockstep::mirror {

class Book {
 public:
  /// Behind every resting order of the same side and price. The id must be new; all orders are of one market.
  void insert(OrderId id, const Order& order);
  void erase(OrderId id);
  /// Takes `lots` (≤ remaining) off an order; an order with nothing left is erased.
  void reduce(OrderId id, Int lots);

  std::optional<Order> find(OrderId id) const;
  OrderId first(bool is_buy) const;  // best price, oldest; 0 = side is empty
  OrderId next(OrderId id) const;    // behind `id` on its side; 0 = last
  std::size_t size() const;
  bool on_ladder() const { return !map_; }

  template <class Visitor>
  void for_each(Visitor visit) const {  // in no particular order
    if (map_) return map_->for_each(visit);
    if (ladder_) ladder_->for_each([&](const ladder::Order& order) { visit(order.id, wide(order)); });
  }

 private:
  Order wide(const ladder::Order& order) const;
  ladder::Order narrow(OrderId id, const Order& order);
  std::uint32_t number_of(const Address& account);
  /// Makes `unit_` divide the price, or gives the ladder up.
  void make_room_for(Int price);
  void reset_if_empty();

  MarketId market_ = 0;
  Int unit_ = 0;     // 0: no price was seen
  Int highest_ = 0;  // price seen since there were no orders
  std::optional<ladder::Ladder> ladder_;
  std::optional<OrderBook> map_;
  std::vector<Address> accounts_;  // by the ladder's numbers
  std::unordered_map<Address, std::uint32_t> numbers_;
};

}  // namespace lockstep::mirror
