// Markets that end: their terms and marks, trades that no order of ours leads to, their end.
#include <algorithm>

#include "mirror/apply.hpp"

namespace lockstep::mirror {
namespace {

std::string named(const char* what, MarketId id) { return std::string(what) + ": " + std::to_string(id) + " "; }

/// The market if it is a series that has not ended.
std::expected<Market*, std::string> running(State& state, MarketId id, const char* what) {
  Market* market = find_market(state, id);
  if (market == nullptr) return std::unexpected(no_market(id).error());
  if (!market->series) return std::unexpected(named(what, id) + "is a perpetual, no series");
  if (auto done = not_expired(*market, id); !done) return std::unexpected(done.error());
  return market;
}

/// Whoever holds more than before must cover its initial margin.
Done covered(Change& change, const State& state, const Address& party, MarketId id, Int before) {
  Account& account = change.account(party);
  if (change.math.abs(account.size_in(id)) <= change.math.abs(before)) return {};
  const Margin margin = margin_of(change.math, account, state.markets);
  if (change.math.overflow() || margin.equity >= margin.initial) return {};  // commit() refuses an overflow
  return std::unexpected("trade_series: equity " + to_text(Value{margin.equity}) + " of " + to_hex(party) +
                         " is below its margin " + to_text(Value{margin.initial}));
}

}  // namespace

Done not_expired(const Market& market, MarketId id) {
  if (!market.series || !market.series->is_expired) return {};
  return std::unexpected("market: " + std::to_string(id) + " is expired");
}

Done add_series(State& state, const Arguments& args) {
  const Market* underlying = find_market(state, args.market(1));
  if (underlying == nullptr) return std::unexpected(named("underlying", args.market(1)) + "was never added");
  if (underlying->series) return std::unexpected(named("underlying", args.market(1)) + "is a series itself");
  Series series{.kind = static_cast<Series::Kind>(args.number(2)),
                .underlying = args.market(1),
                .strike = args.number(3),
                .expiry = args.number(4),
                .unit = std::max<Int>(args.number(11), 1),
                .rounding = static_cast<Rounding>(args.number(12))};
  if (series.is_option() != (series.strike > 0))
    return std::unexpected(series.is_option() ? "strike: an option needs one" : "strike: a future has none");
  if (count_markets(state, true) == max_series)
    return std::unexpected("market: more than " + std::to_string(max_series));
  const auto [at, added] = state.markets.try_emplace(args.market(0));
  if (!added) return std::unexpected(named("market", args.market(0)) + "was added before");
  at->second.parameters = {.initial_bps = args.number(5),
                           .maintenance_bps = args.number(6),
                           .maker_fee_ppm = args.number(7),
                           .taker_fee_ppm = args.number(8),
                           .tick = args.number(9),
                           .lot = args.number(10)};
  at->second.series = series;
  state.touched.market(args.market(0));
  return {};
}

Done mark_series(State& state, const Arguments& args) {
  const auto market = running(state, args.market(0), "mark_series.market");
  if (!market) return std::unexpected(market.error());
  Series& series = *(*market)->series;
  series.volatility = args.number(1);
  series.rate = args.number(2);
  series.forward = args.number(3);
  state.touched.market(args.market(0));
  return {};
}

Done trade_series(State& state, const Arguments& args) {
  const MarketId id = args.market(0);
  const auto market = running(state, id, "trade_series.market");
  if (!market) return std::unexpected(market.error());
  const Address &buyer = args.account(1), &seller = args.account(2);
  const Int lots = args.number(3), price = args.number(4);
  if (lots <= 0) return std::unexpected("trade_series.size: " + to_text(lots) + " is not above zero");
  if (buyer == seller) return std::unexpected("trade_series.seller: the buyer itself");
  Change change(state);
  const Int bought = change.account(buyer).size_in(id), sold = change.account(seller).size_in(id);
  change.pay_insurance(change.account(buyer), args.number(5));
  change.pay_insurance(change.account(seller), args.number(6));
  change.trade(buyer, id, lots, price);
  change.trade(seller, id, -lots, price);
  for (const auto& [party, before] : {std::pair{buyer, bought}, std::pair{seller, sold}})
    if (auto done = covered(change, state, party, id, before); !done) return done;
  return change.commit();
}

Done expire_series(State& state, const Arguments& args) {
  const auto market = running(state, args.market(0), "expire_series.market");
  if (!market) return std::unexpected(market.error());
  if ((*market)->book.size() != 0)
    return std::unexpected("expire_series: " + std::to_string((*market)->book.size()) +
                           " orders were not cancelled before it");
  Series& series = *(*market)->series;
  series.is_expired = true;
  series.settlement_price = args.number(1);
  (*market)->mark = series.payoff(args.number(1));
  state.touched.market(args.market(0));
  return {};
}

Done settle_series(State& state, const Arguments& args) {
  const Address& owner = args.account(0);
  const MarketId id = args.market(1);
  const Market* market = find_market(state, id);
  if (market == nullptr) return no_market(id);
  if (!market->series || !market->series->is_expired)
    return std::unexpected(named("settle_series.market", id) + "is not expired");
  const auto at = state.accounts.find(owner);
  const Int size = at == state.accounts.end() ? 0 : at->second.size_in(id);
  if (size == 0) return std::unexpected("settle_series.account: " + to_hex(owner) + " holds nothing of it");
  Change change(state);
  Account& account = change.account(owner);
  const Int before = account.collateral;
  change.trade(owner, id, -size, market->mark);
  const Int payment = change.math.sub(Int{account.collateral}, before);
  if (args.number(2) != payment) return differs("settle_series.payment", args.number(2), payment);
  return change.commit();
}

}  // namespace lockstep::mirror
