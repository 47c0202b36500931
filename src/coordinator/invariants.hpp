#pragma once
// What must never be true of a state, whatever happened. Called after every step by the tests and by the runtime before
// a step is made durable.
#include <optional>
#include <string>

#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// The first broken invariant of this plan in words, or nothing. Names the LAW where there is one. O(one plan).
std::optional<std::string> broken_invariant(const PlanState& plan);
/// The same, and that it is alone with its protocol and epoch: one look at the header of every other plan. What to ask
/// after a step that touched this plan.
std::optional<std::string> broken_invariant(const State& state, const Hash32& plan);
/// Of every plan.
std::optional<std::string> broken_invariant(const State& state);

/// The same for the step from one state of a plan to the next: what is signed is never changed (S8), an end is an end
/// (unless a final block that it rests on was replaced), a decision stays. O(one plan). The step is what one event did:
/// records one by one would show states that nobody acts on.
std::optional<std::string> broken_step(const PlanState& before, const PlanState& after);
/// Of every plan of both.
std::optional<std::string> broken_step(const State& before, const State& after);

}  // namespace lockstep::coordinator
