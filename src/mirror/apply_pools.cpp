// Trades against pools, what they realise, what is provided to them, what is taken out (mirror/pool.hpp).
#include <algorithm>
#include <utility>

#include "mirror/apply.hpp"
#include "mirror/row.hpp"

namespace lockstep::mirror {
namespace {

std::expected<Pool*, std::string> find_pool(State& state, MarketId id) {
  const auto at = state.pools.all.find(id);
  if (at == state.pools.all.end())
    return std::unexpected("market: " + std::to_string(id) + " is no pool that was added");
  return &at->second;
}

std::string overflow_in(Table table, const Address& account, MarketId market, const char* field) {
  return "overflow in " + to_text(Key{.table = table, .account = account, .market = market, .order = 0}) + " " + field;
}

/// What is left of a position without liquidity, if it is next to nothing, is nothing.
void drop_dust(const PoolTerms& terms, PoolPosition& position) {
  if (position.liquidity != 0 || !terms.is_dust(position.size) || !terms.is_dust(position.open_notional)) return;
  position.size = 0;
  position.open_notional = 0;
}

/// Writes what an account has in pools; nothing of one that has nothing.
void put(State& state, const Address& account, PoolAccount held) {
  if (held.empty())
    state.pools.accounts.erase(account);
  else
    state.pools.accounts[account] = std::move(held);
  state.accounts.try_emplace(account);
  state.touched.account(account);
}

PoolPosition position_of(const State& state, const Address& account, MarketId market) {
  const PoolPosition* position = state.pools.of(account).find(market);
  return position == nullptr ? PoolPosition{.market = market} : *position;
}

/// Writes a position in a pool, which had another size before, unless Σ |size| cannot become what it then is.
Done put(State& state, Pool& pool, const Address& account, Int size_before, const PoolPosition& position) {
  Checked math;
  const Int gross = math.add(pool.gross, math.sub(math.abs(position.size), math.abs(size_before)));
  if (math.overflow() || !within_bounds(*state.pools.terms, gross, pool.mark))
    return std::unexpected(overflow_in(Table::pool, {}, position.market, "gross"));
  if (gross != pool.gross) state.touched.market(position.market);
  pool.gross = gross;
  PoolAccount held = state.pools.of(account);
  held.at(position.market) = position;
  std::erase_if(held.positions, [](const PoolPosition& one) { return one.empty(); });
  put(state, account, std::move(held));
  return {};
}

}  // namespace

Done set_pool_terms(State& state, const Arguments& args) {
  if (!state.markets.empty() || state.boards.any())
    return std::unexpected("set_pool_terms: the instance has markets or boards, which are margined in another way");
  const PoolTerms terms{.unit = std::max<Int>(args.number(0), 1),
                        .scale = args.number(1),
                        .dust = args.number(2),
                        .initial_ppm = args.number(3),
                        .maintenance_ppm = args.number(4),
                        .rounds_down = args.number(5)};
  auto& known = state.pools.terms;
  if (known && !state.pools.all.empty()) {
    if (terms.unit != known->unit) return differs("set_pool_terms.unit", terms.unit, known->unit);
    if (terms.scale != known->scale) return differs("set_pool_terms.scale", terms.scale, known->scale);
    if (terms.dust != known->dust) return differs("set_pool_terms.dust", terms.dust, known->dust);
  }
  if (!known) state.touched.everything = true;  // every account has a row more from now on
  known = terms;
  return {};
}

Done add_pool(State& state, const Arguments& args) {
  if (!state.pools.terms) return std::unexpected("add_pool: set_pool_terms has to come before it");
  if (state.pools.all.size() == max_pools) return std::unexpected("market: more than " + std::to_string(max_pools));
  if (!state.pools.all.try_emplace(args.market(0)).second)
    return std::unexpected("market: " + std::to_string(args.market(0)) + " was added before");
  state.touched.market(args.market(0));
  return {};
}

Done mark_pool(State& state, const Arguments& args) {
  const auto pool = find_pool(state, args.market(0));
  if (!pool) return std::unexpected(pool.error());
  if (!within_bounds(*state.pools.terms, (*pool)->gross, args.number(1)))
    return std::unexpected(overflow_in(Table::pool, {}, args.market(0), "gross") + " at this mark");
  (*pool)->mark = args.number(1);
  state.touched.market(args.market(0));
  return {};
}

Done trade_pool(State& state, const Arguments& args, const Operation& operation) {
  const Address& account = args.account(0);
  const MarketId market = args.market(1);
  const auto pool = find_pool(state, market);
  if (!pool) return std::unexpected(pool.error());
  const PoolTerms& terms = *state.pools.terms;
  PoolPosition position = position_of(state, account, market);
  const Int size = position.size, told = args.number(4);

  Checked math;
  const Int profit = realised(math, terms, position, args.number(2), args.number(3));
  // Of a position that is dust some contracts realise nothing, since they do not see it.
  const bool unseen = args.number(5) == 0 && terms.is_dust(size);
  if (!math.overflow() && args.number(5) != profit && !unseen)
    return differs("trade_pool.realized", args.number(5), profit);
  position.size = math.add(size, args.number(2));
  position.open_notional = math.add(position.open_notional, math.sub(args.number(3), args.number(5)));
  if (math.overflow() || !within(position.size, max_pool_amount))
    return std::unexpected(overflow_in(Table::pool_position, account, market, "size"));
  if (!within(position.open_notional, max_pool_amount))
    return std::unexpected(overflow_in(Table::pool_position, account, market, "open_notional"));
  drop_dust(terms, position);
  if (told != position.open_notional) {
    // The contract may have dropped dust at once with the liquidity, of which the next log tells.
    const bool dropped = told == 0 && terms.is_dust(position.size) && terms.is_dust(position.open_notional);
    if (!dropped) return differs("trade_pool.open_notional", told, position.open_notional);
    position.size = 0;
    position.open_notional = 0;
  }
  if (auto done = put(state, **pool, account, size, position); !done) return done;
  state.pools.last_trade = {account, market, operation.block_num, operation.log_index};
  return {};
}

Done provide(State& state, const Arguments& args, const Operation& operation) {
  const Address& account = args.account(0);
  const MarketId market = args.market(1);
  const auto pool = find_pool(state, market);
  if (!pool) return std::unexpected(pool.error());
  PoolPosition position = position_of(state, account, market);
  const Int size = position.size;
  position.liquidity += args.number(2);  // both within 2^126
  if (position.liquidity < 0)
    return std::unexpected("provide.liquidity: " + to_text(Value{args.number(2)}) + " of " +
                           to_text(Value{position.liquidity - args.number(2)}));
  if (position.liquidity > max_liquidity)
    return std::unexpected(overflow_in(Table::pool_position, account, market, "liquidity"));
  // In the log right behind a trade of the same position it is part of it, and the contract looks for dust after both;
  // elsewhere it does not.
  const auto& last = state.pools.last_trade;
  if (last && *last == PoolTrade{account, market, operation.block_num, operation.log_index - 1})
    drop_dust(*state.pools.terms, position);
  return put(state, **pool, account, size, position);
}

Done realize(State& state, const Arguments& args) {
  if (!state.pools.terms) return std::unexpected("realize: the instance has no pools");
  const Address& account = args.account(0);
  PoolAccount held = state.pools.of(account);
  held.owed += args.number(1);  // both within 2^112
  if (!within(held.owed, max_pool_amount)) return std::unexpected(overflow_in(Table::pool_account, account, 0, "owed"));
  put(state, account, std::move(held));
  return {};
}

Done withdraw_realized(State& state, const Arguments& args) {
  if (!state.pools.terms) return std::unexpected("withdraw_realized: the instance has no pools");
  const Address& address = args.account(0);
  const PoolAccount& owner = state.pools.of(address);
  const bool provides = owner.provides();
  Change change(state);
  const Int settled = settled_of(change.math, *state.pools.terms, owner.owed);
  Account& account = change.account(address);
  account.collateral = change.math.add(Int{account.collateral}, settled);
  // Margin was asked for at a price that no event tells; but nobody takes out more than there is, unless fees of
  // liquidity that are not collected yet stand for it.
  if (args.number(1) > std::max<Int>(account.collateral, 0) && !provides)
    return std::unexpected("withdraw_realized.amount: " + to_text(Value{args.number(1)}) + " of " +
                           to_text(Value{account.collateral}));
  account.collateral = change.math.sub(Int{account.collateral}, args.number(1));
  // What pools pay or are paid comes from outside of the accounts.
  change.net_deposits = change.math.add(change.net_deposits, change.math.sub(settled, args.number(1)));
  if (auto done = change.commit(); !done) return done;
  PoolAccount held = state.pools.of(address);
  held.owed = 0;
  put(state, address, std::move(held));
  return {};
}

Done transfer(State& state, const Arguments& args) {
  // Elsewhere collateral moves only as trades, fees and liquidations say.
  if (!state.markets.empty()) return std::unexpected("transfer: the instance has markets");
  if (args.account(0) == args.account(1)) return std::unexpected("transfer.payer: the account itself");
  Change change(state);
  for (const auto& [party, amount] : {std::pair{args.account(0), -args.number(2)}, {args.account(1), args.number(2)}}) {
    Account& account = change.account(party);
    account.collateral = change.math.add(Int{account.collateral}, amount);
  }
  return change.commit();
}

}  // namespace lockstep::mirror
