#include "mirror/add_on.hpp"

#include <algorithm>

#include "base/checked.hpp"

namespace lockstep::mirror {
namespace {

/// The least number whose square is not below `value`.
Int ceil_sqrt(Int value) {
  Int low = 0, high = Int{1} << 63;
  while (low < high) {
    const Int middle = (low + high) / 2;
    if (middle * middle < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

Int field(const Row& row, std::string_view name) {
  return std::get<Int>(row.values[info(row.key.table).index_of(name)]);
}

}  // namespace

std::expected<Int, std::string> add_on_ppm(const Moves& moves, Int elapsed_s, Int latency_ms, Int deviations) {
  if (elapsed_s <= 0) return std::unexpected("no time passed between the prices");
  if (latency_ms < 0 || deviations < 0) return std::unexpected("a number is below zero");
  Checked math;
  const Int variance = math.mul(math.mul(moves.squares_ppm2, latency_ms), math.mul(deviations, deviations));
  const Int square = ceil_div(variance, math.mul(elapsed_s, Int{1000}));
  constexpr Int most = Int{1} << 124;  // so that its root's square fits
  if (math.overflow() || square > most) return std::unexpected("a number is too large");
  return ceil_sqrt(square);
}

std::vector<HeldMargin> held_margins(const Rows& rows) {
  std::vector<HeldMargin> held;
  Int of_pools = 0;
  for (const auto& row : rows) {
    if (row.key.table == Table::market && field(row, "open_interest") > 0)
      held.push_back({row.key.market, 100 * field(row, "maintenance_bps")});
    if (row.key.table == Table::series && (field(row, "kind") != 0 || field(row, "is_expired") != 0))
      std::erase_if(held, [&](const HeldMargin& other) { return other.market == row.key.market; });
    if (row.key.table == Table::pool_terms) of_pools = field(row, "maintenance_ppm");
    if (row.key.table == Table::pool && field(row, "gross") > 0) held.push_back({row.key.market, of_pools});
  }
  return held;
}

}  // namespace lockstep::mirror
