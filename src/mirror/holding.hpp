#pragma once
// Options that are bought from a pool and sold to it, one counterparty for all: boards of strikes that expire together,
// and holdings, positions that are tokens. Each holding has an id, an owner it may be handed on to, and if it is sold,
// collateral of its own (adr/0027). Amounts, prices and collateral are in the contract's own units.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/checked.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

using BoardId = std::uint32_t;
using HoldingId = std::uint64_t;

inline constexpr std::size_t max_boards = 1 << 16, max_strikes = 1 << 20;
inline constexpr Int max_holding_amount = Int{1} << 112;  // an amount, a collateral, a strike's sum
inline constexpr Int max_strike_price = Int{1} << 100;    // quote units per contract

enum class OptionType : std::uint8_t { long_call, long_put, covered_call, short_call, short_put, count_ };
inline constexpr std::size_t option_types = static_cast<std::size_t>(OptionType::count_);
/// Of a covered call the collateral is the underlying, of what else is sold it is quote; what is bought has none.
constexpr bool is_long(OptionType type) { return type == OptionType::long_call || type == OptionType::long_put; }
constexpr bool is_put(OptionType type) { return type == OptionType::long_put || type == OptionType::short_put; }

/// Strikes that expire together.
struct Board {
  Int expiry = 0;            // Unix seconds
  Int unit = 1;              // of amount that are one contract
  Int volatility = 0;        // per year x 10^18, of all its strikes, each has a skew
  Int is_frozen = 0;         // nobody trades
  Int settlement_price = 0;  // of the underlying; 0 until the board is settled

  bool operator==(const Board&) const = default;
  bool is_settled() const { return settlement_price != 0; }
  /// In the order of the fields of Table::board.
  std::array<Int, 5> values() const { return {expiry, unit, volatility, is_frozen, settlement_price}; }
};

struct Strike {
  BoardId board = 0;
  Int price = 0;  // quote units per contract
  Int skew = 0;   // x 10^18: its volatility is the board's times it
  // Σ amount of holdings by type, as it was when the board was settled once it is: contracts do not count down any
  // more.
  std::array<Int, option_types> held;
  bool operator==(const Strike&) const = default;
};

struct Holding {
  Address owner;
  MarketId strike = 0;
  OptionType type = OptionType::long_call;
  Int amount = 0;
  Int collateral = 0;
  bool operator==(const Holding&) const = default;
};

/// What options are priced with besides, one for all boards, as far as the chain tells it.
struct OptionTerms {
  Int spot = 0;        // of the underlying, quote units per contract; 0: not told yet
  Int rate = 0;        // per year x 10^18, continuous
  Int quote_unit = 1;  // of quote that make one of what Greeks are told in
  bool operator==(const OptionTerms&) const = default;
  /// In the order of the fields of Table::option_terms.
  std::array<Int, 3> values() const { return {spot, rate, quote_unit}; }
};

struct Boards {
  std::optional<OptionTerms> terms;  // none: nothing of them was told
  std::map<BoardId, Board> all;
  std::map<MarketId, Strike> strikes;
  std::unordered_map<HoldingId, Holding> holdings;

  /// Whether the instance is one with boards, if only by terms of theirs.
  bool any() const { return terms || !all.empty(); }
  /// Ascending.
  std::span<const HoldingId> of(const Address& owner) const;
  /// Writes a holding, or takes it away if its amount is 0, with what follows from it. False, and nothing is written:
  /// a sum would be beyond max_holding_amount.
  bool put(HoldingId id, const Holding& holding);
  /// The same, while sums are what they are.
  void write(HoldingId id, const Holding& holding);
  /// Whether every strike has the sums of its holdings, and no less than them where its board is settled.
  bool add_up() const;

 private:
  std::unordered_map<Address, std::vector<HoldingId>> by_owner_;
};

/// What `amount` pays, before what else it owes: floor(amount x how far the price is in the money ÷ unit).
Int payoff(Checked& math, const Board& board, const Strike& strike, OptionType type, Int amount);

}  // namespace lockstep::mirror
