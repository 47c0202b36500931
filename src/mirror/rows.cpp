#include "mirror/rows.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "mirror/leaf.hpp"

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

/// With its positions and what it has in pools.
void add_account(Rows& rows, const Address& address, const Account& account, const State& state) {
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

template <class Terms>
void add_terms(Rows& rows, Table table, const std::optional<Terms>& terms) {
  if (!terms) return;
  const auto values = terms->values();
  rows.push_back({{.table = table, .account = {}, .market = 0, .order = 0}, {values.begin(), values.end()}});
}

void add_globals(Rows& rows, const State& state) {
  rows.push_back(
      {{.table = Table::global, .account = {}, .market = 0, .order = 0}, {state.insurance, Int{state.next_order}}});
  add_terms(rows, Table::option_terms, state.boards.terms);
  add_terms(rows, Table::pool_terms, state.pools.terms);
}

void add_board(Rows& rows, BoardId id, const Board& board) {
  const auto values = board.values();
  rows.push_back({{.table = Table::board, .account = {}, .market = id, .order = 0}, {values.begin(), values.end()}});
}

void add_strike(Rows& rows, MarketId id, const Strike& strike) {
  std::vector<Value> values{Int{strike.board}, strike.price, strike.skew};
  values.insert(values.end(), strike.held.begin(), strike.held.end());
  rows.push_back({{.table = Table::strike, .account = {}, .market = id, .order = 0}, std::move(values)});
}

void add_pool(Rows& rows, MarketId id, const Pool& pool) {
  rows.push_back({{.table = Table::pool, .account = {}, .market = id, .order = 0}, {pool.mark, pool.gross}});
}

void add_common(Rows& rows, const State& state) {
  add_globals(rows, state);
  for (const auto& [id, market] : state.markets) add_market(rows, id, market);
  for (const auto& [id, board] : state.boards.all) add_board(rows, id, board);
  for (const auto& [id, strike] : state.boards.strikes) add_strike(rows, id, strike);
  for (const auto& [id, pool] : state.pools.all) add_pool(rows, id, pool);
}

void add_order(Rows& rows, OrderId id, const State& state) {
  const auto rests = state.resting.find(id);
  if (rests == state.resting.end()) return;
  const Book& book = state.markets.at(rests->second).book;
  add_order(rows, id, *book.find(id), book.next(id));
}

/// add(value) of what the map has at the key.
template <class Map, class Add>
void add_found(const Map& map, const typename Map::key_type& key, Add add) {
  if (const auto at = map.find(key); at != map.end()) add(at->second);
}

void add_entity(Rows& rows, const Key& key, const State& state) {
  switch (entity_of(key.table)) {
    case Entity::global:
      return add_globals(rows, state);
    case Entity::market:
      add_found(state.markets, key.market, [&](const auto& one) { add_market(rows, key.market, one); });
      add_found(state.boards.strikes, key.market, [&](const auto& one) { add_strike(rows, key.market, one); });
      return add_found(state.pools.all, key.market, [&](const auto& one) { add_pool(rows, key.market, one); });
    case Entity::account:
      return add_found(state.accounts, key.account,
                       [&](const auto& one) { add_account(rows, key.account, one, state); });
    case Entity::board:
      return add_found(state.boards.all, key.market, [&](const auto& one) { add_board(rows, key.market, one); });
    case Entity::holding:
      return add_found(state.boards.holdings, key.order, [&](const auto& one) { add_holding(rows, key.order, one); });
    case Entity::order:
      return add_order(rows, key.order, state);
  }
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
  for (const auto& [id, holding] : state.boards.holdings) add_holding(rows, id, holding);
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
    add_found(state.accounts, address, [&](const auto& account) { add_account(rows, address, account, state); });
    for (const auto id : state.boards.of(address)) add_holding(rows, id, state.boards.holdings.at(id));
  }
  for (const auto order : orders) add_order(rows, order, state);
  sort_by_key(rows);
  return rows;
}

Rows rows_of(const State& state, std::span<const Key> entities) {
  Rows rows;
  for (const Key& key : entities) add_entity(rows, key, state);
  sort_by_key(rows);
  return rows;
}

}  // namespace lockstep::mirror
