#pragma once
// The mirror's state as flat rows, so that it can be compared with a chain's views field by field and digested
// canonically. A protocol file binds a view to a table's fields by name (SURFACE, [[mirror.view]]).
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mirror/value.hpp"

namespace lockstep::mirror {

enum class Table : std::uint8_t {
  global,    // key: none.             insurance, next_order
  market,    // key: market.           initial_bps, maintenance_bps, maker_fee_ppm, taker_fee_ppm, funding_index,
             // open_interest, best_bid, best_ask (order ids, 0 = none), mark, tick, lot
  account,   // key: account.          collateral, equity, initial_margin, maintenance_margin
  position,  // key: account, market.  size, quote, funding_index, bid_lots, ask_lots
  order,   // key: order.            account, market, is_buy, price, remaining, next     next in price-time priority on
           // its side, 0 = last
  series,  // key: market.          underlying, kind, strike, expiry, unit, rounding, volatility, rate, forward,
           // is_expired, settlement_price, pot     of a market that ends (mirror/series.hpp)
  // Only of an instance with pools (mirror/pool.hpp):
  pool_terms,     // key: none.             unit, scale, dust, initial_ppm, maintenance_ppm, rounds_down
  pool,           // key: market.           mark, gross
  pool_account,   // key: account.          owed                     every account has one
  pool_position,  // key: account, market.  size, open_notional, liquidity, pending     pending funding (> 0: to be
                  // paid) is only known where a view tells it
  // Only of an instance with boards (mirror/holding.hpp):
  board,         // key: board.           expiry, unit, volatility, is_frozen, settlement_price
  strike,        // key: market.          board, strike_price, skew, long_calls, long_puts, covered_calls, short_calls,
                 // short_puts
  holding,       // key: holding.         account, market, option_type, amount, collateral
  option_terms,  // key: none.             spot, rate, quote_unit     once one of them was told
  count_
};

struct TableInfo {
  Table table;
  std::string_view name;
  std::span<const std::string_view> keys;  // names of key parts: "market", "account", "order", "board", "holding"
  std::span<const std::string_view> fields;
  std::uint32_t derived = 0;  // bit i: field i follows from other rows, and is compared but not digested

  bool is_derived(std::size_t field) const { return (derived >> field & 1U) != 0; }
  /// As in `fields`; their number if there is no such field.
  std::size_t index_of(std::string_view field) const;
};

const TableInfo& info(Table table);
std::optional<Table> table_from_name(std::string_view name);

struct Key {
  Table table = Table::global;
  Address account;      // zero where the table has no such key part
  MarketId market = 0;  // or board
  OrderId order = 0;    // or holding
  auto operator<=>(const Key&) const = default;
};

struct Row {
  Key key;
  std::vector<Value> values;  // in the order of info(key.table).fields
};

/// Sorted by key, no key twice.
using Rows = std::vector<Row>;

std::string to_text(const Key& key);  // "position 0xabc…/2"

}  // namespace lockstep::mirror
