#pragma once
// What part of a state would be under the changes a plan declares, from its rows alone: a chain can be asked under the
// new code about a few accounts, without a mirror of all of them.
#include <expected>
#include <string>
#include <vector>

#include "mirror/mirror.hpp"

namespace lockstep::mirror {

/// Of rows as rows_of() gives them, some accounts with everything they hold: what is declared is set, and what accounts
/// are worth and must hold computed anew. A change of an account that is not among them is nothing of theirs; any other
/// that finds no row or field, or has another type, is refused and named.
std::expected<Rows, std::string> under(Rows some, const std::vector<Delta>& deltas);

}  // namespace lockstep::mirror
