#pragma once
// What accounts with pools are worth, from rows alone: where views tell what no event does (a mark, pending funding),
// it is written into the rows and what follows from it computed anew.
#include <expected>
#include <string>
#include <vector>

#include "mirror/row.hpp"

namespace lockstep::mirror {

/// Sets equity and margins of every account among the rows, which are sorted; nothing where there are no pools.
/// Refused, with the account, where a number does not fit. Answers with the places of accounts that provide liquidity:
/// what that is worth is the state of the pool, which only the chain knows.
std::expected<std::vector<std::size_t>, std::string> reckon(Rows& rows);

}  // namespace lockstep::mirror
