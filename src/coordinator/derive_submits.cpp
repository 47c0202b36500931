#include <algorithm>

#include "coordinator/advance.hpp"
#include "coordinator/certificates.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"

namespace lockstep::coordinator {
namespace {

const SubmitProgress* existing(const PlanState& plan, InstanceIndex i, Action action) {
  const auto found = plan.instances[i].submits.find(action);
  return found == plan.instances[i].submits.end() ? nullptr : &found->second;
}

std::optional<Submit> certified(const PlanState& plan, InstanceIndex i, Action action, const Statement& statement,
                                Outcome outcome) {
  auto signatures = certificate(plan, statement, quorum(plan.plan, statement.kind));
  if (!signatures) return std::nullopt;
  return Submit{plan.plan.hash, i, action, outcome, statement.evidence, std::move(*signatures), 0};
}

std::optional<Submit> want_engage(const PlanState& plan, InstanceIndex i) {
  const auto& view = *latest(plan.instances[i]);
  const bool due = view.halted && view.block.time >= plan.plan.window.halt_at && !view.engaged;
  if (!plan.plan.instances[i].push_breaker || !due || plan.decision != Outcome::none) return std::nullopt;
  return Submit{plan.plan.hash, i, Action::engage, Outcome::none, {}, {}, 0};
}

std::optional<Submit> want_switch(const PlanState& plan, InstanceIndex i) {
  const auto& view = *latest(plan.instances[i]);
  if (plan.decision != Outcome::none || !plan.old_reason.empty() || plan.stage != Stage::switching) return std::nullopt;
  if (view.phase != GatePhase::armed || view.block.time >= plan.plan.window.switch_by) return std::nullopt;
  return certified(plan, i, Action::switch_version, our_statement(plan, Kind::switch_version), Outcome::none);
}

/// A vote that was once sent is sent again even if a fork took the evidence from under us: N operators had seen it.
std::optional<Submit> replay_vote(const PlanState& plan, InstanceIndex home) {
  const auto* before = existing(plan, home, Action::decide);
  if (!before || before->intent.outcome != Outcome::new_version) return std::nullopt;
  return before->intent;
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
  if (plan.decision == Outcome::none || plan.instances[i].closed != Outcome::none) return std::nullopt;
  return certified(plan, i, Action::close, our_statement(plan, Kind::outcome), plan.decision);
}

std::optional<Submit> want_halt_now(const PlanState& plan, InstanceIndex i) {
  if (plan.halt_reason.empty() || latest(plan.instances[i])->halted) return std::nullopt;
  return certified(plan, i, Action::halt_now, our_statement(plan, Kind::halt_now), Outcome::none);
}

/// What we would send now, whether or not it was sent before. While held only what is already certified as the outcome
/// goes on.
std::optional<Submit> wanted(const PlanState& plan, InstanceIndex i, Action action) {
  const auto* view = latest(plan.instances[i]);
  if (!view || !open_epoch(plan.plan, *view) || (plan.held && action != Action::close)) return std::nullopt;
  switch (action) {
    case Action::engage:
      return want_engage(plan, i);
    case Action::switch_version:
      return want_switch(plan, i);
    case Action::decide:
      return want_decide(plan, i);
    case Action::close:
      return want_close(plan, i);
    case Action::halt_now:
      return want_halt_now(plan, i);
  }
  return std::nullopt;
}

constexpr Action actions[] = {Action::engage, Action::switch_version, Action::decide, Action::close, Action::halt_now};

/// A head block showed the effect, or was said to hold it, and a later one does not: it was reorganised away.
bool lost(const Plan& plan, const InstanceState& instance, const SubmitProgress& progress) {
  if (!instance.head || shows(plan, *latest(instance), progress.intent)) return false;
  return progress.seen || (progress.gone_from != 0 && instance.head->block.num >= progress.gone_from);
}

bool other_intent(const Submit& a, const Submit& b) {
  return a.outcome != b.outcome || a.evidence != b.evidence || a.signatures.empty() != b.signatures.empty();
}

bool failed(const SubmitProgress& progress) {
  return progress.status == TxnStatus::reverted || progress.status == TxnStatus::rejected;
}

std::uint64_t backoff_s(std::uint32_t attempt) {
  return std::min(backoff_max_s, backoff_first_s << std::min(attempt, 10U));
}

/// Another attempt carries the same certificate, unless it is for another outcome or without signatures.
void intend(Draft& draft, Submit next, const SubmitProgress* before) {
  if (before) {
    if (!other_intent(before->intent, next)) next.signatures = before->intent.signatures;
    next.attempt = before->intent.attempt + 1;
  }
  draft.add(SubmitIntended{std::move(next), draft.now()});
}

template <class Due>
void submit_where(Draft& draft, Due due) {
  if (draft.plan().frozen || ended(draft.plan().stage)) return;
  for (InstanceIndex i = 0; i < draft.plan().instances.size(); ++i) {
    for (const auto action : actions) {
      auto next = wanted(draft.plan(), i, action);
      if (!next) continue;
      const auto* before = existing(draft.plan(), i, action);
      if (due(draft.plan().instances[i], before, *next)) intend(draft, std::move(*next), before);
    }
  }
}

}  // namespace

void derive_submits(Draft& draft) {
  const auto& plan = draft.plan().plan;
  submit_where(draft, [&](const InstanceState& instance, const SubmitProgress* before, const Submit& next) {
    return !before || other_intent(before->intent, next) || lost(plan, instance, *before);
  });
}

void pace_submits(Draft& draft) {
  submit_where(draft, [&](const InstanceState&, const SubmitProgress* before, const Submit&) {
    return before && failed(*before) && draft.now() >= before->asked_at + backoff_s(before->intent.attempt);
  });
}

}  // namespace lockstep::coordinator
