#pragma once
// What one contract of every strike is worth: by Black-Scholes at a spot price and a rate, at the board's volatility
// times the strike's skew; once its board is settled, what it pays (mirror/holding.hpp).
#include <string>
#include <vector>

#include "base/time.hpp"
#include "mirror/greeks/priced.hpp"
#include "mirror/holding.hpp"

namespace lockstep::mirror {

/// The call and the put of every strike, then the underlying itself, and last a unit of quote, at greek_scales and in
/// quote of OptionTerms::quote_unit.
struct PricedBoards {
  std::vector<MarketId> strikes;  // ascending
  std::vector<greeks::FixedGreeks> greeks;
  std::vector<greeks::Refusal> refusal;

  std::size_t place(const Holding& holding) const;
  std::size_t spot() const { return 2 * strikes.size(); }
  std::size_t quote() const { return spot() + 1; }
  /// Where the collateral of a holding is.
  std::size_t collateral(const Holding& holding) const {
    return holding.type == OptionType::covered_call ? spot() : quote();
  }
};

PricedBoards priced(const Boards& boards, const OptionTerms& terms, UnixSeconds at);

/// Of a collateral, that make one of what it is priced in.
inline Int unit_of_collateral(const Holding& holding, const Board& board, const OptionTerms& terms) {
  return holding.type == OptionType::covered_call ? board.unit : terms.quote_unit;
}

/// Why something that is held has no price: the first strike's reason; empty if all has one.
std::string unpriced(const Boards& boards, const OptionTerms& terms, UnixSeconds at, const PricedBoards& prices);

}  // namespace lockstep::mirror
