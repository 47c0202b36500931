#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {
namespace {

bool first_to_ask(const PlanState& plan) {
  const auto asked = plan.attestations.find(Kind::halt_now);
  return plan.halt_reason.empty() && (asked == plan.attestations.end() || asked->second.empty());
}

}  // namespace

Drafts on_event(const State& state, const AttestationReceived& event) {
  const auto& attestation = event.attestation;
  const auto kind = attestation.statement.kind;
  auto draft = draft_of(state, attestation.statement.plan_hash);
  const auto kept = draft.plan().attestations.find(kind);
  if (kept != draft.plan().attestations.end() && kept->second.contains(attestation.signer)) {
    draft.add(Equivocated{kept->second.at(attestation.signer), attestation});
    draft.alarm("equivocation", to_hex(attestation.signer) + " signed two statements of kind " + to_text(kind));
  } else {
    const bool asks = kind == Kind::halt_now && draft.plan().plan.self != attestation.signer;
    if (asks && first_to_ask(draft.plan()))
      draft.alarm("peer-asks-halt", to_hex(attestation.signer) + " asks to halt at once");
    draft.add(event);
  }
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
