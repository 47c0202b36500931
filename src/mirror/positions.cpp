#include "mirror/positions.hpp"

#include <algorithm>

namespace lockstep::mirror {
namespace {

std::unique_ptr<Position[]> room_for(std::size_t count) {
  if (count == 0) return nullptr;
  return std::make_unique_for_overwrite<Position[]>(count);
}

}  // namespace

Positions::Positions(const Positions& other) : held_(room_for(other.count_)), count_(other.count_) {
  std::ranges::copy(other, held_.get());
}

Positions& Positions::operator=(Positions other) noexcept {
  held_ = std::move(other.held_);
  count_ = std::exchange(other.count_, 0);
  return *this;
}

const Position* Positions::find(MarketId market) const {
  const auto* const place = std::ranges::lower_bound(*this, market, {}, &Position::market);
  return place != end() && place->market == market ? place : nullptr;
}

Position& Positions::at(MarketId market) {
  auto* const place = std::ranges::lower_bound(*this, market, {}, &Position::market);
  if (place != end() && place->market == market) return *place;
  return *insert(static_cast<std::size_t>(place - begin()), Position{.market = market});
}

void Positions::push_back(const Position& position) { insert(count_, position); }

void Positions::drop_empty() {
  const auto left =
      static_cast<std::size_t>(std::ranges::count_if(*this, [](const Position& p) { return !p.empty(); }));
  if (left == count_) return;
  auto kept = room_for(left);
  std::ranges::copy_if(*this, kept.get(), [](const Position& p) { return !p.empty(); });
  held_ = std::move(kept);
  count_ = static_cast<std::uint32_t>(left);
}

Position* Positions::insert(std::size_t index, const Position& position) {
  auto more = room_for(count_ + 1);
  std::copy(begin(), begin() + index, more.get());
  more[index] = position;
  std::copy(begin() + index, end(), more.get() + index + 1);
  held_ = std::move(more);
  ++count_;
  return begin() + index;
}

}  // namespace lockstep::mirror
