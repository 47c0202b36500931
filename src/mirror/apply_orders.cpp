// Orders: their arrival, their cancellation and their fills.
#include "mirror/apply.hpp"
#include "mirror/incoming.hpp"
#include "mirror/matching.hpp"

namespace lockstep::mirror {

namespace {

Done on_grid(const Order& order, const Parameters& parameters) {
  if (parameters.tick != 0 && order.price % parameters.tick != 0) {
    return std::unexpected("place_order.price: " + to_text(order.price) + " is no multiple of the tick " +
                           to_text(parameters.tick));
  }
  if (parameters.lot != 0 && order.remaining % parameters.lot != 0) {
    return std::unexpected("place_order.size: " + to_text(order.remaining) + " is no multiple of the lot " +
                           to_text(parameters.lot));
  }
  return {};
}

}  // namespace

Done place_order(State& state, const Arguments& args) {
  const Market* market = find_market(state, args.market(1));
  if (market == nullptr) return no_market(args.market(1));
  if (args.order(0) != state.next_order) return differs("place_order.order", args.number(0), Int{state.next_order});
  if (auto done = not_expired(*market, args.market(1)); !done) return done;
  Incoming incoming;
  incoming.id = args.order(0);
  incoming.time_in_force = static_cast<TimeInForce>(args.number(6));
  incoming.order = {.account = args.account(2),
                    .market = args.market(1),
                    .is_buy = args.flag(3),
                    .reduce_only = args.flag(7),
                    .price = args.number(4),
                    .remaining = args.number(5)};
  if (incoming.order.remaining <= 0)
    return std::unexpected("place_order.size: " + to_text(args.number(5)) + " is not above zero");
  if (auto grid = on_grid(incoming.order, market->parameters); !grid) return grid;
  const Int underlying = underlying_mark(*market, state.markets);
  if (market->mark == 0 || underlying == 0)
    return std::unexpected("place_order.market: " + std::to_string(args.market(1)) +
                           (market->mark == 0 ? " has no mark yet" : " is on a market without a mark"));
  Checked math;
  if (!inside_band(math, incoming.order.is_buy, incoming.order.price, *market, underlying) || math.overflow()) {
    return std::unexpected("place_order.price: " + to_text(args.number(4)) + " is outside the band around the mark " +
                           to_text(market->mark));
  }
  if (const Step first = next_step(state, incoming); first.kind == Step::Kind::impossible)
    return std::unexpected(first.why);
  ++state.next_order;
  state.incoming = incoming;
  return advance(state);
}

Done cancel_order(State& state, const Arguments& args) {
  const OrderId id = args.order(0);
  if (!state.incoming) {
    const auto at = state.resting.find(id);
    if (at == state.resting.end())
      return std::unexpected("cancel_order.order: " + std::to_string(id) + " is not resting");
    const Int remaining = state.markets.at(at->second).book.find(id)->remaining;
    if (args.number(1) != remaining) return differs("cancel_order.remaining", args.number(1), remaining);
    return remove_resting(state, id);
  }
  Incoming& incoming = *state.incoming;
  if (id != incoming.next.order) return differs("cancel_order.order", args.number(0), Int{incoming.next.order});
  if (args.number(1) != incoming.next.lots)
    return differs("cancel_order.remaining", args.number(1), incoming.next.lots);
  if (id == incoming.id) {
    incoming.order.remaining = 0;
    return advance(state);
  }
  if (auto removed = remove_resting(state, id); !removed) return removed;
  if (id == incoming.spent_maker) {
    incoming.spent_maker = 0;
  } else {
    ++incoming.steps;
  }
  return advance(state);
}

namespace {

/// The chain's fill against the one expected; fees are compared where they are computed.
Done same_fill(const Incoming& incoming, const Arguments& args) {
  const Step& step = incoming.next;
  if (args.market(0) != incoming.order.market)
    return differs("trade.market", args.number(0), Int{incoming.order.market});
  if (args.order(1) != step.order) return differs("trade.maker_order", args.number(1), Int{step.order});
  if (args.order(2) != incoming.id) return differs("trade.taker_order", args.number(2), Int{incoming.id});
  if (args.number(3) != step.price) return differs("trade.price", args.number(3), step.price);
  if (args.number(4) != step.lots) return differs("trade.size", args.number(4), step.lots);
  return {};
}

Done exchange(State& state, const Order& maker, const Arguments& args) {
  Incoming& incoming = *state.incoming;
  const MarketId market = incoming.order.market;
  const Market& terms = state.markets.at(market);
  const Step& step = incoming.next;
  Change change(state);
  const auto fee_at = [&](Int ppm) { return trading_fee(change.math, terms, step.lots, step.price, ppm); };
  const Int maker_fee = fee_at(terms.parameters.maker_fee_ppm), taker_fee = fee_at(terms.parameters.taker_fee_ppm);
  if (args.number(5) != maker_fee) return differs("trade.maker_fee", args.number(5), maker_fee);
  if (args.number(6) != taker_fee) return differs("trade.taker_fee", args.number(6), taker_fee);
  change.pay_insurance(change.account(maker.account), maker_fee);
  change.pay_insurance(change.account(incoming.order.account), taker_fee);
  const Int taker_lots = incoming.order.is_buy ? step.lots : -step.lots;
  change.trade(maker.account, market, -taker_lots, step.price);
  change.trade(incoming.order.account, market, taker_lots, step.price);
  change.rest(maker, -step.lots, step.lots == maker.remaining ? -1 : 0);
  return change.commit();
}

}  // namespace

Done trade(State& state, const Arguments& args) {
  if (!state.incoming) return std::unexpected("trade: no incoming order leads to it");
  Incoming& incoming = *state.incoming;
  if (auto same = same_fill(incoming, args); !same) return same;
  Book& book = state.markets.at(incoming.order.market).book;
  const Step step = incoming.next;
  const Order maker = *book.find(step.order);
  for (const Address& account : {incoming.order.account, maker.account}) {
    if (!settled(state, account, incoming.order.market)) {
      return std::unexpected("trade: funding of " + to_hex(account) + " was not settled before it");
    }
  }
  if (auto done = exchange(state, maker, args); !done) return done;
  book.reduce(step.order, step.lots);
  state.touched.order(step.order);
  incoming.order.remaining -= step.lots;
  ++incoming.steps;
  if (maker.remaining == step.lots) {
    state.resting.erase(step.order);
  } else if (maker.reduce_only &&
             reducible(state.accounts.at(maker.account).size_in(maker.market), maker.is_buy) == 0) {
    incoming.spent_maker = step.order;
  }
  return advance(state);
}

}  // namespace lockstep::mirror
