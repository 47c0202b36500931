#include "mirror/reckon.hpp"

#include <algorithm>
#include <ranges>

#include "mirror/pool.hpp"

namespace lockstep::mirror {
namespace {

Int number(const Row& row, std::size_t field) { return std::get<Int>(row.values[field]); }

/// Rows of one table; of one account if it is told.
auto section(Rows& rows, Table table) {
  return std::ranges::equal_range(rows, table, {}, [](const Row& row) { return row.key.table; });
}
auto of_account(auto&& some, const Address& account) {
  return std::ranges::equal_range(some, account, {}, [](const Row& row) { return row.key.account; });
}

PoolTerms terms_of(const Row& row) {
  return {.unit = number(row, 0),
          .scale = number(row, 1),
          .dust = number(row, 2),
          .initial_ppm = number(row, 3),
          .maintenance_ppm = number(row, 4),
          .rounds_down = number(row, 5)};
}

}  // namespace

std::expected<std::vector<std::size_t>, std::string> reckon(Rows& rows) {
  std::vector<std::size_t> providers;
  const auto common = section(rows, Table::pool_terms);
  if (common.empty()) return providers;
  const PoolTerms terms = terms_of(common.front());
  const auto pools = section(rows, Table::pool), owed = section(rows, Table::pool_account),
             positions = section(rows, Table::pool_position);
  for (Row& account : section(rows, Table::account)) {
    Checked math;
    PoolSum sum(terms);
    Int due = 0;
    for (const Row& row : of_account(owed, account.key.account)) due = math.add(due, number(row, 0));
    bool provides = false;
    for (const Row& row : of_account(positions, account.key.account)) {
      const auto pool = std::ranges::lower_bound(pools, row.key.market, {}, [](const Row& p) { return p.key.market; });
      if (pool == pools.end() || pool->key.market != row.key.market)
        return std::unexpected(to_text(row.key) + ": there is no such pool");
      sum.add(math, number(row, 0), number(row, 1), number(*pool, 0));
      provides = provides || number(row, 2) != 0;
      due = math.sub(due, number(row, 3));
    }
    const PoolWorth worth = sum.worth(math, due);
    const Int equity = math.add(number(account, 0), worth.equity);
    if (math.overflow()) return std::unexpected("overflow in the worth of " + to_text(account.key));
    account.values[1] = equity;
    account.values[2] = worth.initial;
    account.values[3] = worth.maintenance;
    if (provides) providers.push_back(static_cast<std::size_t>(&account - rows.data()));
  }
  return providers;
}

}  // namespace lockstep::mirror
