#include "mirror/rows.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace lockstep::mirror {
namespace {

void add_market(Rows& rows, MarketId id, const Market& market) {
  const Parameters& p = market.parameters;
  rows.push_back(
      {{.table = Table::market, .account = {}, .market = id, .order = 0},
       {p.initial_bps, p.maintenance_bps, p.maker_fee_ppm, p.taker_fee_ppm, market.funding_index, market.open_interest,
        Int{market.book.first(true)}, Int{market.book.first(false)}, market.mark, p.tick, p.lot}});
  if (!market.series) return;
  const auto values = market.series->values();
  rows.push_back({{.table = Table::series, .account = {}, .market = id, .order = 0}, {values.begin(), values.end()}});
}

void add_pool_rows(Rows& rows, const Address& address, const PoolAccount& owner) {
  rows.push_back({{.table = Table::pool_account, .account = address, .market = 0, .order = 0}, {owner.owed}});
  for (const auto& p : owner.positions)
    rows.push_back({{.table = Table::pool_position, .account = address, .market = p.market, .order = 0},
                    {p.size, p.open_notional, p.liquidity, Int{0}}});
}

void add_holding(Rows& rows, HoldingId id, const Holding& holding) {
  rows.push_back({{.table = Table::holding, .account = {}, .market = 0, .order = id},
                  {holding.owner, Int{holding.strike}, Int{static_cast<std::uint8_t>(holding.type)}, holding.amount,
                   holding.collateral}});
}

/// With what is the account's in other tables than that of orders.
void add_account(Rows& rows, const Address& address, const Account& account, const State& state) {
  for (const auto id : state.boards.of(address)) add_holding(rows, id, state.boards.holdings.at(id));
  Checked math;
  Margin margin = margin_of(math, account, state.markets);
  if (state.pools.terms) {
    const PoolAccount& owner = state.pools.of(address);
    add_pools(math, margin, worth_of(math, state.pools, owner));
    add_pool_rows(rows, address, owner);
  }
  LOCKSTEP_ASSERT(!math.overflow());  // the limits of state.hpp and pool.hpp exclude it
  rows.push_back({{.table = Table::account, .account = address, .market = 0, .order = 0},
                  {account.collateral, margin.equity, margin.initial, margin.maintenance}});
  for (const auto& p : account.positions) {
    rows.push_back({{.table = Table::position, .account = address, .market = p.market, .order = 0},
                    {p.size, p.quote, p.funding_index, p.bid_lots, p.ask_lots}});
  }
}

void add_order(Rows& rows, OrderId id, const Order& order, OrderId next) {
  rows.push_back({{.table = Table::order, .account = {}, .market = 0, .order = id},
                  {order.account, Int{order.market}, Int{order.is_buy}, order.price, order.remaining, Int{next}}});
}

void add_boards(Rows& rows, const Boards& boards) {
  if (boards.terms) {
    const auto values = boards.terms->values();
    rows.push_back(
        {{.table = Table::option_terms, .account = {}, .market = 0, .order = 0}, {values.begin(), values.end()}});
  }
  for (const auto& [id, board] : boards.all) {
    const auto values = board.values();
    rows.push_back({{.table = Table::board, .account = {}, .market = id, .order = 0}, {values.begin(), values.end()}});
  }
  for (const auto& [id, strike] : boards.strikes) {
    std::vector<Value> values{Int{strike.board}, strike.price, strike.skew};
    values.insert(values.end(), strike.held.begin(), strike.held.end());
    rows.push_back({{.table = Table::strike, .account = {}, .market = id, .order = 0}, std::move(values)});
  }
}

void add_common(Rows& rows, const State& state) {
  rows.push_back(
      {{.table = Table::global, .account = {}, .market = 0, .order = 0}, {state.insurance, Int{state.next_order}}});
  for (const auto& [id, market] : state.markets) add_market(rows, id, market);
  add_boards(rows, state.boards);
  if (!state.pools.terms) return;
  const auto terms = state.pools.terms->values();
  rows.push_back({{.table = Table::pool_terms, .account = {}, .market = 0, .order = 0}, {terms.begin(), terms.end()}});
  for (const auto& [id, pool] : state.pools.all)
    rows.push_back({{.table = Table::pool, .account = {}, .market = id, .order = 0}, {pool.mark, pool.gross}});
}

void sort_by_key(Rows& rows) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
}

}  // namespace

Rows rows_of(const State& state) {
  Rows rows;
  rows.reserve(1 + state.markets.size() + state.boards.all.size() + state.boards.strikes.size() +
               3 * state.accounts.size() + state.boards.holdings.size() + state.resting.size());
  add_common(rows, state);
  for (const auto& [address, account] : state.accounts) add_account(rows, address, account, state);
  for (const auto& market : state.markets) {
    const Book& book = market.second.book;
    book.for_each([&](OrderId order, const Order& value) { add_order(rows, order, value, book.next(order)); });
  }
  sort_by_key(rows);
  return rows;
}

Rows rows_of(const State& state, std::span<const Address> accounts, std::span<const OrderId> orders) {
  Rows rows;
  add_common(rows, state);
  for (const auto& address : accounts) {
    const auto known = state.accounts.find(address);
    if (known != state.accounts.end()) add_account(rows, address, known->second, state);
  }
  for (const auto order : orders) {
    const auto rests = state.resting.find(order);
    if (rests == state.resting.end()) continue;
    const Book& book = state.markets.at(rests->second).book;
    add_order(rows, order, *book.find(order), book.next(order));
  }
  sort_by_key(rows);
  return rows;
}

}  // namespace lockstep::mirror
