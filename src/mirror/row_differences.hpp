#pragma once
// In what two states differ, row by row and field by field, found by their digests' trees: only what differs is read.
#include <cstdint>
#include <vector>

#include "mirror/mirror.hpp"

namespace lockstep::mirror {

struct RowDifferences {
  std::uint64_t rows = 0, fields = 0;  // a row that only one side has counts as one field
  std::vector<Difference> first;       // at most `limit`; expected: before, found: after
};

/// Of stored fields; what follows from other rows (TableInfo::derived) is not told twice.
RowDifferences row_differences(const Mirror& before, const Mirror& after, std::size_t limit);

}  // namespace lockstep::mirror
