#pragma once
// A grid of market moves over every account: who would be below the margin, what nobody could pay, and what a margin
// that covers the moves themselves would ask for (scenario margin, as SPAN does for futures: CME, "SPAN methodology").
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "mirror/revalue.hpp"

namespace lockstep::mirror {

/// Every mark times (1 + move), rounded to the nearest unit, at least 1; of what ends, its mark and its forward by the
/// move of its underlying, and an option's mark by what its model gains (option_gain()), at least 0.
struct Scenario {
  std::string name;
  std::vector<Int> move_ppm;   // by market, then by pool, as in the columns, unread for a series; -1,000,000 …
                               // 10,000,000
  Int weight_ppm = 1'000'000;  // how much of the loss the scenario margin covers; less for extreme moves
};

/// A move as scenarios are named by it: "-12.5 %".
std::string percent(Int move_ppm);
/// Whether it is one: -1,000,000 … 10,000,000 ppm.
bool is_move(Int move_ppm);
/// A price after a move: to the nearest unit, at least 1; 0, which is none, stays.
Int moved(Checked& math, Int price, Int move_ppm);

/// Perpetuals and pools that grid() moves alone, as places in the columns, ascending: all of them, or the most_alone
/// with the largest notional held, since scenarios times markets would otherwise grow with the square of their number.
inline constexpr std::size_t most_alone = 64;
std::vector<std::size_t> moved_alone(const Columns& columns);

/// All markets by each of the moves, then each of moved_alone(), with what is on it.
std::vector<Scenario> grid(const Columns& columns, const std::vector<Int>& moves_ppm);

struct ScenarioOutcome {
  Int equity = 0;     // of all accounts
  Int shortfall = 0;  // of those whose equity is below zero
  std::size_t insolvent = 0, liquidatable = 0;
  bool operator==(const ScenarioOutcome&) const = default;
};

struct StressedAccount {
  std::size_t account = 0;          // as in the columns
  std::size_t scenario = 0;         // the one that leaves it least above, or most below, its maintenance margin
  Int equity = 0, maintenance = 0;  // in it
  Int scenario_margin = 0;          // the largest weighted loss of any scenario
  bool operator==(const StressedAccount&) const = default;
};

struct Stress {
  std::vector<ScenarioOutcome> scenarios;
  Int scenario_margin = 0;                // of all accounts
  std::size_t below_scenario_margin = 0;  // accounts whose equity now does not cover theirs
  std::vector<StressedAccount> worst;     // equity - maintenance ascending, then account; at most `limit`
};

/// Exact, as revalue() is; refused as it refuses, with the scenario named, if a held option has no price, or if a sum
/// overflows. Accounts are taken a few at a time, so that they are read from memory once, however many scenarios there
/// are.
std::expected<Stress, std::string> stress(const Columns& columns, const Rules& rules,
                                          const std::vector<Scenario>& scenarios, std::size_t limit);

/// The first mark of one market, from where it is in the direction that hurts, at which the account is below its
/// maintenance margin while everything else stays. Nothing if there is no position, or no such mark from 1 to a
/// thousand times the mark.
std::optional<Int> liquidation_mark(const Columns& columns, const Rules& rules, std::size_t account, MarketId market);

}  // namespace lockstep::mirror
