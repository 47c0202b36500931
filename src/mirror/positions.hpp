#pragma once
// The positions of one account, ascending by market: a vector in half the bytes and without room to spare, since most
// accounts hold a few and there are millions of them. Whatever adds or drops one moves them all.
#include <cstdint>
#include <memory>
#include <utility>

#include "mirror/position.hpp"

namespace lockstep::mirror {

class Positions {
 public:
  Positions() = default;
  ~Positions() = default;
  Positions(const Positions& other);
  Positions(Positions&& other) noexcept : held_(std::move(other.held_)), count_(std::exchange(other.count_, 0)) {}
  Positions& operator=(Positions other) noexcept;

  Position* begin() { return held_.get(); }
  Position* end() { return held_.get() + count_; }
  const Position* begin() const { return held_.get(); }
  const Position* end() const { return held_.get() + count_; }
  const Position* data() const { return held_.get(); }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Position& back() const { return held_[count_ - 1]; }

  const Position* find(MarketId market) const;
  Position& at(MarketId market);  // added, empty, if there is none
  /// Behind the others, whose markets are below its.
  void push_back(const Position& position);
  void drop_empty();

 private:
  Position* insert(std::size_t index, const Position& position);

  std::unique_ptr<Position[]> held_;
  std::uint32_t count_ = 0;
};

}  // namespace lockstep::mirror
