// An account below its maintenance margin is taken over, at the mark, by a liquidator; the account pays the insurance
// fund a penalty.
#include <algorithm>

#include "mirror/apply.hpp"

namespace lockstep::mirror {
namespace {

Done may_liquidate(const State& state, const Arguments& args) {
  const auto at = state.accounts.find(args.account(0));
  const MarketId id = args.market(1);
  const Int size = at == state.accounts.end() ? 0 : at->second.size_in(id);
  const Int lots = args.number(3);
  if (args.account(0) == args.account(2)) return std::unexpected("liquidate.liquidator: the account itself");
  if (lots == 0 || (lots > 0) != (size > 0) || (lots > 0 ? lots > size : lots < size)) {
    return std::unexpected("liquidate.size: " + to_text(lots) + " of a position of " + to_text(size));
  }
  if (at->second.resting_orders != 0) {
    return std::unexpected("liquidate: " + std::to_string(at->second.resting_orders) + " orders of " +
                           to_hex(args.account(0)) + " were not cancelled before it");
  }
  Checked math;
  const Margin margin = margin_of(math, at->second, state.markets);
  if (math.overflow()) return std::unexpected("overflow in the margin of " + to_hex(args.account(0)));
  if (margin.equity < margin.maintenance) return {};
  return std::unexpected("liquidate: " + to_hex(args.account(0)) + " is healthy: equity " + to_text(margin.equity) +
                         ", maintenance margin " + to_text(margin.maintenance));
}

Int penalty_of(Checked& math, const Market& market, Int lots) {
  const Int size = math.abs(lots);
  if (!market.series) return margin(math, size, market.mark, liquidation_penalty_bps);
  const Int notional = ceil_div(math.mul(size, market.mark), market.series->unit);
  return ceil_share(math, notional, liquidation_penalty_bps, bps_scale);
}

/// What the fund owes for an account that has nothing left but a debt.
Int uncovered(const Account& account, Int insurance) {
  const bool open =
      std::any_of(account.positions.begin(), account.positions.end(), [](const Position& p) { return p.size != 0; });
  if (open || account.collateral >= 0) return 0;
  return std::min(-Int{account.collateral}, std::max(insurance, Int{0}));
}

}  // namespace

Done liquidate(State& state, const Arguments& args) {
  const Market* market = find_market(state, args.market(1));
  if (market == nullptr) return no_market(args.market(1));
  if (auto done = not_expired(*market, args.market(1)); !done) return done;
  if (args.number(4) != market->mark) return differs("liquidate.price", args.number(4), market->mark);
  if (auto may = may_liquidate(state, args); !may) return may;
  for (const Address& account : {args.account(0), args.account(2)}) {
    if (!settled(state, account, args.market(1))) {
      return std::unexpected("liquidate: funding of " + to_hex(account) + " was not settled before it");
    }
  }
  const Int lots = args.number(3);
  Change change(state);
  const Int penalty = penalty_of(change.math, *market, lots);
  if (args.number(5) != penalty) return differs("liquidate.penalty", args.number(5), penalty);
  change.trade(args.account(0), args.market(1), -lots, market->mark);
  change.trade(args.account(2), args.market(1), lots, market->mark);
  change.pay_insurance(change.account(args.account(0)), penalty);

  const Margin liquidator = margin_of(change.math, change.account(args.account(2)), state.markets);
  if (liquidator.equity < liquidator.initial) {
    return std::unexpected("liquidate.liquidator: equity " + to_text(liquidator.equity) + " is below its margin " +
                           to_text(liquidator.initial));
  }
  const Int cover = uncovered(change.account(args.account(0)), change.insurance);
  auto done = change.commit();
  if (done && cover > 0) state.bad_debt = BadDebt{args.account(0), cover};
  return done;
}

}  // namespace lockstep::mirror
