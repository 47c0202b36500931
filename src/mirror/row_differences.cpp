#include "mirror/row_differences.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "mirror/rows.hpp"

namespace lockstep::mirror {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
constexpr std::size_t page_entities = 4096;  // whose rows are there at once

bool is_derived(const Difference& difference) {
  const TableInfo& table = info(difference.key.table);
  const auto field = table.index_of(difference.field);
  return field < table.fields.size() && table.is_derived(field);
}

void take_in(RowDifferences& out, std::vector<Difference> found, std::size_t limit) {
  std::erase_if(found, is_derived);
  for (std::size_t i = 0; i < found.size(); ++i) out.rows += i == 0 || found[i].key != found[i - 1].key ? 1 : 0;
  out.fields += found.size();
  const std::size_t room = std::min(found.size(), limit - out.first.size());
  std::move(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(room), std::back_inserter(out.first));
}

}  // namespace

RowDifferences row_differences(const Mirror& before, const Mirror& after, std::size_t limit) {
  RowDifferences out;
  const std::vector<Key> entities = differing(before, after, no_limit);
  for (std::span<const Key> rest = entities; !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), page_entities));
    rest = rest.subspan(some.size());
    take_in(out, compare(rows_of(before.state(), some), rows_of(after.state(), some), no_limit), limit);
  }
  return out;
}

}  // namespace lockstep::mirror
