#include "mirror/row.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace lockstep::mirror {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 1> market_keys{"market"};
constexpr std::array<Names, 1> account_keys{"account"};
constexpr std::array<Names, 2> position_keys{"account", "market"};
constexpr std::array<Names, 1> order_keys{"order"};

constexpr std::array<Names, 2> global_fields{"insurance", "next_order"};
constexpr std::array<Names, 11> market_fields{"initial_bps",
                                              "maintenance_bps",
                                              "maker_fee_ppm",
                                              "taker_fee_ppm",
                                              "funding_index",
                                              "open_interest",
                                              "best_bid",
                                              "best_ask",
                                              "mark",
                                              "tick",
                                              "lot"};
constexpr std::array<Names, 4> account_fields{"collateral", "equity", "initial_margin", "maintenance_margin"};
constexpr std::array<Names, 5> position_fields{"size", "quote", "funding_index", "bid_lots", "ask_lots"};
constexpr std::array<Names, 6> order_fields{"account", "market", "is_buy", "price", "remaining", "next"};
constexpr std::array<Names, 12> series_fields{"underlying", "kind",       "strike",           "expiry",
                                              "unit",       "rounding",   "volatility",       "rate",
                                              "forward",    "is_expired", "settlement_price", "pot"};
constexpr std::array<Names, 6> pool_terms_fields{"unit",        "scale",           "dust",
                                                 "initial_ppm", "maintenance_ppm", "rounds_down"};
constexpr std::array<Names, 2> pool_fields{"mark", "gross"};
constexpr std::array<Names, 1> pool_account_fields{"owed"};
constexpr std::array<Names, 4> pool_position_fields{"size", "open_notional", "liquidity", "pending"};
constexpr std::array<Names, 1> board_keys{"board"}, holding_keys{"holding"};
constexpr std::array<Names, 5> board_fields{"expiry", "unit", "volatility", "is_frozen", "settlement_price"};
constexpr std::array<Names, 8> strike_fields{"board",     "strike_price",  "skew",        "long_calls",
                                             "long_puts", "covered_calls", "short_calls", "short_puts"};
constexpr std::array<Names, 5> holding_fields{"account", "market", "option_type", "amount", "collateral"};
constexpr std::array<Names, 3> option_terms_fields{"spot", "rate", "quote_unit"};

template <std::size_t N>
constexpr std::uint32_t bits(const std::array<Names, N>& fields, std::initializer_list<Names> named) {
  std::uint32_t set = 0;
  for (std::size_t i = 0; i < N; ++i) {
    for (const Names name : named) set |= fields[i] == name ? 1U << i : 0U;
  }
  return set;
}

constexpr std::array<TableInfo, static_cast<std::size_t>(Table::count_)> tables{{
    {Table::global, "global", {}, global_fields, 0},
    {Table::market, "market", market_keys, market_fields, bits(market_fields, {"best_bid", "best_ask"})},
    {Table::account, "account", account_keys, account_fields,
     bits(account_fields, {"equity", "initial_margin", "maintenance_margin"})},
    {Table::position, "position", position_keys, position_fields, 0},
    {Table::order, "order", order_keys, order_fields, bits(order_fields, {"next"})},
    {Table::series, "series", market_keys, series_fields, 0},
    {Table::pool_terms, "pool_terms", {}, pool_terms_fields, 0},
    {Table::pool, "pool", market_keys, pool_fields, 0},
    {Table::pool_account, "pool_account", account_keys, pool_account_fields, 0},
    {Table::pool_position, "pool_position", position_keys, pool_position_fields,
     bits(pool_position_fields, {"pending"})},
    {Table::board, "board", board_keys, board_fields, 0},
    {Table::strike, "strike", market_keys, strike_fields, 0},
    {Table::holding, "holding", holding_keys, holding_fields, 0},
    {Table::option_terms, "option_terms", {}, option_terms_fields, 0},
}};

constexpr bool tables_in_order() {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (static_cast<std::size_t>(tables[i].table) != i) return false;
  }
  return true;
}
static_assert(tables_in_order());

}  // namespace

const TableInfo& info(Table table) {
  LOCKSTEP_ASSERT(table < Table::count_);
  return tables[static_cast<std::size_t>(table)];
}

std::size_t TableInfo::index_of(std::string_view field) const {
  return static_cast<std::size_t>(std::ranges::find(fields, field) - fields.begin());
}

std::optional<Table> table_from_name(std::string_view name) {
  for (const auto& entry : tables) {
    if (entry.name == name) return entry.table;
  }
  return std::nullopt;
}

std::string to_text(const Key& key) {
  const auto& table = info(key.table);
  std::string text(table.name);
  char separator = ' ';
  for (const auto part : table.keys) {
    text += separator;
    separator = '/';
    if (part == "account") text += to_hex(key.account);
    if (part == "market" || part == "board") text += std::to_string(key.market);
    if (part == "order" || part == "holding") text += std::to_string(key.order);
  }
  return text;
}

}  // namespace lockstep::mirror
