#pragma once
// The page a signer checks, and the governance proposals. Calls are decoded again from the bytes that the leaf holds,
// never quoted from the plan's text, so that a page cannot say other than what is hashed.
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "adapters/evm/compile.hpp"

namespace lockstep::evm {

/// schema "lockstep.plan-page/1". Integers beyond 2^53 are strings; times RFC 3339 UTC.
nlohmann::json render_json(const CompiledPlan& plan, const settings::PlanDocument& document);
/// The same page in Markdown.
std::string render_markdown(const CompiledPlan& plan, const settings::PlanDocument& document);
/// schema "lockstep.proposal/1": per chain, the arguments of Governor.propose(address[],uint256[],bytes[],string) whose
/// one action is arm.
nlohmann::json proposal_json(const CompiledPlan& plan);
/// "Lockstep: acme-perps funding-v2, epoch 1, plan 0x…": the same on every chain.
std::string proposal_description(const CompiledPlan& plan);

}  // namespace lockstep::evm
