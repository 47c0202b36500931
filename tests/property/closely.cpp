#include "tests/property/closely.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "mirror/revalue.hpp"
#include "mirror/rows.hpp"
#include "mirror/rows_under.hpp"
#include "mirror/snapshot.hpp"
#include "mirror/state.hpp"

namespace lockstep::test {

std::string first_difference(const mirror::Rows& expected, const mirror::Rows& found) {
  const auto differences = mirror::compare(expected, found, 1);
  if (differences.empty()) return "";
  const auto& d = differences.front();
  return to_text(d.key) + " " + d.field + ": " + d.expected + " expected, " + d.found + " found";
}

namespace {

/// Something of everything that may be declared.
std::vector<mirror::Delta> changes_of(const mirror::State& state) {
  using mirror::Table;
  std::vector<mirror::Delta> changes{{{}, "insurance", state.insurance + 3}};
  for (const auto& [id, market] : state.markets) {
    const mirror::Key key{.table = Table::market, .account = {}, .market = id, .order = 0};
    changes.push_back({key, "initial_bps", (market.parameters.initial_bps + 1'234) % mirror::max_bps});
    changes.push_back({key, "maintenance_bps", (market.parameters.maintenance_bps + 777) % mirror::max_bps});
    if (!market.series) changes.push_back({key, "funding_index", market.funding_index / 2 + 41});
  }
  if (state.pools.terms) {
    const mirror::Key key{.table = Table::pool_terms, .account = {}, .market = 0, .order = 0};
    changes.push_back({key, "maintenance_ppm", (state.pools.terms->maintenance_ppm + 99'999) % mirror::max_ppm});
    changes.push_back({key, "rounds_down", mirror::Int{1} - state.pools.terms->rounds_down});
  }
  for (const auto& [address, account] : state.accounts)
    changes.push_back({{.table = Table::account, .account = address, .market = 0, .order = 0},
                       "collateral",
                       account.collateral / 2 - 5});
  return changes;
}

}  // namespace

void look_at_a_part(const mirror::Mirror& mirror) {
  const auto& state = mirror.state();
  std::vector<Address> some;
  for (const auto& [address, account] : state.accounts)
    if (some.empty() || address.bytes[19] % 3 != 0) some.push_back(address);
  std::ranges::sort(some);
  const auto changes = changes_of(state);
  const auto whole = mirror.with(changes);
  ASSERT_TRUE(whole.has_value()) << whole.error();
  const auto part = mirror::under(mirror::rows_of(state, some, {}), changes);
  ASSERT_TRUE(part.has_value()) << part.error();
  ASSERT_EQ(first_difference(mirror::rows_of(whole->state(), some, {}), *part), "");
}

void look_closely(const mirror::Mirror& mirror) {
  Bytes file;
  ASSERT_TRUE(save(mirror, {"a:b", 1, {}, 77}, [&](BytesView more) { append(file, more); }));
  const auto restored = mirror::restore(file);
  ASSERT_TRUE(restored.has_value()) << restored.error();
  ASSERT_EQ(restored->mirror.digest(), mirror.digest());
  ASSERT_EQ(restored->label.block_time, 77U);
  const auto rows = mirror.rows();
  ASSERT_EQ(first_difference(rows, restored->mirror.rows()), "");
  const auto columns = columns_of(mirror.state());
  mirror::Valuation value;
  const auto done = revalue(columns, rules_of(mirror.state()), value);
  ASSERT_TRUE(done.has_value()) << done.error();
  std::size_t at = 0;
  for (const auto& row : rows) {
    if (row.key.table != mirror::Table::account) continue;
    ASSERT_EQ(columns.accounts[at], row.key.account);
    ASSERT_EQ((std::vector<mirror::Value>{value.equity[at], value.initial[at], value.maintenance[at]}),
              std::vector(row.values.begin() + 1, row.values.end()));
    ++at;
  }
  look_at_a_part(mirror);
}

}  // namespace lockstep::test
