#pragma once
// Margin that is asked for because of the chain a market lives on: how far a price may move before somebody can act.
#include <expected>
#include <string>
#include <vector>

#include "mirror/row.hpp"
#include "mirror/volatility.hpp"

namespace lockstep::mirror {

/// Millionths of a price by which it moves against somebody within `latency_ms`, at `deviations` standard deviations:
/// ceil(k √(σ² t)), where σ² is what the moves came to in `elapsed_s`. If moves are uncorrelated and the time is not
/// chosen by them, the variance of a move in a time that is random, t in the mean, is σ² t (Wald), so that a bound on
/// the mean is enough; and whatever their distribution, a price moves further with a probability of 1 / (1 + k²) at
/// most (Cantelli). Refused where a number does not fit or no time passed.
std::expected<Int, std::string> add_on_ppm(const Moves& moves, Int elapsed_s, Int latency_ms, Int deviations);

struct HeldMargin {
  MarketId market = 0;
  Int maintenance_ppm = 0;  // of the notional at the mark
  bool operator==(const HeldMargin&) const = default;
};

/// Of perpetuals, dated futures and pools in which somebody has a position, ascending; what is an option asks for
/// margin by its underlying.
std::vector<HeldMargin> held_margins(const Rows& rows);

}  // namespace lockstep::mirror
