#pragma once
// One upgrade as everybody in the simulation knows it.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sim/ledger.hpp"
#include "coordinator/plan.hpp"

namespace lockstep::sim {

struct PlanSpec {
  ProtocolIndex protocol = 0;
  coordinator::Plan plan;                           // without self
  std::vector<std::shared_ptr<const Leaf>> leaves;  // by instance
  std::vector<Payload> payloads;                    // by instance
  std::vector<std::size_t> chains;                  // by instance: which ledger
  Hash32 domain;

  bool network() const { return plan.kind == coordinator::PlanKind::network; }
};

/// How far governance is with a plan on one instance.
struct GovernanceSight {
  coordinator::GovernanceStage stage = coordinator::GovernanceStage::unseen;
  UnixSeconds executable_at = 0;
  bool operator==(const GovernanceSight&) const = default;
};

struct Register {
  std::map<Hash32, PlanSpec> plans;
  std::map<std::pair<Hash32, coordinator::InstanceIndex>, GovernanceSight> governance;

  const PlanSpec* find(const Hash32& hash) const {
    const auto found = plans.find(hash);
    return found == plans.end() ? nullptr : &found->second;
  }
};

}  // namespace lockstep::sim
