#pragma once
// What a market asks for, as a value: two rule sets are two values, and the same positions can be valued under both.
// The roundings are the contract's own, field by field.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mirror/rounding.hpp"
#include "mirror/scan.hpp"

namespace lockstep::mirror {

struct State;

/// The slice of a position's notional above `above` asks for these shares of it.
struct Tier {
  Int above = 0;
  Int initial_bps = 0, maintenance_bps = 0;
  bool operator==(const Tier&) const = default;
};

struct MarketRules {
  std::vector<Tier> tiers;  // ascending, the first above 0
  Int taker_fee_ppm = 0;    // of notional at the price; what closing a position costs
  Int maker_fee_ppm = 0;
  bool operator==(const MarketRules&) const = default;
};

/// How an account below its maintenance margin is taken apart (mirror/venue/liquidation.hpp); only replays ask for it.
struct LiquidationRules {
  Int fee_ppm = 10'000;
  Int close_bps = 10'000, fund_bps = 10'000;
  bool operator==(const LiquidationRules&) const = default;
};

/// Of all pools together.
struct PoolRules {
  Int initial_ppm = 0, maintenance_ppm = 0;
  bool operator==(const PoolRules&) const = default;
};

struct Rules {
  std::string name;
  std::map<MarketId, MarketRules> markets;
  Int collateral_haircut_bps = 0;  // of collateral above zero, which counts for that much less
  Rounding margin = Rounding::up, fee = Rounding::up, funding = Rounding::up;
  LiquidationRules liquidation{};
  PoolRules pools{};
  Scans scans{};  // what is on these underlyings is margined by scenarios (scan.hpp) instead of tiers
  bool operator==(const Rules&) const = default;
};

/// The rules the state is under: one tier for each market.
Rules rules_of(const State& state);
/// Empty, or what is wrong with them, naming the market.
std::string check(const Rules& rules);

}  // namespace lockstep::mirror
