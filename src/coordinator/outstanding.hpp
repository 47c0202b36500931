#pragma once
#include <vector>

#include "coordinator/decide.hpp"

namespace lockstep::coordinator {

/// outstanding(State) for one plan, in plan order.
std::vector<Effect> outstanding(const PlanState& plan);

}  // namespace lockstep::coordinator
