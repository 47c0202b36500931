// The digest of rows, whoever read them: the tree is built anew.
#include <algorithm>

#include "base/assert.hpp"
#include "mirror/leaf.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::mirror {
namespace {

void add_row(LeafText& text, const Row& row) {
  const TableInfo& table = info(row.key.table);
  LOCKSTEP_ASSERT(row.values.size() == table.fields.size());
  text.row(row.key);
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    if (table.is_derived(i)) continue;
    std::visit([&](const auto& value) { text.field(value); }, row.values[i]);
  }
}

}  // namespace

Hash32 digest(const Rows& rows) {
  const auto section = [&](Table table) {
    return std::ranges::lower_bound(rows, table, {}, [](const Row& row) { return row.key.table; });
  };
  // An account's positions are rows of their own, sorted by account as well; what a series has beside its market, too.
  auto position = section(Table::position);
  const auto positions_end = section(Table::order);
  const auto add_positions = [&](LeafText& text, const Address& account) {
    for (; position != positions_end && position->key.account == account; ++position) add_row(text, *position);
  };
  auto series = section(Table::series);
  auto option_terms = section(Table::option_terms);
  // What an instance has in pools: terms beside the globals, an account's own row and its positions beside its account.
  const auto terms = section(Table::pool_terms), terms_end = section(Table::pool);
  auto owed = section(Table::pool_account);
  const auto owed_end = section(Table::pool_position);
  auto in_pool = owed_end;
  const auto in_pool_end = section(Table::board);
  const auto add_pools = [&](LeafText& text, const Address& account) {
    for (; owed != owed_end && owed->key.account == account; ++owed) add_row(text, *owed);
    for (; in_pool != in_pool_end && in_pool->key.account == account; ++in_pool) add_row(text, *in_pool);
  };
  const auto is_beside = [](Table table) {
    return table == Table::position || table == Table::series || table == Table::pool_terms ||
           table == Table::pool_account || table == Table::pool_position || table == Table::option_terms;
  };
  radix::Tree tree;
  LeafText text;
  LeafBatch batch(tree);
  const Key* before = nullptr;
  for (const auto& row : rows) {
    LOCKSTEP_ASSERT(before == nullptr || *before < row.key);
    before = &row.key;
    if (is_beside(row.key.table)) continue;
    LOCKSTEP_ASSERT(row.key.table != Table::account || position == positions_end ||
                    !(position->key.account < row.key.account));  // no positions without an account
    text.begin(row.key);
    add_row(text, row);
    if (row.key.table == Table::account) {
      add_positions(text, row.key.account);
      add_pools(text, row.key.account);
    }
    if (row.key.table == Table::global && terms != terms_end) add_row(text, *terms);
    if (row.key.table == Table::global && option_terms != rows.end()) add_row(text, *option_terms);
    if (row.key.table == Table::market && series != terms && series->key.market == row.key.market)
      add_row(text, *series++);
    batch.add(path_of(row.key), text);
  }
  LOCKSTEP_ASSERT(position == positions_end && series == terms && owed == owed_end && in_pool == in_pool_end);
  batch.flush();
  return sealed(tree.size(), tree.root());
}

}  // namespace lockstep::mirror
