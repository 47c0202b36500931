#pragma once
// The state as flat rows.
#include "mirror/row.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {

/// One global row, a row per market, series, known account, position that is not empty and resting order; sorted by
/// key.
Rows rows_of(const State& state);

}  // namespace lockstep::mirror
