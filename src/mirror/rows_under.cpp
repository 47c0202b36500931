#include "mirror/rows_under.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "mirror/apply.hpp"
#include "mirror/margin.hpp"
#include "mirror/reckon.hpp"

namespace lockstep::mirror {
namespace {

Int number(const Row& row, std::size_t field) { return std::get<Int>(row.values[field]); }

Done set_value(Rows& rows, const Delta& delta) {
  const auto at = std::ranges::lower_bound(rows, delta.key, {}, &Row::key);
  if (at == rows.end() || at->key != delta.key) {
    if (delta.key.table == Table::account) return {};
    return std::unexpected("there is no such row");
  }
  const auto field = info(delta.key.table).index_of(delta.field);
  if (field == at->values.size()) return std::unexpected("there is no such field");
  if (at->values[field].index() != delta.value.index()) return std::unexpected("it is of another type");
  at->values[field] = delta.value;
  return {};
}

Parameters parameters_of(const Row& row) {
  return {.initial_bps = number(row, 0),
          .maintenance_bps = number(row, 1),
          .maker_fee_ppm = number(row, 2),
          .taker_fee_ppm = number(row, 3),
          .tick = number(row, 9),
          .lot = number(row, 10)};
}

Series series_of(const Row& row) {
  std::array<Int, 12> values;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = number(row, i);
  return Series::of(values);
}

/// As far as margins need them: without their books.
Markets markets_of(const Rows& rows) {
  Markets markets;
  for (const Row& row : rows) {
    if (row.key.table == Table::market) {
      Market& market = markets[row.key.market];
      market.parameters = parameters_of(row);
      market.funding_index = number(row, 4);
      market.mark = number(row, 8);
    }
    if (row.key.table == Table::series) markets[row.key.market].series = series_of(row);
  }
  return markets;
}

Position position_of(Checked& math, const Row& row) {
  const auto lots = [&](std::size_t field) { return Lots(math.narrow<std::int64_t>(number(row, field))); };
  return {.market = row.key.market,
          .size = lots(0),
          .quote = number(row, 1),
          .funding_index = number(row, 2),
          .bid_lots = lots(3),
          .ask_lots = lots(4)};
}

Done reckon_markets(Rows& rows) {
  const Markets markets = markets_of(rows);
  const auto by_table = [](const Row& row) { return row.key.table; };
  const auto positions = std::ranges::equal_range(rows, Table::position, {}, by_table);
  for (Row& row : std::ranges::equal_range(rows, Table::account, {}, by_table)) {
    Checked math;
    Account account;
    account.collateral = number(row, 0);
    for (const Row& held :
         std::ranges::equal_range(positions, row.key.account, {}, [](const Row& p) { return p.key.account; })) {
      if (!markets.contains(held.key.market)) return std::unexpected(to_text(held.key) + ": there is no such market");
      account.positions.push_back(position_of(math, held));
    }
    const Margin margin = margin_of(math, account, markets);
    if (math.overflow()) return std::unexpected("overflow in the worth of " + to_text(row.key));
    row.values[1] = margin.equity;
    row.values[2] = margin.initial;
    row.values[3] = margin.maintenance;
  }
  return {};
}

}  // namespace

std::expected<Rows, std::string> under(Rows some, const std::vector<Delta>& deltas) {
  for (const Delta& delta : deltas)
    if (auto done = set_value(some, delta); !done)
      return std::unexpected(to_text(delta.key) + " " + delta.field + ": " + done.error());
  if (auto done = reckon_markets(some); !done) return std::unexpected(done.error());
  if (auto done = reckon(some); !done) return std::unexpected(done.error());
  return some;
}

}  // namespace lockstep::mirror
