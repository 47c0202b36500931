#include "mirror/book.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace lockstep::mirror {
namespace {

constexpr std::size_t first_room = 32;  // orders; a ladder grows

Int common_divisor(Int a, Int b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

}  // namespace

Order Book::wide(const ladder::Order& order) const {
  return {.account = accounts_[order.account],
          .market = market_,
          .is_buy = order.is_buy,
          .reduce_only = order.reduce_only,
          .price = Int{order.tick} * unit_,
          .remaining = order.lots};
}

ladder::Order Book::narrow(OrderId id, const Order& order) {
  return {.id = id,
          .lots = static_cast<std::int64_t>(order.remaining),
          .tick = static_cast<std::uint32_t>(order.price / unit_),
          .account = number_of(order.account),
          .is_buy = order.is_buy,
          .reduce_only = order.reduce_only};
}

std::uint32_t Book::number_of(const Address& account) {
  const auto [at, fresh] = numbers_.try_emplace(account, static_cast<std::uint32_t>(accounts_.size()));
  if (fresh) accounts_.push_back(account);
  return at->second;
}

void Book::make_room_for(Int price) {
  highest_ = std::max(highest_, price);
  const Int unit = common_divisor(price, unit_);
  if (unit == unit_ && highest_ / unit < ladder::PriceIndex::keys) return;
  std::vector<std::pair<OrderId, Order>> resting;
  for_each([&](OrderId id, const Order& order) { resting.emplace_back(id, order); });  // in priority order: a ladder's
  unit_ = unit;
  ladder_.emplace(std::max(first_room, resting.size()));
  if (highest_ / unit >= ladder::PriceIndex::keys) {
    ladder_.reset();
    map_.emplace();
  }
  for (const auto& [id, order] : resting) map_ ? map_->insert(id, order) : ladder_->insert(narrow(id, order));
}

void Book::insert(OrderId id, const Order& order) {
  LOCKSTEP_ASSERT(order.price > 0 && order.remaining > 0 && order.remaining <= std::int64_t{1} << 62);
  market_ = order.market;
  if (!map_) make_room_for(order.price);
  map_ ? map_->insert(id, order) : ladder_->insert(narrow(id, order));
}

void Book::reset_if_empty() {
  if (size() != 0) return;
  highest_ = 0;
  if (!map_) return;
  map_.reset();
  unit_ = 0;
}

void Book::erase(OrderId id) {
  map_ ? map_->erase(id) : ladder_->erase(id);
  reset_if_empty();
}

void Book::reduce(OrderId id, Int lots) {
  map_ ? map_->reduce(id, lots) : ladder_->reduce(id, static_cast<std::int64_t>(lots));
  reset_if_empty();
}

std::optional<Order> Book::find(OrderId id) const {
  if (map_) {
    const Order* order = map_->find(id);
    return order == nullptr ? std::nullopt : std::optional(*order);
  }
  if (!ladder_ || !ladder_->contains(id)) return std::nullopt;
  return wide(ladder_->at(id));
}

OrderId Book::first(bool is_buy) const {
  if (map_) return map_->first(is_buy);
  return ladder_ ? ladder_->first(is_buy) : 0;
}

OrderId Book::next(OrderId id) const {
  if (map_) return map_->next(id);
  LOCKSTEP_ASSERT(ladder_.has_value());
  return ladder_->next(id);
}

std::size_t Book::size() const {
  if (map_) return map_->size();
  return ladder_ ? ladder_->size() : 0;
}

}  // namespace lockstep::mirror
