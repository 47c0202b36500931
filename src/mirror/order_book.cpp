#include "mirror/order_book.hpp"

#include "base/assert.hpp"

namespace lockstep::mirror {

template <class Side>
void OrderBook::link(Side& side, OrderId id, Node& node) {
  Level& level = side[node.order.price];
  node.before = level.tail;
  if (level.tail != 0) nodes_.at(level.tail).after = id;
  if (level.head == 0) level.head = id;
  level.tail = id;
}

template <class Side>
void OrderBook::unlink(Side& side, const Node& node) {
  const auto at = side.find(node.order.price);
  LOCKSTEP_ASSERT(at != side.end());
  Level& level = at->second;
  (node.before != 0 ? nodes_.at(node.before).after : level.head) = node.after;
  (node.after != 0 ? nodes_.at(node.after).before : level.tail) = node.before;
  if (level.head == 0) side.erase(at);
}

template <class Side>
OrderId OrderBook::level_behind(const Side& side, Int price) {
  const auto at = side.upper_bound(price);
  return at == side.end() ? 0 : at->second.head;
}

void OrderBook::insert(OrderId id, const Order& order) {
  LOCKSTEP_ASSERT(id != 0 && order.remaining > 0);
  const auto [at, added] = nodes_.try_emplace(id, Node{order});
  LOCKSTEP_ASSERT(added);
  order.is_buy ? link(bids_, id, at->second) : link(asks_, id, at->second);
}

void OrderBook::erase(OrderId id) {
  const auto at = nodes_.find(id);
  LOCKSTEP_ASSERT(at != nodes_.end());
  at->second.order.is_buy ? unlink(bids_, at->second) : unlink(asks_, at->second);
  nodes_.erase(at);
}

void OrderBook::reduce(OrderId id, Int lots) {
  const auto at = nodes_.find(id);
  LOCKSTEP_ASSERT(at != nodes_.end() && lots > 0 && lots <= at->second.order.remaining);
  at->second.order.remaining -= lots;
  if (at->second.order.remaining == 0) erase(id);
}

const Order* OrderBook::find(OrderId id) const {
  const auto at = nodes_.find(id);
  return at == nodes_.end() ? nullptr : &at->second.order;
}

OrderId OrderBook::first(bool is_buy) const {
  if (is_buy) return bids_.empty() ? 0 : bids_.begin()->second.head;
  return asks_.empty() ? 0 : asks_.begin()->second.head;
}

OrderId OrderBook::next(OrderId id) const {
  const auto at = nodes_.find(id);
  LOCKSTEP_ASSERT(at != nodes_.end());
  const Node& node = at->second;
  if (node.after != 0) return node.after;
  return node.order.is_buy ? level_behind(bids_, node.order.price) : level_behind(asks_, node.order.price);
}

}  // namespace lockstep::mirror
