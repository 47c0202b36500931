#pragma once
// Orders by id in one array, without hashing: an order lives at its id's low bits. Ids that count up fill it in order,
// so what was placed together lies together. An id whose place is taken by an order that still rests goes to the spare
// half of the array and is found through a chain. Orders never move until the table grows.
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror::ladder {

/// Half a cache line.
struct alignas(32) Node {
  OrderId id = 0;  // 0: no order here
  std::int64_t lots = 0;
  std::uint32_t before = 0, after = 0;  // at the same price, or PriceIndex::none
  std::uint32_t key_and_side = 0;       // key, and in the highest bit whether it buys
  std::uint32_t account_and_flag = 0;   // account, and in the highest bit whether it only reduces
};

class OrderTable {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// Room for `orders` without growing.
  explicit OrderTable(std::size_t orders) {
    std::size_t places = 64;
    while (places < 2 * orders) places *= 2;
    LOCKSTEP_ASSERT(places <= std::size_t{1} << 30);
    mask_ = static_cast<std::uint32_t>(places - 1);
    nodes_.resize(places + places / 2);
    chains_.assign(nodes_.size(), none);
    spare_.reserve(places / 2);
    for (std::size_t i = nodes_.size(); i > places; --i) spare_.push_back(static_cast<std::uint32_t>(i - 1));
  }

  std::size_t size() const { return size_; }
  bool is_full() const { return spare_.empty() || size_ == room(); }
  std::size_t room() const { return (std::size_t{mask_} + 1) / 2; }

  Node& at(std::uint32_t index) { return nodes_.data()[index]; }
  const Node& at(std::uint32_t index) const { return nodes_.data()[index]; }

  /// Index of an order, or none.
  std::uint32_t find(OrderId id) const {
    std::uint32_t index = place(id);
    while (index != none && nodes_.data()[index].id != id) index = chains_.data()[index];
    return index;
  }

  /// Asks memory for where an order most likely is.
  void prefetch(OrderId id) const { __builtin_prefetch(nodes_.data() + place(id)); }

  /// Index of a place for a new id, which is not in the table; the caller writes the node. The table is not full.
  std::uint32_t add(OrderId id) {
    ++size_;
    const std::uint32_t home = place(id);
    if (nodes_.data()[home].id == 0) return home;
    const std::uint32_t index = spare_.back();
    spare_.pop_back();
    chains_.data()[index] = chains_.data()[home];
    chains_.data()[home] = index;
    return index;
  }

  void remove(std::uint32_t index) {
    --size_;
    Node& node = nodes_.data()[index];
    if (index > mask_) {
      std::uint32_t before = place(node.id);
      while (chains_.data()[before] != index) before = chains_.data()[before];
      chains_.data()[before] = chains_.data()[index];
      chains_.data()[index] = none;
      spare_.push_back(index);
    }
    node.id = 0;
  }

 private:
  std::uint32_t place(OrderId id) const { return static_cast<std::uint32_t>(id) & mask_; }

  std::uint32_t mask_ = 0;
  std::size_t size_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> chains_;  // next node whose id has the same place
  std::vector<std::uint32_t> spare_;   // free nodes behind the places
};

}  // namespace lockstep::mirror::ladder
