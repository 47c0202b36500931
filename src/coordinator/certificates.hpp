#pragma once
// Certificates: enough signatures over one and the same statement. Needs no leader; whoever holds the attestations can
// assemble.
#include <optional>
#include <vector>

#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// What we would sign ourselves now for this kind; also what a certificate must say for us to submit it.
Statement our_statement(const PlanState& plan, Kind kind);

/// Is it a statement this plan could contain, whoever signs it? Evidence of VOTE_NEW and OUTCOME is the signer's own
/// claim.
bool acceptable(const Plan& plan, const Statement& statement);

/// Operators that signed exactly this statement.
std::size_t count_signed(const PlanState& plan, const Statement& statement);

/// `needed` signatures over exactly this statement, ascending by signer (the lowest addresses, so that everyone
/// assembles the same bytes); nothing if there are fewer.
std::optional<std::vector<Bytes>> certificate(const PlanState& plan, const Statement& statement, std::size_t needed);

/// Signatures a kind needs in this plan: N, or f+1 for VOTE_OLD and HALT_NOW.
std::size_t quorum(const Plan& plan, Kind kind);

}  // namespace lockstep::coordinator
