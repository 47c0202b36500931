#pragma once
// Resting orders of one market in price-time priority. Links are order ids, never pointers, so that a copy is a plain
// copy.
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>

#include "mirror/value.hpp"

namespace lockstep::mirror {

struct Order {
  Address account;
  MarketId market = 0;
  bool is_buy = false;
  bool reduce_only = false;
  Int price = 0;      // quote units per lot
  Int remaining = 0;  // lots, > 0 while resting
};

class OrderBook {
 public:
  /// Behind every resting order of the same side and price. The id must be new.
  void insert(OrderId id, const Order& order);
  void erase(OrderId id);
  /// Takes `lots` (≤ remaining) off an order; an order with nothing left is erased.
  void reduce(OrderId id, Int lots);

  const Order* find(OrderId id) const;
  Int best_price(bool is_buy) const;  // 0 = side is empty
  OrderId first(bool is_buy) const;   // best price, oldest; 0 = side is empty
  OrderId next(OrderId id) const;     // behind `id` on its side; 0 = last
  std::size_t size() const { return nodes_.size(); }

  template <class Visitor>
  void for_each(Visitor visit) const {  // in no particular order
    for (const auto& [id, node] : nodes_) visit(id, node.order);
  }

 private:
  struct Node {
    Order order;
    OrderId before = 0, after = 0;  // at the same price
  };
  struct Level {
    OrderId head = 0, tail = 0;
  };
  using Bids = std::map<Int, Level, std::greater<Int>>;
  using Asks = std::map<Int, Level>;

  template <class Side>
  void link(Side& side, OrderId id, Node& node);
  template <class Side>
  void unlink(Side& side, const Node& node);
  template <class Side>
  static OrderId level_behind(const Side& side, Int price);

  Bids bids_;
  Asks asks_;
  std::unordered_map<OrderId, Node> nodes_;
};

}  // namespace lockstep::mirror
