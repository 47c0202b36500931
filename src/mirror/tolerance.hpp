#pragma once
// How far a field may be from what is expected of it, as a plan declares for its upgrade: each difference by itself,
// and of what is conserved also their sum, so that many small ones in one direction are not value made or lost.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mirror/mirror.hpp"

namespace lockstep::mirror {

inline constexpr Int max_tolerance = Int{1} << 100;  // 2^26 rows of which add up within 128 bits

struct Tolerance {
  Table table = Table::global;
  std::string field;
  Int at_most = 0;      // in the field's units, in magnitude
  Int sum_at_most = 0;  // of the differences of all rows, of a field that is conserved
  bool operator==(const Tolerance&) const = default;
};

/// Whether the field's sum over all rows is conserved (S15): collateral, sizes, quotes, the insurance fund and the
/// like.
bool is_conserved(Table table, std::string_view field);
/// Empty, or why there can be none: unknown field, an identity instead of an amount, below zero, a sum of what has
/// none.
std::string check(const Tolerance& tolerance);

struct Judged {
  std::vector<Difference> beyond, within;
  std::vector<std::string> sums;  // in words: sums of what is within that are larger than declared
};

/// Of several tolerances of one field, as of one upgrade after the other, the sum counts. `whole`: the rows are all
/// there are, so that sums mean something.
Judged judge(const Rows& expected, const Rows& found, std::vector<Difference> differences,
             std::span<const Tolerance> tolerances, bool whole);

}  // namespace lockstep::mirror
