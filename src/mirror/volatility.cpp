#include "mirror/volatility.hpp"

#include <algorithm>
#include <limits>
#include <variant>

#include "base/checked.hpp"

namespace lockstep::mirror {
namespace {

constexpr Int ppm = 1'000'000;

Int squared_change(Int before, Int after) {
  const Int lesser = std::min(before, after), moved = after > before ? after - before : before - after;
  Checked math;
  const Int change = ceil_div(math.mul(moved, ppm), lesser);
  const Int counted = math.overflow() ? PriceMoves::most_ppm : std::min(change, PriceMoves::most_ppm);
  return counted * counted;
}

/// Below zero if there is none.
Int number(const Operation& operation, std::size_t index) {
  if (index >= operation.args.size()) return -1;
  const Int* value = std::get_if<Int>(&operation.args[index]);
  return value == nullptr ? -1 : *value;
}

}  // namespace

void PriceMoves::observe(const Operation& operation) {
  if (operation.code != OpCode::set_mark && operation.code != OpCode::mark_pool) return;
  const Int id = number(operation, 0), price = number(operation, 1);
  // What is no market and no price contradicts the mirror, which says so.
  if (id < 0 || id > std::numeric_limits<MarketId>::max() || price <= 0) return;
  auto& market = markets_[static_cast<MarketId>(id)];
  if (market.price > 0) {
    const Change change{market.block_num, squared_change(market.price, price)};
    market.squares += change.square;
    market.changes.push_back(change);
  }
  if (market.changes.size() > most) {
    market.squares -= market.changes.front().square;
    market.changes.pop_front();
  }
  market.price = price;
  market.block_num = operation.block_num;
}

std::optional<Moves> PriceMoves::of(MarketId id) const {
  const auto at = markets_.find(id);
  if (at == markets_.end() || at->second.changes.empty()) return std::nullopt;
  const auto& market = at->second;
  return Moves{market.changes.front().block_num, market.block_num, market.changes.size(), market.squares};
}

}  // namespace lockstep::mirror
