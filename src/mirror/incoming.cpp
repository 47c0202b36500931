#include "mirror/incoming.hpp"

#include "base/assert.hpp"
#include "mirror/matching.hpp"

namespace lockstep::mirror {
namespace {

Done rest(State& state, const Incoming& incoming) {
  const Order& order = incoming.order;
  Change change(state);
  change.rest(order, order.remaining, +1);
  if (change.account(order.account).resting_orders > max_resting_orders) {
    return std::unexpected("place_order: more than " + std::to_string(max_resting_orders) + " resting orders of " +
                           to_hex(order.account));
  }
  auto done = change.commit();
  if (!done) return done;
  state.markets.at(order.market).book.insert(incoming.id, order);
  state.resting.emplace(incoming.id, order.market);
  state.touched.order(incoming.id);
  return {};
}

Done covered(const State& state, const Order& order) {
  const auto at = state.accounts.find(order.account);
  const Account none;
  Checked math;
  const Margin margin = margin_of(math, at == state.accounts.end() ? none : at->second, state.markets);
  if (math.overflow()) return std::unexpected("overflow in the margin of " + to_hex(order.account));
  const Int needed = order.reduce_only ? margin.maintenance : margin.initial;
  if (margin.equity >= needed) return {};
  return std::unexpected("place_order: equity " + to_text(margin.equity) + " of " + to_hex(order.account) +
                         " is below its margin " + to_text(needed));
}

Done finish(State& state, Incoming& incoming) {
  Done done;
  if (incoming.next.kind == Step::Kind::rest) done = rest(state, incoming);
  if (done) done = covered(state, incoming.order);
  if (done) {
    state.incoming.reset();
  } else {
    incoming.next = {.kind = Step::Kind::impossible, .why = done.error()};
  }
  return done;
}

}  // namespace

Done advance(State& state) {
  LOCKSTEP_ASSERT(state.incoming.has_value());
  Incoming& incoming = *state.incoming;
  incoming.next = next_step(state, incoming);
  switch (incoming.next.kind) {
    case Step::Kind::fill:
    case Step::Kind::cancel:
      return {};
    case Step::Kind::rest:
    case Step::Kind::done:
      return finish(state, incoming);
    case Step::Kind::impossible:
      break;
  }
  return std::unexpected(incoming.next.why);
}

Done remove_resting(State& state, OrderId id) {
  const auto at = state.resting.find(id);
  LOCKSTEP_ASSERT(at != state.resting.end());
  Book& book = state.markets.at(at->second).book;
  const Order order = *book.find(id);
  Change change(state);
  change.rest(order, -order.remaining, -1);
  auto done = change.commit();
  if (!done) return done;
  book.erase(id);
  state.touched.order(id);
  state.resting.erase(at);
  return {};
}

}  // namespace lockstep::mirror
