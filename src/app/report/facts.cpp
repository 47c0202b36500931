#include "app/report/facts.hpp"

#include "coordinator/trace.hpp"

namespace lockstep::app {
namespace {

using namespace coordinator;
using nlohmann::json;

json time_or_null(UnixSeconds time) { return time == 0 ? json() : json(to_rfc3339(time)); }
json ours(std::uint64_t time_ms) { return to_rfc3339(time_ms / 1000); }

json block_json(const BlockRef& block) {
  return {{"num", std::to_string(block.num)}, {"hash", to_hex(block.hash)}, {"time", time_or_null(block.time)}};
}

json moment_json(const std::optional<Moment>& moment) {
  if (!moment) return nullptr;
  auto out = block_json(moment->block);
  out["seq"] = moment->seq;
  return out;
}

json rows_json(const std::vector<CheckRow>& rows) {
  json out = json::array();
  for (const auto& row : rows)
    out.push_back({{"name", row.name}, {"level", row.level}, {"colour", to_text(row.colour)}, {"detail", row.detail}});
  return out;
}

json report_json(const std::optional<EvidenceReport>& report) {
  if (!report) return nullptr;
  return {{"block", block_json(report->block)},
          {"digest", to_hex(report->digest)},
          {"colour", to_text(worst(report->rows))},
          {"rows", rows_json(report->rows)}};
}

json instance_json(const Story& story, std::size_t at) {
  const auto& member = story.plan.instances[at];
  const auto& one = story.instances[at];
  json txns = json::array();
  for (const auto& txn : one.txns) {
    txns.push_back({{"action", to_text(txn.action)},
                    {"status", to_text(txn.status)},
                    {"txn", txn.txn.is_zero() ? json() : json(to_hex(txn.txn))},
                    {"seq", txn.seq},
                    {"detail", txn.detail}});
  }
  const bool was_halted = one.closed_at > story.plan.window.halt_at;
  return {{"chain", member.chain},
          {"chain_id", std::to_string(member.chain_id)},
          {"gate", to_hex(member.gate)},
          {"leaf_hash", to_hex(member.leaf_hash)},
          {"home", at == story.plan.home},
          {"armed", moment_json(one.armed)},
          {"halted", moment_json(one.halted)},
          {"switched", moment_json(one.switched)},
          {"closed", moment_json(one.closed)},
          {"closed_as", to_text(one.closed_as)},
          {"closed_at", time_or_null(one.closed_at)},
          {"halted_window_s", was_halted ? json(one.closed_at - story.plan.window.halt_at) : json()},
          {"readiness", rows_json(one.readiness)},
          {"baseline", report_json(one.baseline)},
          {"evidence", report_json(one.evidence)},
          {"soak", report_json(one.soak)},
          {"transactions", txns}};
}

json plan_json(const Plan& plan) {
  json operators = json::array();
  for (const auto& address : plan.operators.operators) operators.push_back(to_hex(address));
  return {{"id", to_hex(plan.hash)},
          {"protocol", plan.protocol},
          {"name", plan.name},
          {"epoch", std::to_string(plan.epoch)},
          {"kind", to_text(plan.kind)},
          {"from_version", plan.from_version},
          {"to_version", plan.to_version},
          {"home", plan.instances[plan.home].chain},
          {"window",
           {{"arm_by", time_or_null(plan.window.arm_by)},
            {"halt_at", time_or_null(plan.window.halt_at)},
            {"switch_by", time_or_null(plan.window.switch_by)},
            {"decide_by", time_or_null(plan.window.decide_by)},
            {"soak_s", plan.window.soak_s}}},
          {"operators",
           {{"addresses", operators},
            {"threshold", plan.operators.threshold},
            {"faulty", plan.operators.faulty},
            {"hash", to_hex(plan.operators.hash)}}},
          {"self", plan.self ? json(to_hex(*plan.self)) : json()}};
}

json attestation_json(const Attestation& attestation) {
  const auto& statement = attestation.statement;
  return {{"kind", to_text(statement.kind)},
          {"epoch", std::to_string(statement.epoch)},
          {"outcome", to_text(statement.outcome)},
          {"operator_set", to_hex(statement.operator_set)},
          {"evidence", to_hex(statement.evidence)},
          {"signer", to_hex(attestation.signer)},
          {"signature", to_hex(BytesView(attestation.signature))}};
}

json spread_json(const Story& story, std::optional<Moment> InstanceStory::*moment) {
  const auto spread = spread_s(story, moment);
  return spread ? json(*spread) : json();
}

}  // namespace

json facts_of(const Story& story) {
  json instances = json::array(), stages = json::array(), attestations = json::array(), lines = json::array();
  for (std::size_t at = 0; at < story.instances.size(); ++at) instances.push_back(instance_json(story, at));
  for (const auto& stage : story.stages)
    stages.push_back({{"stage", to_text(stage.stage)}, {"seq", stage.seq}, {"time", ours(stage.time_ms)}});
  for (const auto& attestation : story.attestations) attestations.push_back(attestation_json(attestation));
  for (const auto& line : story.lines)
    lines.push_back({{"kind", line.kind}, {"seq", line.seq}, {"time", ours(line.time_ms)}, {"text", line.text}});
  const auto stage = story.stages.empty() ? Stage::checking : story.stages.back().stage;
  return {{"plan", plan_json(story.plan)},
          {"result",
           {{"stage", to_text(stage)},
            {"ended", ended(stage)},
            {"decision", to_text(story.decision)},
            {"decided_block", story.decided_num == 0 ? json() : json(std::to_string(story.decided_num))}}},
          {"instances", instances},
          {"skew_s",
           {{"halted", spread_json(story, &InstanceStory::halted)},
            {"switched", spread_json(story, &InstanceStory::switched)},
            {"closed", spread_json(story, &InstanceStory::closed)}}},
          {"stages", stages},
          {"attestations", attestations},
          {"lines", lines}};
}

}  // namespace lockstep::app
