#include "coordinator/quarantine.hpp"

#include "coordinator/facts.hpp"

namespace lockstep::coordinator {
namespace {

/// By kind and signer, as attestations and equivocations are kept.
bool knows_more(const PlanState& plan, const std::map<Kind, std::map<Address, Attestation>>& told) {
  for (const auto& [kind, by_signer] : told) {
    const auto ours = by_signer.find(*plan.plan.self);
    if (ours == by_signer.end()) continue;
    const auto intent = plan.signing.find(kind);
    if (intent == plan.signing.end() || !(intent->second == ours->second.statement)) return true;
  }
  return false;
}

std::string unknown_at(const PlanState& plan, InstanceIndex index, const GateView& view) {
  if (!ours(plan.plan, view)) return {};
  const auto& name = chain_name(plan, index);
  if (view.phase == GatePhase::switched && !intended(plan, Kind::switch_version))
    return name + " is switched, which needs our signature, and this journal does not know of it";
  if (index == plan.plan.home && view.decision == Outcome::new_version && !intended(plan, Kind::vote_new))
    return "home decided new, which needs our vote, and this journal does not know of it";
  return {};
}

const GateView* final_of(const InstanceState& instance) { return instance.final ? &*instance.final : nullptr; }

/// The first instance whose view shows what a signature of ours was needed for.
std::optional<Doubt> unknown_in(const PlanState& plan, const GateView* (*view_of)(const InstanceState&)) {
  const auto& set = plan.plan.operators;
  if (!can_sign(plan) || set.threshold != set.operators.size()) return std::nullopt;
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) {
    const auto* seen = view_of(plan.instances[i]);
    if (auto why = seen ? unknown_at(plan, i, *seen) : std::string{}; !why.empty()) return Doubt{i, std::move(why)};
  }
  return std::nullopt;
}

}  // namespace

const std::string* quarantined(const PlanState& plan) {
  const auto found = plan.sign_refused.find(Kind::none);
  return found == plan.sign_refused.end() ? nullptr : &found->second;
}

void derive_quarantine(Draft& draft) {
  const auto& plan = draft.plan();
  if (!can_sign(plan) || quarantined(plan)) return;
  std::string why;
  if (knows_more(plan, plan.attestations) || knows_more(plan, plan.equivocations))
    why = "our key signed something that this journal does not know";
  else if (auto seen = unknown_in(plan, final_of))
    why = std::move(seen->why);
  if (why.empty()) return;
  draft.add(SignRefused{draft.hash(), Kind::none, why});
  draft.alarm("own-signature-unknown", why);
}

std::optional<Doubt> doubt(const PlanState& plan) { return unknown_in(plan, latest); }

}  // namespace lockstep::coordinator
