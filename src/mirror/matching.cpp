#include "mirror/matching.hpp"

#include <algorithm>

namespace lockstep::mirror {
namespace {

bool crosses(const Order& incoming, Int resting_price) {
  return incoming.is_buy ? resting_price <= incoming.price : resting_price >= incoming.price;
}

/// Lots this order may still trade: all it has left, or less if it may only reduce.
Int tradable(const State& state, const Order& order) {
  if (!order.reduce_only) return order.remaining;
  const auto at = state.accounts.find(order.account);
  const Int size = at == state.accounts.end() ? 0 : at->second.size_in(order.market);
  return std::min(order.remaining, reducible(size, order.is_buy));
}

Step cancel(OrderId id, Int lots) { return {.kind = Step::Kind::cancel, .order = id, .lots = lots}; }
Step impossible(std::string why) { return {.kind = Step::Kind::impossible, .why = std::move(why)}; }

Step fill(const State& state, const Order& taker, OrderId best, const Order& resting) {
  const Int lots = std::min(tradable(state, taker), tradable(state, resting));
  return {.kind = Step::Kind::fill, .order = best, .price = resting.price, .lots = lots};
}

Step settle_remainder(const Incoming& incoming, bool crossing, bool spent) {
  const Int left = incoming.order.remaining;
  if (left == 0) return {.kind = Step::Kind::done};
  if (incoming.time_in_force == TimeInForce::fok) {
    return impossible("fill-or-kill order " + std::to_string(incoming.id) + " with " + to_text(Value{left}) +
                      " lots unfilled");
  }
  // Nothing left to reduce, not meant to rest, or the match limit was reached.
  if (spent || crossing || incoming.time_in_force == TimeInForce::ioc) return cancel(incoming.id, left);
  return {.kind = Step::Kind::rest, .lots = left};
}

}  // namespace

Step next_step(const State& state, const Incoming& incoming) {
  const Book& book = state.markets.at(incoming.order.market).book;
  if (incoming.spent_maker != 0) return cancel(incoming.spent_maker, book.find(incoming.spent_maker)->remaining);

  const OrderId best = book.first(!incoming.order.is_buy);
  const std::optional<Order> resting = best == 0 ? std::nullopt : book.find(best);
  const bool crossing = resting.has_value() && crosses(incoming.order, resting->price);
  if (crossing && incoming.time_in_force == TimeInForce::post_only) {
    return impossible("post-only order " + std::to_string(incoming.id) + " crosses order " + std::to_string(best));
  }
  const bool spent = incoming.order.reduce_only && tradable(state, incoming.order) == 0;
  if (crossing && incoming.order.remaining > 0 && incoming.steps < max_match_steps) {
    // One's own order and one that can no longer reduce are removed even by an order that has nothing left to trade
    // itself.
    if (resting->account == incoming.order.account || tradable(state, *resting) == 0)
      return cancel(best, resting->remaining);
    if (!spent) return fill(state, incoming.order, best, *resting);
  }
  return settle_remainder(incoming, crossing, spent);
}

std::string to_text(const Step& step) {
  const auto lots = to_text(Value{step.lots});
  switch (step.kind) {
    case Step::Kind::fill:
      return "trade of " + lots + " lots at " + to_text(Value{step.price}) + " with order " +
             std::to_string(step.order);
    case Step::Kind::cancel:
      return "cancel of order " + std::to_string(step.order) + " with " + lots + " lots left";
    case Step::Kind::rest:
      return lots + " lots to rest";
    case Step::Kind::done:
      return "nothing";
    case Step::Kind::impossible:
      return step.why;
  }
  return "an unknown step";
}

}  // namespace lockstep::mirror
