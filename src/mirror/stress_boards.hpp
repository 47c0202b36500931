#pragma once
// What sold options would lack if the underlying moved. Each has collateral of its own, so what it lacks is the pool's
// loss, whatever else its owner has (mirror/holding.hpp).
#include <expected>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "mirror/holding.hpp"

namespace lockstep::mirror {

// Amounts in quote of OptionTerms::quote_unit, x greek_scales.value.
struct BoardsOutcome {
  Int equity = 0;             // of all that is held: what is bought, and what sold options leave of their collateral
  Int shortfall = 0;          // what sold ones lack
  std::size_t insolvent = 0;  // how many do
  bool operator==(const BoardsOutcome&) const = default;
};

struct StressedHolding {
  HoldingId holding = 0;
  Address owner;
  std::size_t move = 0;  // the one that leaves least of its collateral
  Int left = 0;          // in it; below zero: what it lacks
  bool operator==(const StressedHolding&) const = default;
};

struct BoardsStress {
  std::vector<BoardsOutcome> moves;
  std::vector<StressedHolding> worst;  // sold ones by what is left, ascending, then id; at most `limit`
};

/// The spot price times (1 + move), -1,000,000 … 10,000,000 ppm, rounded to the nearest unit, at least 1; volatilities
/// stay, and what is settled. Refused, with the move named, if something held has no price, or if a sum overflows.
std::expected<BoardsStress, std::string> stress(const Boards& boards, UnixSeconds at, const std::vector<Int>& moves_ppm,
                                                std::size_t limit);

}  // namespace lockstep::mirror
