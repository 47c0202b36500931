#pragma once
// A portfolio of what is held on boards: options, sold ones below zero, and the collateral behind those
// (mirror/boards_priced.hpp).
#include "mirror/holding.hpp"
#include "mirror/portfolio.hpp"

namespace lockstep::mirror {

/// As portfolio_of, in quote of OptionTerms::quote_unit. All boards are on one underlying, which is no market and has
/// the id 0.
std::expected<Portfolio, std::string> portfolio_of(const Boards& boards, UnixSeconds at);

}  // namespace lockstep::mirror
