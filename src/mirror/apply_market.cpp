// Markets, their parameters, marks and funding.
#include <algorithm>

#include "mirror/apply.hpp"

namespace lockstep::mirror {
namespace {

/// The grid of prices and sizes is told once, with the market.
Parameters parameters_of(const Arguments& args, Int tick, Int lot) {
  return {.initial_bps = args.number(1),
          .maintenance_bps = args.number(2),
          .maker_fee_ppm = args.number(3),
          .taker_fee_ppm = args.number(4),
          .tick = tick,
          .lot = lot};
}

}  // namespace

std::size_t count_markets(const State& state, bool series) {
  return static_cast<std::size_t>(
      std::ranges::count_if(state.markets, [&](const auto& one) { return one.second.series.has_value() == series; }));
}

Done add_market(State& state, const Arguments& args) {
  if (state.pools.terms || state.boards.any())
    return std::unexpected("market: the instance has pools or boards, which are margined in another way");
  if (count_markets(state, false) == max_markets)
    return std::unexpected("market: more than " + std::to_string(max_markets));
  const auto [at, added] = state.markets.try_emplace(args.market(0));
  if (!added) return std::unexpected("market: " + std::to_string(args.market(0)) + " was added before");
  at->second.parameters = parameters_of(args, args.number(5), args.number(6));
  state.touched.market(args.market(0));
  return {};
}

Done set_parameters(State& state, const Arguments& args) {
  Market* market = find_market(state, args.market(0));
  if (market == nullptr) return no_market(args.market(0));
  market->parameters = parameters_of(args, market->parameters.tick, market->parameters.lot);
  state.touched.market(args.market(0));
  return {};
}

Done set_mark(State& state, const Arguments& args) {
  Market* market = find_market(state, args.market(0));
  if (market == nullptr) return no_market(args.market(0));
  if (auto done = not_expired(*market, args.market(0)); !done) return done;
  market->mark = args.number(1);
  state.touched.market(args.market(0));
  return {};
}

Done set_funding(State& state, const Arguments& args) {
  Market* market = find_market(state, args.market(0));
  if (market == nullptr) return no_market(args.market(0));
  if (market->series)
    return std::unexpected("set_funding.market: " + std::to_string(args.market(0)) + " is a series, without funding");
  market->funding_index = args.number(1);
  state.touched.market(args.market(0));
  return {};
}

Done settle_funding(State& state, const Arguments& args) {
  const Address& account = args.account(0);
  const Market* market = find_market(state, args.market(1));
  if (market == nullptr) return no_market(args.market(1));
  if (args.number(3) != market->funding_index)
    return differs("settle_funding.index", args.number(3), market->funding_index);
  if (settled(state, account, args.market(1)))
    return std::unexpected("settle_funding: nothing is due from " + to_hex(account));

  Change change(state);
  Account& payer = change.account(account);
  Position& position = payer.positions.at(args.market(1));
  const Int payment = funding_payment(change.math, position.size, market->funding_index, position.funding_index);
  if (payment != args.number(2)) return differs("settle_funding.payment", args.number(2), payment);
  change.pay_insurance(payer, payment);
  position.funding_index = market->funding_index;
  return change.commit();
}

}  // namespace lockstep::mirror
