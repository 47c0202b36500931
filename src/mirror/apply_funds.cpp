// Value that enters and leaves, and value that moves between an account and the insurance fund without a trade.
#include <algorithm>

#include "mirror/apply.hpp"

namespace lockstep::mirror {

Done deposit(State& state, const Arguments& args) {
  Change change(state);
  Account& account = change.account(args.account(0));
  account.collateral = change.math.add(Int{account.collateral}, args.number(1));
  change.net_deposits = change.math.add(change.net_deposits, args.number(1));
  return change.commit();
}

Done withdraw(State& state, const Arguments& args) {
  if (state.pools.terms)
    return std::unexpected("withdraw: of an instance with pools what leaves is told by withdraw_realized");
  Change change(state);
  Account& account = change.account(args.account(0));
  const Margin margin = margin_of(change.math, account, state.markets);
  const Int free = change.math.sub(std::min<Int>(account.collateral, margin.equity), margin.initial);
  if (args.number(1) > free)
    return std::unexpected("withdraw.amount: " + to_text(args.number(1)) + " of " + to_text(free) + " free");
  account.collateral = change.math.sub(Int{account.collateral}, args.number(1));
  change.net_deposits = change.math.sub(change.net_deposits, args.number(1));
  return change.commit();
}

Done insurance(State& state, const Arguments& args) {
  Change change(state);
  change.insurance = change.math.add(change.insurance, args.number(0));
  change.net_deposits = change.math.add(change.net_deposits, args.number(0));
  return change.commit();
}

Done cover_bad_debt(State& state, const Arguments& args) {
  if (!state.bad_debt) return std::unexpected("cover_bad_debt: no bad debt is left by a liquidation");
  const BadDebt due = *state.bad_debt;
  if (args.account(0) != due.account) return differs("cover_bad_debt.account", args.account(0), due.account);
  if (args.number(1) != due.amount) return differs("cover_bad_debt.amount", args.number(1), due.amount);
  Change change(state);
  change.pay_insurance(change.account(due.account), change.math.sub(Int{0}, due.amount));
  auto done = change.commit();
  if (done) state.bad_debt.reset();
  return done;
}

}  // namespace lockstep::mirror
