#pragma once
// An account of a venue: a few positions beside it in memory, more of them behind it.
#include <array>
#include <cstdint>
#include <vector>

#include "mirror/venue/order.hpp"

namespace lockstep::mirror::venue {

struct Position {
  std::uint32_t market = 0;
  std::uint16_t resting = 0;        // orders here, reduce-only ones included
  bool isolated = false;            // stands on margin of its own, not on the account's collateral
  Lots size = 0;                    // > 0 long
  Lots bid_lots = 0, ask_lots = 0;  // resting, without reduce-only orders
  std::int64_t funding_index = 0;   // of the market when it was last settled
  Int quote = 0;                    // received minus paid for `size`; 0 while flat
  bool operator==(const Position&) const = default;
};

class Account {
 public:
  Int collateral = 0;         // behind every position that is not isolated
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

  /// What stands behind a position.
  Int& funds(const Position& position) { return position.isolated ? own(position.market) : collateral; }
  /// Margin set aside for an isolated position; what is left of it outlives the position.
  Int& own(std::uint32_t market) {
    for (Own& one : own_)
      if (one.market == market) return one.margin;
    return own_.emplace_back(Own{.market = market}).margin;
  }
  Int own_margin(std::uint32_t market) const {
    for (const Own& one : own_)
      if (one.market == market) return one.margin;
    return 0;
  }
  /// Collateral and all margin set aside.
  Int all_funds() const {
    Int sum = collateral;
    for (const Own& one : own_) sum += one.margin;
    return sum;
  }

 private:
  struct Own {
    std::uint32_t market = 0;
    Int margin = 0;
  };
  Position& at(std::uint32_t i) { return i < near_.size() ? near_[i] : far_[i - near_.size()]; }
  const Position& at(std::uint32_t i) const { return i < near_.size() ? near_[i] : far_[i - near_.size()]; }

  std::uint32_t count_ = 0;
  std::array<Position, 2> near_;
  std::vector<Position> far_;
  std::vector<Own> own_;
};

}  // namespace lockstep::mirror::venue
