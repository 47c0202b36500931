#include <string>

#include "coordinator/advance.hpp"
#include "coordinator/facts.hpp"
#include "coordinator/policy.hpp"
#include "coordinator/waiting_words.hpp"

namespace lockstep::coordinator {
namespace {

/// The first instance that keeps the plan in its stage: there is one, or the stage would be the next.
template <class Question>
InstanceIndex keeper(const PlanState& plan, Question question) {
  return first_where(plan, question).value_or(plan.plan.home);
}

WaitingOn wait_old(const PlanState& plan) {
  const auto home = plan.plan.home;
  const auto* view = latest(plan.instances[home]);
  const auto because = "OLD because " + plan.old_reason;
  if (!view) return wait_unreachable(plan, home);
  if (view->decision != Outcome::none) return wait_final(plan, home, "the decision");
  if (!open_epoch(plan.plan, *view))
    return wait(Waiting::decision, home,
                because + "; the gate of home is not armed, so OLD is certain once the halt time passes",
                "the halt time passes on home");
  if (view->block.time >= plan.plan.window.decide_by) return wait_action(plan, home, Action::decide);
  if (!signatures_complete(plan, Kind::vote_old)) {
    auto waiting = wait_signatures(plan, Kind::vote_old);
    waiting.detail += "; " + because;
    waiting.unblocks_when += ", or the time to decide passes on " + chain_name(plan, home);
    return waiting;
  }
  auto waiting = wait_action(plan, home, Action::decide);
  waiting.detail += "; " + because;
  return waiting;
}

WaitingOn wait_checking(const PlanState& plan) {
  const auto i = keeper(plan, [&](InstanceIndex at) { return !ready(plan.instances[at]); });
  const auto& instance = plan.instances[i];
  const auto& name = chain_name(plan, i);
  if (instance.readiness_answered == 0 && !latest(instance)) return wait_unreachable(plan, i);
  if (instance.readiness_answered == 0)
    return wait(Waiting::readiness, i, "readiness of " + name + " is being checked",
                "the checks of " + name + " have run");
  return wait(Waiting::readiness, i, "red on " + name + ": " + reds(instance.readiness),
              "every readiness check of " + name + " is green or amber");
}

WaitingOn wait_arming(const PlanState& plan) {
  const auto i = keeper(plan, [&](InstanceIndex at) { return !armed_final(plan, at); });
  const auto* view = latest(plan.instances[i]);
  if (!view) return wait_unreachable(plan, i);
  if (open_epoch(plan.plan, *view)) return wait_final(plan, i, "arm");
  if (view->epoch == plan.plan.epoch && view->plan_hash != plan.plan.hash)
    return wait(Waiting::governance, i,
                "the gate of " + chain_name(plan, i) + " is armed with another plan, " + to_hex(view->plan_hash),
                "never; submit the plan that governance armed, if that is the right one");
  if (executed_in_vain(plan, i))
    return wait(Waiting::governance, i, in_vain(plan, i),
                "governance of " + chain_name(plan, i) + " executes another proposal whose action is arm of this plan");
  return wait(Waiting::governance, i,
              "the gate of " + chain_name(plan, i) + " is not armed; the proposal there is " +
                  to_text(plan.instances[i].governance),
              "governance of " + chain_name(plan, i) + " executes the proposal");
}

WaitingOn wait_halting(const PlanState& plan) {
  const auto unhalted = first_where(plan, [&](InstanceIndex at) { return !halted_final(plan, at); });
  if (unhalted) {
    const auto& name = chain_name(plan, *unhalted);
    const auto* view = latest(plan.instances[*unhalted]);
    if (!view) return wait_unreachable(plan, *unhalted);
    if (!view->halted)
      return wait(Waiting::halt_time, unhalted, name + " is not halted by its own clock", "its halt time comes");
    if (plan.plan.instances[*unhalted].push_breaker && !view->engaged)
      return wait(Waiting::breaker, unhalted, "the breaker of " + name + " must be engaged by a transaction",
                  "it is engaged");
    return wait_final(plan, *unhalted, "halt");
  }
  const auto i = keeper(plan, [&](InstanceIndex at) { return !baseline_good(plan.instances[at]); });
  if (!plan.instances[i].baseline_asked)
    return wait(Waiting::baseline, i, chain_name(plan, i) + " was switched before we took its baseline",
                "the other operators decide, or the deadline does");
  return wait(Waiting::baseline, i, "the baseline of " + chain_name(plan, i) + " is being taken",
              "the halted state has been read");
}

/// Of an instance that changes by itself.
WaitingOn wait_activation(const PlanState& plan, InstanceIndex i) {
  const auto& name = chain_name(plan, i);
  const auto* view = latest(plan.instances[i]);
  if (!view) return wait_unreachable(plan, i);
  if (switched(plan.plan, i, *view)) return wait_final(plan, i, "activation");
  return wait(Waiting::activation, i, name + " has not changed yet", "the change of " + name + " activates");
}

WaitingOn wait_switching(const PlanState& plan) {
  const auto waits = [&](bool by_us) {
    return first_where(
        plan, [&](InstanceIndex at) { return plan.plan.instances[at].switches == by_us && !switched_final(plan, at); });
  };
  const auto ours = waits(true), theirs = waits(false);
  if (!ours) return wait_activation(plan, theirs.value_or(plan.plan.home));
  if (!signatures_complete(plan, Kind::switch_version)) return wait_signatures(plan, Kind::switch_version);
  const auto first = non_revocable(plan.plan);
  if (!first || evidence_good(plan, *first)) return wait_action(plan, *ours, Action::switch_version);
  auto waiting = plan.plan.instances[*first].switches ? wait_action(plan, *first, Action::switch_version)
                                                      : wait_activation(plan, *first);
  if (switched_final(plan, *first))
    waiting = wait(Waiting::evidence, first, "the switched state of " + chain_name(plan, *first) + " is being verified",
                   "the verification reports");
  waiting.detail += "; it cannot be rolled back, so the others follow it";
  return waiting;
}

WaitingOn wait_verifying(const PlanState& plan) {
  const auto i = keeper(plan, [&](InstanceIndex at) { return !evidence_good(plan, at); });
  if (plan.instances[i].evidence) return wait_final(plan, i, "the block of the evidence");
  return wait(Waiting::evidence, i, "the switched state of " + chain_name(plan, i) + " is being verified",
              "the verification reports");
}

WaitingOn wait_deciding(const PlanState& plan) {
  const auto home = plan.plan.home;
  const auto* view = latest(plan.instances[home]);
  if (view && view->decision != Outcome::none) return wait_final(plan, home, "the decision");
  const bool sent = plan.instances[home].submits.contains(Action::decide);
  if (sent || signatures_complete(plan, Kind::vote_new)) return wait_action(plan, home, Action::decide);
  if (!verified(plan))
    return wait(Waiting::decision, home, "an instance is closed NEW, but the decision of home is not seen",
                plan.signing.contains(Kind::outcome) ? "the decision is final on home"
                                                     : "the decision is final on home, or an operator aborts");
  const bool too_late = can_sign(plan) && !plan.signing.contains(Kind::vote_new) &&
                        latest_time(plan.instances[home]) + vote_margin_s >= plan.plan.window.decide_by;
  if (too_late)
    return wait(Waiting::decision_deadline, home, "verified too close to the deadline to vote NEW",
                "the deadline passes on home");
  return wait_signatures(plan, Kind::vote_new);
}

/// Those that are open again do not wait for the one that is missing.
std::string closed_so_far(const PlanState& plan) {
  std::string names;
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i)
    if (plan.instances[i].closed != Outcome::none) names += (names.empty() ? "; closed: " : ", ") + chain_name(plan, i);
  return names;
}

WaitingOn wait_one_close(const PlanState& plan, InstanceIndex i) {
  auto waiting = signatures_complete(plan, Kind::outcome) ? wait_action(plan, i, Action::close)
                                                          : wait_signatures(plan, Kind::outcome);
  waiting.detail += closed_so_far(plan);
  return waiting;
}

WaitingOn wait_closing(const PlanState& plan) {
  const auto open = first_where(plan, [&](InstanceIndex at) { return needs_close(plan, at) && !stuck(plan, at); });
  if (open) return wait_one_close(plan, *open);
  if (const auto i = first_where(plan, [&](InstanceIndex at) { return stuck(plan, at) && needs_close(plan, at); }))
    return wait(Waiting::governance, i,
                chain_name(plan, *i) + " switched and cannot be rolled back; it stays halted" + closed_so_far(plan),
                "governance of " + chain_name(plan, *i) + " resolves it by force");
  const auto i = keeper(plan, [&](InstanceIndex at) { return !done_closing(plan, at); });
  const auto* view = latest(plan.instances[i]);
  if (!view) return wait_unreachable(plan, i);
  if (ours(plan.plan, *view)) return wait_final(plan, i, "close");
  return wait(Waiting::halt_time, i, "governance of " + chain_name(plan, i) + " could still arm this epoch",
              "the halt time passes there");
}

WaitingOn wait_released(const PlanState& plan) {
  if (const auto i = first_where(plan, [&](InstanceIndex at) { return !released(plan, at); }))
    return wait(Waiting::release_stage, i, chain_name(plan, *i) + " is opening in stages", "its last stage begins");
  const auto old_evidence = [&](InstanceIndex at) -> const EvidenceReport* {
    const auto& instance = plan.instances[at];
    return instance.evidence && instance.evidence_expected == Outcome::old_version ? &*instance.evidence : nullptr;
  };
  const auto i = keeper(plan, [&](InstanceIndex at) {
    const auto* report = old_evidence(at);
    return needs_old_evidence(plan, at) && (!report || worst(report->rows) == Colour::red);
  });
  if (const auto* red = old_evidence(i))
    return wait(Waiting::evidence, i, "the rolled back state of " + chain_name(plan, i) + " is red: " + reds(red->rows),
                "an operator resumes the plan and the check is green");
  return wait(Waiting::evidence, i, "the rolled back state is being verified", "the verification reports");
}

WaitingOn wait_soaking(const PlanState& plan) {
  const auto is_red = [&](InstanceIndex at) {
    const auto& second = plan.instances[at].soak_evidence;
    return second && worst(second->rows) == Colour::red;
  };
  if (const auto i = first_where(plan, is_red))
    return wait(Waiting::evidence, i,
                "the second verification of " + chain_name(plan, *i) +
                    " is red: " + reds(plan.instances[*i].soak_evidence->rows),
                "an operator resumes the plan and the check is green");
  const bool asked =
      first_where(plan, [&](InstanceIndex at) { return plan.instances[at].soak_asked.has_value(); }).has_value();
  if (!asked) return wait(Waiting::soak, {}, "open everywhere on the new version", "the soak time passes on home");
  const auto i = keeper(plan, [&](InstanceIndex at) { return !plan.instances[at].soak_evidence; });
  return wait(Waiting::evidence, i, "the second verification of " + chain_name(plan, i) + " is running", "it reports");
}

/// The hand brake: a gate that ought to be halted by it and is not.
std::optional<WaitingOn> wait_halt_now(const PlanState& plan) {
  const auto i = first_where(plan, [&](InstanceIndex at) {
    const auto* view = latest(plan.instances[at]);
    return halt_now_due(plan, at) && !view->halted && view->halt_now_until == 0;
  });
  if (!i) return std::nullopt;
  auto waiting = signatures_complete(plan, Kind::halt_now) ? wait_action(plan, *i, Action::halt_now)
                                                           : wait_signatures(plan, Kind::halt_now);
  if (plan.halt_reason != plan.old_reason) waiting.detail += "; " + plan.halt_reason;
  return waiting;
}

WaitingOn by_stage(const PlanState& plan) {
  switch (plan.stage) {
    case Stage::checking:
      return wait_checking(plan);
    case Stage::arming:
      return wait_arming(plan);
    case Stage::armed:
      return wait(Waiting::halt_time, {}, "every gate is armed", "the halt time comes");
    case Stage::halting:
      return wait_halting(plan);
    case Stage::switching:
      return wait_switching(plan);
    case Stage::verifying:
      return wait_verifying(plan);
    case Stage::deciding:
      return wait_deciding(plan);
    case Stage::closing:
      return wait_closing(plan);
    case Stage::releasing:
      return wait_released(plan);
    case Stage::soaking:
      return wait_soaking(plan);
    case Stage::closed_new:
    case Stage::closed_old:
    case Stage::refused:
      return {};
  }
  return {};
}

/// What the plan itself waits for; the hand brake goes beside it and holds nothing up.
WaitingOn wait_itself(const PlanState& plan) {
  if (plan.held) return wait(Waiting::held, {}, plan.held_reason, "an operator resumes the plan");
  if (plan.decision == Outcome::none && !plan.old_reason.empty()) return wait_old(plan);
  return by_stage(plan);
}

}  // namespace

WaitingOn waiting_of(const PlanState& plan) {
  if (!active(plan)) return {};
  if (plan.frozen) return wait(Waiting::frozen, {}, plan.frozen_reason, "an operator has looked and resumes the plan");
  auto waiting = wait_itself(plan);
  auto halting = wait_halt_now(plan);
  if (!halting) return waiting;
  if (ended(plan.stage)) return std::move(*halting);
  waiting.detail += "; halt wanted at once: " + halting->detail;
  return waiting;
}

}  // namespace lockstep::coordinator
