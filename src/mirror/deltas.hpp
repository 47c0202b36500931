#pragma once
// Parameter changes that a plan declares.
#include <vector>

#include "mirror/apply.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::mirror {

/// Sets one field. Settable: insurance; a market's bps, ppm and funding index; an account's collateral; of pools the
/// margin's shares, and how equity is rounded. Everything else follows from operations and is refused, as is what is
/// unknown, of another type or out of range.
Done set_field(State& state, const Delta& delta);

}  // namespace lockstep::mirror
