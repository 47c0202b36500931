#include "api/waiting.hpp"

#include <algorithm>

namespace lockstep::api {
namespace {

using coordinator::PlanState;
using coordinator::Waiting;
using coordinator::WaitingOn;

void add_peers(WaitingOn& waiting, const view::Hearing& hearing) {
  waiting.detail += waiting.detail.empty() ? "" : "; ";
  waiting.detail += "we sign once " + std::to_string(hearing.needed) + " peers were heard since our start, so far " +
                    std::to_string(hearing.heard);
}

/// What its endpoints say, if none of them answers; else empty.
std::string dead(const view::Snapshot& snapshot, const std::string& chain) {
  const auto health = snapshot.chains.find(chain);
  if (health == snapshot.chains.end() || health->second.endpoints.empty()) return {};
  std::string why;
  for (const auto& endpoint : health->second.endpoints) {
    if (endpoint.up) return {};
    why += (why.empty() ? "" : "; ") + endpoint.name + ": " + endpoint.last_error;
  }
  return why;
}

}  // namespace

const view::Hearing* hearing_of(const PlanState& plan, const view::Snapshot& snapshot) {
  const auto found = snapshot.hearing.find(plan.plan.hash);
  return found == snapshot.hearing.end() ? nullptr : &found->second;
}

WaitingOn waiting_shown(const PlanState& plan, const view::Snapshot& snapshot) {
  auto waiting = plan.waiting;
  if (const auto* hearing = hearing_of(plan, snapshot);
      waiting.code == Waiting::signatures && hearing != nullptr && !hearing->enough())
    add_peers(waiting, *hearing);
  const bool named = waiting.instance && *waiting.instance < plan.plan.instances.size();
  if (!named || waiting.code == Waiting::chain_unreachable) return waiting;
  const auto& chain = plan.plan.instances[*waiting.instance].chain;
  if (const auto why = dead(snapshot, chain); !why.empty()) {
    waiting.detail =
        "no endpoint of " + chain + " answers (" + why + "); then " + to_text(waiting.code) + ": " + waiting.detail;
    waiting.unblocks_when = "an endpoint of " + chain + " answers";
    waiting.code = Waiting::chain_unreachable;
  }
  return waiting;
}

}  // namespace lockstep::api
