#pragma once
// Resting orders of one market in price-time priority, as mirror/order_book.hpp has them, for markets whose prices are
// ticks: a dense order table and levels found through bitmaps, no allocation in steady state. A plain value: a copy is
// a copy.
#include <cstdint>

#include "base/assert.hpp"
#include "mirror/ladder/order_table.hpp"
#include "mirror/ladder/price_index.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror::ladder {

struct Order {
  OrderId id = 0;
  std::int64_t lots = 0;      // > 0 while resting
  std::uint32_t tick = 0;     // below PriceIndex::keys; what a tick is worth and where tick 0 is, the caller knows
  std::uint32_t account = 0;  // the caller's number of it, below 2^31
  bool is_buy = false;
  bool reduce_only = false;
  bool operator==(const Order&) const = default;
};

class Ladder {
 public:
  static constexpr std::uint32_t no_tick = PriceIndex::none;

  /// Room for `orders` resting at once before anything is allocated again; pages of levels come as prices are seen.
  explicit Ladder(std::size_t orders = 1024) : table_(orders) {}

  /// Behind every resting order of the same side and tick. The id is new and not 0.
  void insert(const Order& order) {
    LOCKSTEP_ASSERT(order.id != 0 && order.lots > 0 && order.tick < PriceIndex::keys && order.account <= low_bits);
    if (table_.is_full()) grow();
    place(order);
  }

  void erase(OrderId id) {
    const std::uint32_t index = table_.find(id);
    LOCKSTEP_ASSERT(id != 0 && index != none);
    remove(index);
  }

  /// Takes `lots` (<= remaining) off an order; an order with nothing left is erased.
  void reduce(OrderId id, std::int64_t lots) {
    const std::uint32_t index = table_.find(id);
    LOCKSTEP_ASSERT(id != 0 && index != none && lots > 0 && lots <= table_.at(index).lots);
    table_.at(index).lots -= lots;
    if (table_.at(index).lots == 0) remove(index);
  }

  /// Asks memory for an order, or for where a new one will be.
  void prefetch(OrderId id) const { table_.prefetch(id); }
  bool contains(OrderId id) const { return id != 0 && table_.find(id) != none; }
  /// A resting order.
  Order at(OrderId id) const {
    const std::uint32_t index = table_.find(id);
    LOCKSTEP_ASSERT(id != 0 && index != none);
    return order(table_.at(index));
  }

  /// Best price of a side, or no_tick.
  std::uint32_t best_tick(bool is_buy) const {
    const std::uint32_t key = side(is_buy).first();
    return key == none ? no_tick : tick_of(key, is_buy);
  }
  /// Best price, oldest; 0 = side is empty.
  OrderId first(bool is_buy) const {
    const std::uint32_t key = side(is_buy).first();
    return key == none ? 0 : table_.at(side(is_buy).at(key).head).id;
  }
  /// Behind `id` on its side; 0 = last.
  OrderId next(OrderId id) const {
    const std::uint32_t index = table_.find(id);
    LOCKSTEP_ASSERT(id != 0 && index != none);
    const std::uint32_t behind = next_index(index);
    return behind == none ? 0 : table_.at(behind).id;
  }
  std::size_t size() const { return table_.size(); }

  /// Trades up to `lots` against the other side, best first, no worse than `limit`. For each resting order
  /// on_fill(id, account, tick, lots) before it is reduced. Returns what is left. Neither self-trades nor reduce-only
  /// are looked at: an order that needs a rule is matched step by step.
  template <class OnFill>
  std::int64_t take(bool is_buy, std::uint32_t limit, std::int64_t lots, OnFill on_fill) {
    PriceIndex& other = side(!is_buy);
    const std::uint32_t last = key_of(limit, !is_buy);
    while (lots > 0 && other.first() <= last) {  // none is larger than every key
      const std::uint32_t key = other.first();
      const std::uint32_t index = other.at(key).head;
      Node& maker = table_.at(index);
      const std::int64_t fill = maker.lots < lots ? maker.lots : lots;
      on_fill(maker.id, maker.account_and_flag & low_bits, tick_of(key, !is_buy), fill);
      lots -= fill;
      maker.lots -= fill;
      if (maker.lots == 0) remove(index);
    }
    return lots;
  }

  /// In priority order, buys first.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (const bool is_buy : {true, false}) {
      const std::uint32_t key = side(is_buy).first();
      for (std::uint32_t i = key == none ? none : side(is_buy).at(key).head; i != none; i = next_index(i))
        visit(order(table_.at(i)));
    }
  }

 private:
  static constexpr std::uint32_t none = PriceIndex::none;
  static constexpr std::uint32_t high_bit = 1U << 31, low_bits = high_bit - 1;

  static std::uint32_t key_of(std::uint32_t tick, bool is_buy) { return is_buy ? PriceIndex::keys - 1 - tick : tick; }
  static std::uint32_t tick_of(std::uint32_t key, bool is_buy) { return key_of(key, is_buy); }
  PriceIndex& side(bool is_buy) { return is_buy ? bids_ : asks_; }
  const PriceIndex& side(bool is_buy) const { return is_buy ? bids_ : asks_; }

  static Order order(const Node& node) {
    const bool is_buy = (node.key_and_side & high_bit) != 0;
    return {node.id,
            node.lots,
            tick_of(node.key_and_side & low_bits, is_buy),
            node.account_and_flag & low_bits,
            is_buy,
            (node.account_and_flag & high_bit) != 0};
  }

  void place(const Order& order) {
    LOCKSTEP_ASSERT(table_.find(order.id) == none);
    const std::uint32_t key = key_of(order.tick, order.is_buy), index = table_.add(order.id);
    auto& level = side(order.is_buy).open(key);
    table_.at(index) = {order.id,
                        order.lots,
                        level.tail,
                        none,
                        key | (order.is_buy ? high_bit : 0),
                        order.account | (order.reduce_only ? high_bit : 0)};
    (level.tail == none ? level.head : table_.at(level.tail).after) = index;
    level.tail = index;
  }

  void remove(std::uint32_t index) {
    const Node& node = table_.at(index);
    auto& index_of_side = side((node.key_and_side & high_bit) != 0);
    const std::uint32_t key = node.key_and_side & low_bits, before = node.before, after = node.after;
    if (before == none && after == none) {
      index_of_side.close(key);
    } else {
      auto& level = index_of_side.at(key);
      (before == none ? level.head : table_.at(before).after) = after;
      (after == none ? level.tail : table_.at(after).before) = before;
    }
    table_.remove(index);
  }

  std::uint32_t next_index(std::uint32_t index) const {
    const Node& node = table_.at(index);
    if (node.after != none) return node.after;
    const auto& index_of_side = side((node.key_and_side & high_bit) != 0);
    const std::uint32_t key = index_of_side.after(node.key_and_side & low_bits);
    return key == none ? none : index_of_side.at(key).head;
  }

  void grow();

  OrderTable table_;
  PriceIndex bids_, asks_;
};

}  // namespace lockstep::mirror::ladder
