#pragma once
// What a plan waits for, as it is shown: the coordinator's words, and what only the rest of the process knows.
#include "view/snapshot.hpp"

namespace lockstep::api {

/// Null: nobody needs to be heard, or nobody can be.
const view::Hearing* hearing_of(const coordinator::PlanState& plan, const view::Snapshot& snapshot);

/// The coordinator hears of a chain's blocks, not of its endpoints: what it waits for on a chain of which no endpoint
/// answers is that one does. After a start our own signature may wait for peers besides.
coordinator::WaitingOn waiting_shown(const coordinator::PlanState& plan, const view::Snapshot& snapshot);

}  // namespace lockstep::api
