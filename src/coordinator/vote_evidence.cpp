#include "coordinator/vote_evidence.hpp"

#include "base/keccak256.hpp"
#include "coordinator/rank.hpp"

namespace lockstep::coordinator {

Hash32 vote_evidence(const PlanState& plan) {
  Bytes message;
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& evidence = plan.instances[i].evidence;
    if (!evidence) return {};
    append(message, word_of(plan.plan.instances[i].chain_id).view());
    append(message, evidence->block.hash.view());
    append(message, evidence->digest.view());
  }
  return keccak256(message);
}

}  // namespace lockstep::coordinator
