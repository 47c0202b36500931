#pragma once
// The life of an order between its arrival and the moment nothing more follows from it.
#include "mirror/apply.hpp"

namespace lockstep::mirror {

/// After every step: finds the next one; when the order is done, rests what is left and checks the placing account's
/// margin. A refusal here means the chain has already gone wrong: the incoming order stays, and with it every later
/// operation is refused.
Done advance(State& state);

/// Takes a resting order out of its book (cancelled, not filled).
Done remove_resting(State& state, OrderId id);

}  // namespace lockstep::mirror
