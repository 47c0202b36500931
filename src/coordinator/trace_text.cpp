#include "coordinator/trace_text.hpp"

#include "coordinator/trace.hpp"

namespace lockstep::coordinator {
namespace {

std::string reason(const std::string& text) { return text.empty() ? "" : ": " + text; }

std::string tell_gate(const Plan* plan, const GateView& view) {
  std::string text = to_text(view.phase);
  if (plan && (view.epoch != plan->epoch || view.plan_hash != plan->hash))
    text += " epoch " + std::to_string(view.epoch);
  if (view.halted) text += " halted";
  if (view.engaged) text += " engaged";
  if (view.decision != Outcome::none) text += std::string(" decided ") + to_text(view.decision);
  return text;
}

}  // namespace

std::string tell(const BlockRef& block) {
  return std::to_string(block.num) + " " + short_id(block.hash) + " t=" + std::to_string(block.time);
}

std::string tell(const Statement& statement) {
  std::string text = to_text(statement.kind);
  if (statement.outcome != Outcome::none) text += std::string(" ") + to_text(statement.outcome);
  if (!statement.evidence.is_zero()) text += " over " + short_id(statement.evidence);
  return text;
}

std::string tell(const std::vector<CheckRow>& rows) {
  const auto colour = worst(rows);
  std::string text = to_text(colour);
  if (rows.empty()) return text + " (no rows)";
  for (const auto& row : rows)
    if (row.colour == colour && colour != Colour::green) text += "; " + row.name + reason(row.detail);
  return text;
}

std::string Teller::at(InstanceIndex index) const {
  return plan && index < plan->instances.size() ? plan->instances[index].chain
                                                : std::string("#").append(std::to_string(index));
}

std::string Teller::operator()(const PlanSubmitted& e) const {
  return short_id(e.plan.hash) + " " + e.plan.protocol + " epoch " + std::to_string(e.plan.epoch) + " " +
         e.plan.from_version + " -> " + e.plan.to_version + ", " + std::to_string(e.plan.instances.size()) +
         " instances";
}
std::string Teller::operator()(const GateObserved& e) const {
  return at(e.instance) + " " + to_text(e.finality) + " " + tell(e.view.block) + " " + tell_gate(plan, e.view);
}
std::string Teller::operator()(const HeadRetracted& e) const {
  return at(e.instance) + " from block " + std::to_string(e.first_num);
}
std::string Teller::operator()(const FinalityViolated& e) const {
  return at(e.instance) + " " + tell(e.was) + " replaced by " + tell(e.now);
}
std::string Teller::operator()(const ReadinessReported& e) const {
  return at(e.instance) + " round " + std::to_string(e.round) + " " + tell(e.rows);
}
std::string Teller::operator()(const BaselineReported& e) const {
  return at(e.instance) + " block " + std::to_string(e.report.block.num) + " " + tell(e.report.rows);
}
std::string Teller::operator()(const EvidenceReported& e) const {
  return at(e.instance) + " " + to_text(e.expected) + " block " + std::to_string(e.report.block.num) + " " +
         tell(e.report.rows) + " digest " + short_id(e.report.digest);
}
std::string Teller::operator()(const AttestationReceived& e) const {
  return tell(e.attestation.statement) + " by " + to_hex(e.attestation.signer).substr(0, 10);
}
std::string Teller::operator()(const SignRefused& e) const {
  return (e.kind == Kind::none ? "every kind" : to_text(e.kind)) + reason(e.reason);
}
std::string Teller::operator()(const TxnReported& e) const {
  const auto txn = e.txn.is_zero() ? std::string() : std::string(" ").append(short_id(e.txn));
  return at(e.instance) + " " + to_text(e.action) + " " + to_text(e.status) + txn + reason(e.detail);
}
std::string Teller::operator()(const GovernanceObserved& e) const {
  const auto when = e.executable_at == 0 ? "" : " executable from t=" + std::to_string(e.executable_at);
  return at(e.instance) + " " + to_text(e.stage) + when + reason(e.detail);
}
std::string Teller::operator()(const InterferenceObserved& e) const {
  return at(e.instance) + " " + tell(e.block) + reason(e.detail);
}
std::string Teller::operator()(const CommandReceived& e) const {
  return std::string(to_text(e.command)) + " by " + e.by + reason(e.reason);
}
std::string Teller::operator()(const ClockTicked& e) const { return std::to_string(e.now); }

std::string Teller::operator()(const ReadinessConfirmed& r) const {
  return at(r.instance) + " round " + std::to_string(r.round) + " unchanged";
}
std::string Teller::operator()(const StageChanged& r) const {
  return std::string(to_text(r.from)) + " -> " + to_text(r.to);
}
std::string Teller::operator()(const ReadinessAsked& r) const {
  return at(r.instance) + " round " + std::to_string(r.round);
}
std::string Teller::operator()(const BaselineAsked& r) const { return at(r.instance) + " at " + tell(r.block); }
std::string Teller::operator()(const EvidenceAsked& r) const {
  return at(r.instance) + " " + to_text(r.expected) + (r.soak ? " after the soak" : "") + " at " + tell(r.block);
}
std::string Teller::operator()(const SignIntended& r) const { return tell(r.statement); }
std::string Teller::operator()(const SubmitIntended& r) const { return (*this)(r.intent); }
std::string Teller::operator()(const OldWanted& r) const { return r.reason; }
std::string Teller::operator()(const Decided& r) const {
  const auto over = r.evidence.is_zero() ? "" : " over " + short_id(r.evidence);
  return to_text(r.outcome) + over + " in block " + std::to_string(r.block_num);
}
std::string Teller::operator()(const Equivocated& r) const {
  return to_hex(r.kept.signer).substr(0, 10) + " signed " + tell(r.kept.statement) + " and " +
         tell(r.contradiction.statement);
}
std::string Teller::operator()(const Frozen& r) const { return r.reason; }
std::string Teller::operator()(const AlarmRaised& r) const { return r.code + reason(r.detail); }
std::string Teller::operator()(const SubmitDelayed& r) const {
  return at(r.instance) + " " + to_text(r.action) + " until " + std::to_string(r.until);
}
std::string Teller::operator()(const HaltWanted& r) const { return r.reason; }
std::string Teller::operator()(const WaitingChanged& r) const {
  std::string text = to_text(r.waiting.code);
  if (r.waiting.instance) text += std::string(" ").append(at(*r.waiting.instance));
  text += reason(r.waiting.detail);
  return r.waiting.unblocks_when.empty() ? text : text + "; until " + r.waiting.unblocks_when;
}

std::string Teller::operator()(const CheckReadiness& e) const {
  return at(e.instance) + " round " + std::to_string(e.round);
}
std::string Teller::operator()(const TakeBaseline& e) const { return at(e.instance) + " at " + tell(e.block); }
std::string Teller::operator()(const CheckEvidence& e) const {
  return at(e.instance) + " " + to_text(e.expected) + " at " + tell(e.block);
}
std::string Teller::operator()(const Sign& e) const { return tell(e.statement); }
std::string Teller::operator()(const Submit& e) const {
  const auto outcome = e.outcome == Outcome::none ? "" : std::string(" ") + to_text(e.outcome);
  return at(e.instance) + " " + to_text(e.action) + outcome + " with " + std::to_string(e.signatures.size()) +
         " signatures, attempt " + std::to_string(e.attempt);
}
std::string Teller::operator()(const Alarm& e) const { return e.code + reason(e.detail); }

}  // namespace lockstep::coordinator
