#include "mirror/imprint.hpp"

#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "mirror/in_order.hpp"

namespace lockstep::mirror {
namespace {

Key global_key() { return {}; }
Key market_key(MarketId id) { return {.table = Table::market, .account = {}, .market = id, .order = 0}; }
/// An instance has markets, pools or strikes.
Key market_key(MarketId id, const State& state) {
  Key key = market_key(id);
  if (state.pools.terms) key.table = Table::pool;
  if (!state.boards.all.empty()) key.table = Table::strike;
  return key;
}
Key account_key(const Address& address) {
  return {.table = Table::account, .account = address, .market = 0, .order = 0};
}
Key order_key(OrderId id) { return {.table = Table::order, .account = {}, .market = 0, .order = id}; }
Key board_key(BoardId id) { return {.table = Table::board, .account = {}, .market = id, .order = 0}; }
Key holding_key(HoldingId id) { return {.table = Table::holding, .account = {}, .market = 0, .order = id}; }

void add_market(LeafText& text, const Market& market, MarketId id) {
  const Parameters& p = market.parameters;
  for (const Int value : {p.initial_bps, p.maintenance_bps, p.maker_fee_ppm, p.taker_fee_ppm, market.funding_index,
                          market.open_interest, market.mark, p.tick, p.lot})
    text.field(value);
  if (!market.series) return;
  text.row({.table = Table::series, .account = {}, .market = id, .order = 0});
  text.fields(market.series->values());
}

void add_account(LeafText& text, const Address& address, const Account& account) {
  text.field(account.collateral);
  for (const Position& p : account.positions) {
    text.row({.table = Table::position, .account = address, .market = p.market, .order = 0});
    text.fields(p.values());
  }
}

void add_order(LeafText& text, const Order& order) {
  text.field(order.account);
  for (const Int value : {Int{order.market}, Int{order.is_buy}, order.price, order.remaining}) text.field(value);
}

void add_holding(LeafText& text, const Holding& holding) {
  text.field(holding.owner);
  for (const Int value :
       {Int{holding.strike}, Int{static_cast<std::uint8_t>(holding.type)}, holding.amount, holding.collateral})
    text.field(value);
}

void add_pools(LeafText& text, const Address& address, const Pools& pools) {
  const PoolAccount& owner = pools.of(address);
  text.row({.table = Table::pool_account, .account = address, .market = 0, .order = 0});
  text.field(owner.owed);
  for (const PoolPosition& p : owner.positions) {
    text.row({.table = Table::pool_position, .account = address, .market = p.market, .order = 0});
    for (const Int value : {p.size, p.open_notional, p.liquidity}) text.field(value);
  }
}

template <class Ids>
void make_unique(Ids& ids) {
  std::ranges::sort(ids);
  const auto rest = std::ranges::unique(ids);
  ids.erase(rest.begin(), rest.end());
}

}  // namespace

void Imprint::put(const Key& key, const State& state, LeafBatch& batch) {
  text_.begin(key);
  text_.row(key);
  switch (key.table) {
    case Table::global:
      text_.field(state.insurance);
      text_.field(Int{state.next_order});
      if (state.pools.terms) {
        text_.row({.table = Table::pool_terms, .account = {}, .market = 0, .order = 0});
        text_.fields(state.pools.terms->values());
      }
      if (state.boards.terms) {
        text_.row({.table = Table::option_terms, .account = {}, .market = 0, .order = 0});
        text_.fields(state.boards.terms->values());
      }
      break;
    case Table::pool: {
      const Pool& pool = state.pools.all.at(key.market);
      text_.field(pool.mark);
      text_.field(pool.gross);
      break;
    }
    case Table::market:
      add_market(text_, state.markets.at(key.market), key.market);
      break;
    case Table::order: {
      const auto at = state.resting.find(key.order);
      if (at == state.resting.end()) {
        tree_.erase(path_of(key));
        return;
      }
      add_order(text_, *state.markets.at(at->second).book.find(key.order));
      break;
    }
    case Table::board:
      text_.fields(state.boards.all.at(key.market).values());
      break;
    case Table::strike: {
      const Strike& strike = state.boards.strikes.at(key.market);
      for (const Int value : {Int{strike.board}, strike.price, strike.skew}) text_.field(value);
      text_.fields(strike.held);
      break;
    }
    case Table::holding: {
      const auto at = state.boards.holdings.find(key.order);
      if (at == state.boards.holdings.end()) {
        tree_.erase(path_of(key));
        return;
      }
      add_holding(text_, at->second);
      break;
    }
    case Table::account:
    case Table::position:
    case Table::series:
    case Table::pool_terms:
    case Table::option_terms:
    case Table::pool_account:
    case Table::pool_position:
    case Table::count_:
      LOCKSTEP_ASSERT(false);
  }
  batch.add(path_of(key), text_);
}

void Imprint::put_account(const Address& address, const Account& account, const Pools& pools, LeafBatch& batch) {
  const Key key = account_key(address);
  text_.begin(key);
  text_.row(key);
  add_account(text_, address, account);
  if (pools.terms) add_pools(text_, address, pools);
  batch.add(path_of(key), text_);
}

void Imprint::rebuild(const State& state, LeafBatch& batch) {
  tree_ = {};
  tree_.reserve(1 + state.markets.size() + state.pools.all.size() + state.accounts.size() + state.resting.size());
  for (const auto& market : state.markets) put(market_key(market.first), state, batch);
  for (const auto& pool : state.pools.all) put(market_key(pool.first, state), state, batch);
  // In order, so that neighbours are put one after the other.
  visit_in_order(accounts_in_order(state), [&](const Address& address, const Account& account) {
    put_account(address, account, state.pools, batch);
  });
  for (const auto order : resting_in_order(state)) put(order_key(order), state, batch);
  for (const auto& board : state.boards.all) put(board_key(board.first), state, batch);
  for (const auto& strike : state.boards.strikes) put(market_key(strike.first, state), state, batch);
  for (const auto& holding : state.boards.holdings) put(holding_key(holding.first), state, batch);
}

Hash32 Imprint::digest(State& state) {
  Touched& touched = state.touched;
  LeafBatch batch(tree_);
  if (touched.everything) {
    rebuild(state, batch);
  } else {
    make_unique(touched.markets);
    make_unique(touched.orders);
    make_unique(touched.boards);
    make_unique(touched.holdings);
    for (const auto market : touched.markets) put(market_key(market, state), state, batch);
    visit_in_order(accounts_in_order(touched.accounts, state), [&](const Address& address, const Account& account) {
      put_account(address, account, state.pools, batch);
    });
    for (const auto order : touched.orders) put(order_key(order), state, batch);
    for (const auto board : touched.boards) put(board_key(board), state, batch);
    for (const auto holding : touched.holdings) put(holding_key(holding), state, batch);
  }
  put(global_key(), state, batch);
  batch.flush();
  touched.clear();
  return sealed(tree_.size(), tree_.root());
}

}  // namespace lockstep::mirror
