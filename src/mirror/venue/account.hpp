#pragma once
// An account of a venue: a few positions beside it in memory, more of them behind it.
#include <array>
#include <cstdint>
#include <vector>

#include "mirror/venue/order.hpp"

namespace lockstep::mirror::venue {

struct Position {
  std::uint32_t market = 0;
  Lots size = 0;                    // > 0 long
  Lots bid_lots = 0, ask_lots = 0;  // resting, without reduce-only orders
  std::int64_t funding_index = 0;   // of the market when it was last settled
  Int quote = 0;                    // received minus paid for `size`; 0 while flat
  bool operator==(const Position&) const = default;
};

class Account {
 public:
  Int collateral = 0;
  std::uint32_t resting = 0;  // orders

  /// Null if it never had one there.
  const Position* find(std::uint32_t market) const {
    for (std::uint32_t i = 0; i < count_; ++i)
      if (at(i).market == market) return &at(i);
    return nullptr;
  }
  Position& of(std::uint32_t market) {
    for (std::uint32_t i = 0; i < count_; ++i)
      if (at(i).market == market) return at(i);
    if (count_ >= near_.size()) far_.emplace_back();
    Position& added = at(count_++);
    added = {.market = market};
    return added;
  }
  Lots size_in(std::uint32_t market) const {
    const Position* position = find(market);
    return position == nullptr ? 0 : position->size;
  }
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (std::uint32_t i = 0; i < count_; ++i) visit(at(i));
  }

 private:
  Position& at(std::uint32_t i) { return i < near_.size() ? near_[i] : far_[i - near_.size()]; }
  const Position& at(std::uint32_t i) const { return i < near_.size() ? near_[i] : far_[i - near_.size()]; }

  std::uint32_t count_ = 0;
  std::array<Position, 2> near_;
  std::vector<Position> far_;
};

}  // namespace lockstep::mirror::venue
