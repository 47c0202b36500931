#include "mirror/row.hpp"

#include <array>

#include "base/assert.hpp"

namespace lockstep::mirror {
namespace {

using Names = std::string_view;
constexpr std::array<Names, 1> market_key{"market"};
constexpr std::array<Names, 1> account_key{"account"};
constexpr std::array<Names, 2> position_key{"account", "market"};
constexpr std::array<Names, 1> order_key{"order"};

constexpr std::array<Names, 2> global_fields{"insurance", "next_order"};
constexpr std::array<Names, 8> market_fields{"initial_bps",   "maintenance_bps", "maker_fee_ppm", "taker_fee_ppm",
                                             "funding_index", "open_interest",   "best_bid",      "best_ask"};
constexpr std::array<Names, 4> account_fields{"collateral", "equity", "initial_margin", "maintenance_margin"};
constexpr std::array<Names, 5> position_fields{"size", "quote", "funding_index", "bid_lots", "ask_lots"};
constexpr std::array<Names, 6> order_fields{"account", "market", "is_buy", "price", "remaining", "next"};

constexpr std::array<TableInfo, static_cast<std::size_t>(Table::count_)> tables{{
    {Table::global, "global", {}, global_fields},
    {Table::market, "market", market_key, market_fields},
    {Table::account, "account", account_key, account_fields},
    {Table::position, "position", position_key, position_fields},
    {Table::order, "order", order_key, order_fields},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (static_cast<std::size_t>(tables[i].table) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

const TableInfo& info(Table table) {
  LOCKSTEP_ASSERT(table < Table::count_);
  return tables[static_cast<std::size_t>(table)];
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
    if (part == "market") text += std::to_string(key.market);
    if (part == "order") text += std::to_string(key.order);
  }
  return text;
}

}  // namespace lockstep::mirror
