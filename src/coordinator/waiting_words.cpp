#include "coordinator/waiting_words.hpp"

#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"
#include "coordinator/quarantine.hpp"
#include "coordinator/rank.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {
namespace {

void add_name(std::string& list, const char* heading, const Address& who) {
  list += list.empty() ? heading : ", ";
  list += to_hex(who).substr(0, 10);
}

/// Whose signatures would complete it, who signed something else, who signed both.
std::string missing(const PlanState& plan, const Statement& statement) {
  std::string silent, other, both;
  const auto kept = plan.attestations.find(statement.kind);
  const auto twice = plan.equivocations.find(statement.kind);
  for (const auto& who : plan.plan.operators.operators) {
    const bool spoke = kept != plan.attestations.end() && kept->second.contains(who);
    if (!spoke)
      add_name(silent, "; missing: ", who);
    else if (!(kept->second.at(who).statement == statement))
      add_name(other, "; signed another statement: ", who);
    if (twice != plan.equivocations.end() && twice->second.contains(who)) add_name(both, "; equivocated: ", who);
  }
  return silent + other + both;
}

}  // namespace

WaitingOn wait(Waiting code, std::optional<InstanceIndex> instance, std::string detail, std::string unblocks_when) {
  return {code, instance, 0, std::move(detail), std::move(unblocks_when)};
}

std::string in_vain(const PlanState& plan, InstanceIndex i) {
  return "governance of " + chain_name(plan, i) +
         " executed the proposal and the gate is not armed by it: it ran at finality and had no effect";
}

std::string reds(const std::vector<CheckRow>& rows) {
  std::string text;
  for (const auto& row : rows)
    if (row.colour == Colour::red) text += (text.empty() ? "" : ", ") + row.name;
  return text;
}

WaitingOn wait_unreachable(const PlanState& plan, InstanceIndex i) {
  return wait(Waiting::chain_unreachable, i, "nothing was heard from " + chain_name(plan, i),
              chain_name(plan, i) + " answers");
}

WaitingOn wait_final(const PlanState& plan, InstanceIndex i, const std::string& what) {
  return wait(Waiting::finality, i, what + " on " + chain_name(plan, i) + " is seen but not final",
              "the block is final");
}

bool signatures_complete(const PlanState& plan, Kind kind) {
  return count_signed(plan, our_statement(plan, kind)) >= quorum(plan.plan, kind);
}

WaitingOn wait_signatures(const PlanState& plan, Kind kind) {
  const auto statement = our_statement(plan, kind);
  const auto have = count_signed(plan, statement), need = quorum(plan.plan, kind);
  const auto count = std::to_string(have) + " of " + std::to_string(need) + " signatures of " + to_text(kind);
  if (const auto* why = quarantined(plan))
    return wait(Waiting::operator_key, {}, count + "; in quarantine: " + *why,
                "the other operators sign; this copy signs nothing in this epoch any more");
  if (const auto seen = doubt(plan); seen && kind != Kind::halt_now && !intended(plan, kind))
    return wait(Waiting::finality, seen->instance, count + "; we do not sign while " + seen->why,
                "the block is final or gone, or enough other operators have signed");
  const auto refused = plan.sign_refused.find(kind);
  if (refused != plan.sign_refused.end())
    return wait(Waiting::operator_key, {}, count + "; our signer refused: " + refused->second,
                "the signer is mended and an operator resumes the plan, or the other operators sign");
  const std::string observer = can_sign(plan) ? "" : "; this operator has no key in the set and only observes";
  return wait(Waiting::signatures, {}, count + missing(plan, statement) + observer, "enough operators have signed");
}

WaitingOn wait_action(const PlanState& plan, InstanceIndex i, Action action) {
  const auto& instance = plan.instances[i];
  const auto* view = latest(instance);
  if (!view) return wait_unreachable(plan, i);
  const std::string name = std::string(to_text(action)) + " on " + chain_name(plan, i);
  if (shows(plan, i, *view, action)) return wait_final(plan, i, to_text(action));
  const auto found = instance.submits.find(action);
  if (found == instance.submits.end()) {
    const auto rank = rank_of(plan.plan, i);
    if (rank == 0) return wait(Waiting::transaction, i, name + " has not been sent", "it is final");
    return wait(Waiting::transaction, i,
                name + " is left to operators of a lower rank than ours, which is " + std::to_string(rank),
                "it is final, or our turn comes");
  }
  const auto& progress = found->second;
  if (progress.status == TxnStatus::rejected && progress.intent.attempt + 1 >= unreachable_after)
    return wait(Waiting::chain_unreachable, i, name + " cannot be sent: " + progress.detail,
                chain_name(plan, i) + " takes the transaction");
  std::string detail = name + " is " + to_text(progress.status);
  if (!progress.detail.empty()) detail += ": " + progress.detail;
  return wait(Waiting::transaction, i, std::move(detail), "it is final");
}

}  // namespace lockstep::coordinator
