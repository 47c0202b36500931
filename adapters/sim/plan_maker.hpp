#pragma once
// Makes the plan of one round: its window, its leaves, and the change of a chain if it is of the network.
#include <memory>
#include <vector>

#include "adapters/sim/scenario.hpp"
#include "adapters/sim/spec.hpp"

namespace lockstep::sim {

struct PlanBasis {
  const Scenario& scenario;
  const std::vector<std::unique_ptr<Ledger>>& ledgers;
  ProtocolIndex protocol = 0;
  std::size_t round = 0;
  TimeMs now = 0;
};

struct MadePlan {
  PlanSpec spec;
  bool hard = false;  // its chain changes so early or so late that NEW is not promised
};

MadePlan make_plan(const PlanBasis& basis, const WindowShape& window, bool halt_on_interference);

}  // namespace lockstep::sim
