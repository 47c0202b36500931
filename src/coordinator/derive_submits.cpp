#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"
#include "coordinator/rank.hpp"

namespace lockstep::coordinator {
namespace {

const SubmitProgress* existing(const PlanState& plan, InstanceIndex i, Action action) {
  const auto found = plan.instances[i].submits.find(action);
  return found == plan.instances[i].submits.end() ? nullptr : &found->second;
}

bool failed(const SubmitProgress& progress) {
  return progress.status == TxnStatus::reverted || progress.status == TxnStatus::rejected;
}

std::optional<Submit> certified(const PlanState& plan, InstanceIndex i, Action action, const Statement& statement,
                                Outcome outcome) {
  auto signatures = certificate(plan, statement, quorum(plan.plan, statement.kind));
  if (!signatures) return std::nullopt;
  return Submit{plan.plan.hash, i, action, outcome, statement.evidence, std::move(*signatures), 0};
}

std::optional<Submit> want_engage(const PlanState& plan, InstanceIndex i) {
  const auto& view = *latest(plan.instances[i]);
  const bool doubted = plan.instances[i].breaker_doubted;
  const bool due = view.halted && view.block.time >= plan.plan.window.halt_at && (!view.engaged || doubted);
  if (!plan.plan.instances[i].push_breaker || !due) return std::nullopt;
  if (plan.decision != Outcome::none && !doubted) return std::nullopt;  // close does not need it
  return Submit{plan.plan.hash, i, Action::engage, Outcome::none, {}, {}, 0};
}

/// The one that cannot be rolled back goes first and alone; the others follow once it is known to be good.
bool its_turn(const PlanState& plan, InstanceIndex i) {
  const auto first = non_revocable(plan.plan);
  return !first || *first == i || evidence_good(plan, *first);
}

std::optional<Submit> want_switch(const PlanState& plan, InstanceIndex i) {
  const auto& view = *latest(plan.instances[i]);
  if (!plan.plan.instances[i].switches || !its_turn(plan, i)) return std::nullopt;
  if (plan.decision != Outcome::none || !plan.old_reason.empty() || plan.stage != Stage::switching) return std::nullopt;
  if (view.phase != GatePhase::armed || view.block.time >= plan.plan.window.switch_by) return std::nullopt;
  return certified(plan, i, Action::switch_version, our_statement(plan, Kind::switch_version), Outcome::none);
}

/// A vote that was once sent is sent again even if a fork took the evidence from under us: N operators had seen it.
/// After a fork the same holds for one that others sent.
std::optional<Submit> replay_vote(const PlanState& plan, InstanceIndex home) {
  const auto* before = existing(plan, home, Action::decide);
  if (before && before->intent.outcome == Outcome::new_version) return before->intent;
  const auto votes = plan.attestations.find(Kind::vote_new);
  if (!plan.forked || votes == plan.attestations.end()) return std::nullopt;
  for (const auto& [signer, attestation] : votes->second)
    if (auto next = certified(plan, home, Action::decide, attestation.statement, Outcome::new_version)) return next;
  return std::nullopt;
}

std::optional<Submit> want_decide(const PlanState& plan, InstanceIndex i) {
  const auto& view = *latest(plan.instances[i]);
  if (i != plan.plan.home || plan.decision != Outcome::none || view.decision != Outcome::none) return std::nullopt;
  if (view.block.time >= plan.plan.window.decide_by && new_is_out(plan)) return std::nullopt;
  if (view.block.time >= plan.plan.window.decide_by)
    return Submit{plan.plan.hash, i, Action::decide, Outcome::old_version, {}, {}, 0};
  if (!plan.old_reason.empty() && !new_is_out(plan))
    return certified(plan, i, Action::decide, our_statement(plan, Kind::vote_old), Outcome::old_version);
  if (plan.stage != Stage::deciding || !verified(plan)) return replay_vote(plan, i);
  return certified(plan, i, Action::decide, our_statement(plan, Kind::vote_new), Outcome::new_version);
}

std::optional<Submit> want_close(const PlanState& plan, InstanceIndex i) {
  if (plan.decision == Outcome::none || plan.instances[i].closed != Outcome::none || stuck(plan, i))
    return std::nullopt;
  return certified(plan, i, Action::close, our_statement(plan, Kind::outcome), plan.decision);
}

/// A halt of ours ended, or somebody else's did and ours does not get through.
bool used_up(const SubmitProgress* before, const GateView& view) {
  if (before && halt_now_over(*before, view)) return true;
  return before && failed(*before) && before->intent.attempt + 1 >= halt_now_tries_max && view.halt_now_until != 0 &&
         view.block.time >= view.halt_now_until;
}

std::optional<Submit> want_halt_now(const PlanState& plan, InstanceIndex i) {
  const auto& view = *latest(plan.instances[i]);
  if (!halt_now_due(plan, i) || view.halted || used_up(existing(plan, i, Action::halt_now), view)) return std::nullopt;
  return certified(plan, i, Action::halt_now, our_statement(plan, Kind::halt_now), Outcome::none);
}

struct Wish {
  Action action;
  std::optional<Submit> (*want)(const PlanState&, InstanceIndex);
};
constexpr Wish wishes[] = {{Action::engage, want_engage},
                           {Action::switch_version, want_switch},
                           {Action::decide, want_decide},
                           {Action::close, want_close},
                           {Action::halt_now, want_halt_now}};

/// What we would send now, whether or not it was sent before. While held only what is already certified as the outcome
/// goes on, and the hand brake always works.
std::optional<Submit> wanted(const PlanState& plan, InstanceIndex i, const Wish& wish) {
  const auto* view = latest(plan.instances[i]);
  if (!view) return std::nullopt;
  if (wish.action == Action::halt_now) return wish.want(plan, i);
  if (ended(plan.stage) || !open_epoch(plan.plan, *view)) return std::nullopt;
  if (plan.held && wish.action != Action::close) return std::nullopt;
  return wish.want(plan, i);
}

/// A head block showed the effect, or was said to hold it, and a later one does not: it was reorganised away.
bool lost(const PlanState& plan, InstanceIndex i, const SubmitProgress& progress) {
  const auto& instance = plan.instances[i];
  if (!instance.head || shows(plan, i, *latest(instance), progress.intent.action)) return false;
  return progress.seen || (progress.gone_from != 0 && instance.head->block.num >= progress.gone_from);
}

bool other_intent(const Submit& a, const Submit& b) {
  return a.outcome != b.outcome || a.evidence != b.evidence || a.signatures.empty() != b.signatures.empty();
}

/// Not a repetition of what failed: everybody who holds the certificate could send this now, so ranks count.
bool fresh(const PlanState& plan, const SubmitProgress* before, const Submit& next) {
  return !before || other_intent(before->intent, next) || lost(plan, next.instance, *before);
}

std::uint64_t backoff_s(std::uint32_t attempt) {
  return std::min(backoff_max_s, backoff_first_s << std::min(attempt, 10U));
}

/// Another attempt carries the same certificate, unless it is for another outcome or without signatures.
void intend(Draft& draft, Submit next) {
  if (const auto* before = existing(draft.plan(), next.instance, next.action)) {
    if (!other_intent(before->intent, next)) next.signatures = before->intent.signatures;
    next.attempt = before->intent.attempt + 1;
  }
  draft.add(SubmitIntended{std::move(next), draft.now()});
}

/// Those of a lower rank had their time and the effect is still not shown.
bool our_turn(const Draft& draft, const Submit& next) {
  const auto& delays = draft.plan().instances[next.instance].submit_after;
  const auto delay = delays.find(next.action);
  if (delay != delays.end()) return draft.now() >= delay->second;
  return rank_of(draft.plan().plan, next.instance) == 0;
}

template <class Step>
void for_each_wanted(Draft& draft, Step step) {
  if (draft.plan().frozen || !active(draft.plan())) return;
  for (InstanceIndex i = 0; i < draft.plan().instances.size(); ++i)
    for (const auto& wish : wishes)
      if (auto next = wanted(draft.plan(), i, wish)) step(existing(draft.plan(), i, wish.action), std::move(*next));
}

}  // namespace

void derive_submits(Draft& draft) {
  for_each_wanted(draft, [&](const SubmitProgress* before, Submit next) {
    if (fresh(draft.plan(), before, next) && our_turn(draft, next)) intend(draft, std::move(next));
  });
}

/// A delay begins with the first tick after the certificate was complete: events do not bring our clock with them.
void pace_submits(Draft& draft) {
  for_each_wanted(draft, [&](const SubmitProgress* before, Submit next) {
    const bool first = fresh(draft.plan(), before, next);
    const bool repeat =
        before && failed(*before) && draft.now() >= before->asked_at + backoff_s(before->intent.attempt);
    if (first ? our_turn(draft, next) : repeat) {
      intend(draft, std::move(next));
    } else if (first && !draft.plan().instances[next.instance].submit_after.contains(next.action)) {
      const auto wait_s = stagger_s * rank_of(draft.plan().plan, next.instance);
      draft.add(SubmitDelayed{draft.hash(), next.instance, next.action, draft.now() + wait_s});
    }
  });
}

}  // namespace lockstep::coordinator
