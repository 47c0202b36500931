#include "tests/property/closely.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "mirror/revalue.hpp"
#include "mirror/snapshot.hpp"
#include "mirror/state.hpp"

namespace lockstep::test {

std::string first_difference(const mirror::Rows& expected, const mirror::Rows& found) {
  const auto differences = mirror::compare(expected, found, 1);
  if (differences.empty()) return "";
  const auto& d = differences.front();
  return to_text(d.key) + " " + d.field + ": " + d.expected + " expected, " + d.found + " found";
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
}

}  // namespace lockstep::test
