#pragma once
// What a plan for instances without a gate means besides what it says, and what it may not ask for (ADR 0023).
#include "settings/node.hpp"
#include "settings/plan_document.hpp"

namespace lockstep::settings {

/// Fills in the calls that pause and unpause, as the protocol file declares them. Refused is whatever only a gate could
/// keep: masks, stages, oracle ages, switches without a way back, network plans.
void add_direct(const Node& root, const Protocol& protocol, PlanDocument& plan, std::vector<Error>& errors);

}  // namespace lockstep::settings
