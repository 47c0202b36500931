#include "coordinator/advance.hpp"
#include "coordinator/on_event.hpp"

namespace lockstep::coordinator {
namespace {

/// A signature of ours that this journal never intended: an older journal was restored, or our key runs elsewhere (F3,
/// F20). Observe only.
void quarantine(Draft& draft) {
  const std::string reason = "our key signed something that this journal does not know";
  for (const auto kind : {Kind::switch_version, Kind::vote_new, Kind::vote_old, Kind::outcome})
    if (!draft.plan().sign_refused.contains(kind)) draft.add(SignRefused{draft.hash(), kind, reason});
  draft.alarm("own-signature-unknown", reason);
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
    draft.add(event);
  }
  const auto intent = draft.plan().signing.find(kind);
  const bool intended = intent != draft.plan().signing.end() && intent->second == attestation.statement;
  if (draft.plan().plan.self == attestation.signer && !intended) quarantine(draft);
  advance(draft);
  return {std::move(draft)};
}

}  // namespace lockstep::coordinator
