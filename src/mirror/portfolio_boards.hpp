#pragma once
// A portfolio of what is held on boards (mirror/holding.hpp): options by Black-Scholes at the marked spot and rate, at
// the board's volatility times the strike's skew, and the collateral behind those that were sold.
#include "mirror/holding.hpp"
#include "mirror/portfolio.hpp"

namespace lockstep::mirror {

/// As portfolio_of, in quote of OptionTerms::quote_unit. All boards are on one underlying, which is no market and has
/// the id 0.
std::expected<Portfolio, std::string> portfolio_of(const Boards& boards, UnixSeconds at);

}  // namespace lockstep::mirror
