#pragma once
// What a peer answers to GET /api/v1/attestations?plan=, as text and as values that prove themselves.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/attestation.hpp"
#include "coordinator/plan.hpp"

namespace lockstep::peers {

/// Every kind of statement by every operator, and for each what contradicts it.
inline constexpr std::size_t most_attestations = 2 * 5 * coordinator::max_operators;

/// Schema lockstep.attestations/1, nothing more and nothing less; otherwise why not, in words that quote nothing of the
/// text. Nothing in the result is believed yet.
std::expected<std::vector<coordinator::Attestation>, std::string> parse_page(std::string_view text);

/// Is it a statement of this plan, signed by its claimed signer, who is one of the plan's operators?
bool proves_itself(const coordinator::Attestation& attestation, const coordinator::Plan& plan, const Hash32& domain);

/// RFC 9457: is this the answer of a lockstepd that does not know the plan?
bool says_unknown_plan(std::string_view body);

}  // namespace lockstep::peers
