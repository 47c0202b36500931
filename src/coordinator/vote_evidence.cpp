#include "coordinator/vote_evidence.hpp"

#include "base/keccak256.hpp"

namespace lockstep::coordinator {

Hash32 vote_evidence(const PlanState& plan) {
  Bytes message;
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& evidence = plan.instances[i].evidence;
    if (!evidence) return {};
    Hash32 chain_id;
    for (std::size_t byte = 0; byte < 8; ++byte)
      chain_id.bytes[31 - byte] = static_cast<std::uint8_t>(plan.plan.instances[i].chain_id >> (8 * byte));
    append(message, chain_id.view());
    append(message, evidence->digest.view());
  }
  return keccak256(message);
}

}  // namespace lockstep::coordinator
