#include "coordinator/certificates.hpp"

#include <algorithm>

#include "coordinator/vote_evidence.hpp"

namespace lockstep::coordinator {

Statement our_statement(const PlanState& plan, Kind kind) {
  Statement statement;
  statement.kind = kind;
  statement.epoch = plan.plan.epoch;
  statement.plan_hash = plan.plan.hash;
  statement.operator_set = plan.plan.operators.hash;
  if (kind == Kind::vote_new) statement.evidence = vote_evidence(plan);
  if (kind == Kind::outcome) {
    statement.outcome = plan.decision;
    statement.evidence = plan.decision_evidence;
  }
  return statement;
}

bool acceptable(const Plan& plan, const Statement& statement) {
  if (statement.plan_hash != plan.hash || statement.epoch != plan.epoch) return false;
  if (statement.operator_set != plan.operators.hash) return false;
  switch (statement.kind) {
    case Kind::switch_version:
    case Kind::vote_old:
    case Kind::halt_now:
      return statement.outcome == Outcome::none && statement.evidence.is_zero();
    case Kind::vote_new:
      return statement.outcome == Outcome::none && !statement.evidence.is_zero();
    case Kind::outcome:
      return statement.outcome == Outcome::new_version || statement.outcome == Outcome::old_version;
    case Kind::none:
      return false;
  }
  return false;
}

std::size_t count_signed(const PlanState& plan, const Statement& statement) {
  const auto kind = plan.attestations.find(statement.kind);
  if (kind == plan.attestations.end()) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(kind->second, [&](const auto& entry) { return entry.second.statement == statement; }));
}

std::optional<std::vector<Bytes>> certificate(const PlanState& plan, const Statement& statement, std::size_t needed) {
  const auto kind = plan.attestations.find(statement.kind);
  if (kind == plan.attestations.end()) return std::nullopt;
  std::vector<Bytes> signatures;
  for (const auto& [signer, attestation] : kind->second) {
    if (signatures.size() == needed) break;
    if (attestation.statement == statement) signatures.push_back(attestation.signature);
  }
  if (signatures.size() < needed) return std::nullopt;
  return signatures;
}

std::size_t quorum(const Plan& plan, Kind kind) {
  const bool few = kind == Kind::vote_old || kind == Kind::halt_now;
  return few ? std::size_t{plan.operators.faulty} + 1 : std::size_t{plan.operators.threshold};
}

}  // namespace lockstep::coordinator
