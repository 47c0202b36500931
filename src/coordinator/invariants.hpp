#pragma once
// What must never be true of a state, whatever happened. Called after every step by the tests and by the runtime before
// a step is made durable.
#include <optional>
#include <string>

#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// The first broken invariant in words, or nothing. Names the LAW where there is one.
std::optional<std::string> broken_invariant(const State& state);
/// The same for the step from one state to the next: what is signed is never changed (S8), an end is an end, a decision
/// stays.
std::optional<std::string> broken_step(const State& before, const State& after);

}  // namespace lockstep::coordinator
