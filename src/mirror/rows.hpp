#pragma once
// The state as flat rows.
#include <span>

#include "mirror/row.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {

/// One global row, a row per market, series, known account, position that is not empty and resting order, and of an
/// instance with pools its terms, a row per pool, known account and position in one; sorted by key.
Rows rows_of(const State& state);

/// The global row, every market, and what the state has of these accounts and orders; sorted by key.
Rows rows_of(const State& state, std::span<const Address> accounts, std::span<const OrderId> orders);

/// What the state has of these entities, as differing() names them; sorted by key.
Rows rows_of(const State& state, std::span<const Key> entities);

}  // namespace lockstep::mirror
