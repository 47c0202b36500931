#pragma once
// What a VOTE_NEW says about the world.
#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// keccak256 over (u256 chain id ‖ block hash ‖ evidence digest) of all instances in plan order; zero if one has no
/// evidence. The block is the one in which the instance began to run the new version, so equal values mean: the same
/// fork of every chain, and the same state on it.
Hash32 vote_evidence(const PlanState& plan);

}  // namespace lockstep::coordinator
