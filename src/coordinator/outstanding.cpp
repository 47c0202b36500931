#include "coordinator/outstanding.hpp"

#include "coordinator/facts.hpp"
#include "coordinator/quarantine.hpp"
#include "coordinator/trace.hpp"

namespace lockstep::coordinator {
namespace {

void add_checks(std::vector<Effect>& out, const PlanState& plan, InstanceIndex i) {
  const auto& hash = plan.plan.hash;
  const auto& instance = plan.instances[i];
  if (plan.stage <= Stage::armed && instance.readiness_round > instance.readiness_answered)
    out.emplace_back(CheckReadiness{hash, i, instance.readiness_round});
  if (instance.baseline_asked && !instance.baseline) out.emplace_back(TakeBaseline{hash, i, *instance.baseline_asked});
  if (instance.evidence_asked && !instance.evidence)
    out.emplace_back(CheckEvidence{hash, i, *instance.evidence_asked, instance.evidence_expected});
  if (instance.soak_asked && !instance.soak_evidence)
    out.emplace_back(CheckEvidence{hash, i, *instance.soak_asked, Outcome::new_version});
}

/// Is there still a use for it? What was overtaken is dropped, even though someone may already be carrying it out.
bool useful(const PlanState& plan, const SubmitProgress& progress) {
  const auto& intent = progress.intent;
  const auto& instance = plan.instances[intent.instance];
  if (plan.frozen || (instance.final && shows(plan, intent.instance, *instance.final, intent.action))) return false;
  if (ended(plan.stage) && intent.action != Action::halt_now) return false;
  switch (intent.action) {
    case Action::engage:
      return plan.decision == Outcome::none || instance.breaker_doubted;
    case Action::decide:
      return plan.decision == Outcome::none;
    case Action::switch_version:
      return plan.decision == Outcome::none && plan.old_reason.empty();
    case Action::close:
      return plan.decision == intent.outcome && !stuck(plan, intent.instance);
    case Action::halt_now:
      return halt_now_due(plan, intent.instance) && !halt_now_over(progress, *latest(instance));
  }
  return false;
}

void add_submits(std::vector<Effect>& out, const PlanState& plan, InstanceIndex i) {
  for (const auto& [action, progress] : plan.instances[i].submits) {
    const bool answered = progress.status == TxnStatus::reverted || progress.status == TxnStatus::rejected;
    if (!answered && useful(plan, progress)) out.emplace_back(progress.intent);
  }
}

bool still_to_sign(const PlanState& plan, Kind kind) {
  if (plan.frozen || quarantined(plan) || plan.sign_refused.contains(kind)) return false;
  const auto found = plan.attestations.find(kind);
  if (found != plan.attestations.end() && found->second.contains(*plan.plan.self)) return false;
  if (kind == Kind::halt_now) return true;  // the hand brake works while held and after the end
  if (plan.held || ended(plan.stage)) return false;
  if (kind == Kind::outcome) return true;
  const bool votes_new = kind == Kind::switch_version || kind == Kind::vote_new;
  return plan.decision == Outcome::none && (!votes_new || plan.old_reason.empty());
}

}  // namespace

std::vector<Effect> outstanding(const PlanState& plan) {
  std::vector<Effect> out;
  if (!active(plan)) return out;
  if (!ended(plan.stage))
    for (InstanceIndex i = 0; i < plan.instances.size(); ++i) add_checks(out, plan, i);
  for (const auto& [kind, statement] : plan.signing)
    if (still_to_sign(plan, kind)) out.emplace_back(Sign{statement});
  for (InstanceIndex i = 0; i < plan.instances.size(); ++i) add_submits(out, plan, i);
  return out;
}

std::vector<Effect> outstanding(const State& state) {
  std::vector<Effect> out;
  for (const auto& [hash, plan] : state.plans) {
    auto more = outstanding(plan);
    std::move(more.begin(), more.end(), std::back_inserter(out));
  }
  return out;
}

namespace {

struct KeyOf {
  static std::string at(const char* verb, const Hash32& plan, InstanceIndex i) {
    return std::string(verb) + "/" + to_hex(plan) + "/" + std::to_string(i) + "/";
  }
  std::string operator()(const CheckReadiness& e) const {
    return at("readiness", e.plan, e.instance) + std::to_string(e.round);
  }
  std::string operator()(const TakeBaseline& e) const {
    return at("baseline", e.plan, e.instance) + to_hex(e.block.hash);
  }
  std::string operator()(const CheckEvidence& e) const {
    return at("evidence", e.plan, e.instance) + to_text(e.expected) + "/" + to_hex(e.block.hash);
  }
  std::string operator()(const Sign& e) const {
    return "sign/" + to_hex(e.statement.plan_hash) + "/" + to_text(e.statement.kind);
  }
  std::string operator()(const Submit& e) const {
    return at(to_text(e.action), e.plan, e.instance) + std::to_string(e.attempt);
  }
  std::string operator()(const Alarm& e) const { return "alarm/" + to_hex(e.plan) + "/" + e.code + "/" + e.detail; }
};

}  // namespace

std::string key(const Effect& effect) { return std::visit(KeyOf{}, effect); }

}  // namespace lockstep::coordinator
