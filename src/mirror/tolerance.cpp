#include "mirror/tolerance.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/checked.hpp"

namespace lockstep::mirror {
namespace {

using Place = std::pair<Table, std::string>;

/// What a row is, or is linked to, rather than how much of something it has.
constexpr std::array<std::string_view, 15> identities{
    "account", "best_ask", "best_bid",   "board",       "is_buy",   "is_expired",  "is_frozen", "kind",
    "market",  "next",     "next_order", "option_type", "rounding", "rounds_down", "underlying"};

constexpr std::array<std::pair<Table, std::string_view>, 12> conserved{{{Table::global, "insurance"},
                                                                        {Table::market, "open_interest"},
                                                                        {Table::account, "collateral"},
                                                                        {Table::position, "size"},
                                                                        {Table::position, "quote"},
                                                                        {Table::order, "remaining"},
                                                                        {Table::series, "pot"},
                                                                        {Table::pool_account, "owed"},
                                                                        {Table::pool_position, "size"},
                                                                        {Table::pool_position, "open_notional"},
                                                                        {Table::holding, "amount"},
                                                                        {Table::holding, "collateral"}}};

Int magnitude(Int value) { return value < 0 ? -value : value; }

/// By field, added up where it is declared more than once.
std::map<Place, Tolerance> by_field(std::span<const Tolerance> tolerances) {
  std::map<Place, Tolerance> all;
  for (const Tolerance& one : tolerances) {
    Tolerance& sum = all.try_emplace({one.table, one.field}, Tolerance{one.table, one.field}).first->second;
    sum.at_most = std::min(sum.at_most + one.at_most, max_tolerance);
    sum.sum_at_most = std::min(sum.sum_at_most + one.sum_at_most, max_tolerance);
  }
  return all;
}

Int number_at(const Rows& rows, const Difference& difference) {
  const auto row = std::ranges::lower_bound(rows, difference.key, {}, &Row::key);
  return std::get<Int>(row->values[info(difference.key.table).index_of(difference.field)]);
}

}  // namespace

bool is_conserved(Table table, std::string_view field) {
  return std::ranges::find(conserved, std::pair{table, field}) != conserved.end();
}

std::string check(const Tolerance& tolerance) {
  if (tolerance.table >= Table::count_) return "there is no such table";
  const auto& fields = info(tolerance.table).fields;
  if (std::ranges::find(fields, tolerance.field) == fields.end()) return "there is no such field";
  if (std::ranges::find(identities, tolerance.field) != identities.end())
    return "it says what a row is, not how much, and is compared exactly";
  const auto is_bound = [](Int value) { return value >= 0 && value <= max_tolerance; };
  if (!is_bound(tolerance.at_most)) return "at_most is not within 0 … 2^100";
  if (!is_bound(tolerance.sum_at_most)) return "sum_at_most is not within 0 … 2^100";
  if (tolerance.sum_at_most != 0 && !is_conserved(tolerance.table, tolerance.field))
    return "its sum is not conserved, so sum_at_most says nothing";
  return "";
}

Judged judge(const Rows& expected, const Rows& found, std::vector<Difference> differences,
             std::span<const Tolerance> tolerances, bool whole) {
  Judged out;
  const auto all = by_field(tolerances);
  std::map<Place, Int> sums;
  Checked summing;
  for (Difference& one : differences) {
    const Place place{one.key.table, one.field};
    Checked math;
    const auto tolerance = all.find(place);
    const Int by = tolerance == all.end() ? 0 : math.sub(number_at(found, one), number_at(expected, one));
    const bool is_within = tolerance != all.end() && !math.overflow() && magnitude(by) <= tolerance->second.at_most;
    if (is_within && is_conserved(one.key.table, one.field)) sums[place] = summing.add(sums[place], by);
    (is_within ? out.within : out.beyond).push_back(std::move(one));
  }
  if (summing.overflow()) out.sums.emplace_back("the differences of a field overflow when added up");
  for (const auto& [place, sum] : sums) {
    const Int most = all.at(place).sum_at_most;
    if (!whole || magnitude(sum) <= most) continue;
    out.sums.push_back(std::string(info(place.first).name).append(" ").append(place.second) +
                       ": differences add up to " + to_text(Value{sum}) + ", at most " + to_text(Value{most}) +
                       " declared");
  }
  return out;
}

}  // namespace lockstep::mirror
