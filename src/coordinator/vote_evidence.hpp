#pragma once
// What a VOTE_NEW says about the world.
#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// keccak256 over (u256 chain id ‖ evidence digest) of all instances in plan order; zero if one has no evidence.
Hash32 vote_evidence(const PlanState& plan);

}  // namespace lockstep::coordinator
