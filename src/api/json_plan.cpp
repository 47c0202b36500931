// One plan, in the depths that different pages need.
#include "api/json.hpp"
#include "api/waiting.hpp"

namespace lockstep::api {
namespace {

using coordinator::EvidenceReport;
using coordinator::InstanceState;
using coordinator::PlanState;

Json colour_or_null(const std::optional<EvidenceReport>& report) {
  return report ? Json(to_text(worst(report->rows))) : Json();
}

Json readiness_colour(const InstanceState& instance) {
  return instance.readiness_answered == 0 ? Json() : Json(to_text(worst(instance.readiness)));
}

Json instance_json(const PlanState& plan, std::size_t at) {
  const auto& member = plan.plan.instances[at];
  const auto& instance = plan.instances[at];
  Json out = {{"chain", member.chain},
              {"chain_id", number(member.chain_id)},
              {"gate", to_hex(member.gate)},
              {"home", at == plan.plan.home}};
  const auto& view = instance.head ? instance.head : instance.final;
  out["phase"] = view ? Json(to_text(view->phase)) : Json();
  out["final_phase"] = instance.final ? Json(to_text(instance.final->phase)) : Json();
  out["halted"] = view ? Json(view->halted) : Json();
  out["engaged"] = view ? Json(view->engaged) : Json();
  out["mask"] = view ? Json(view->mask) : Json();
  out["epoch"] = view ? number(view->epoch) : Json();
  out["head_block"] = instance.head ? number(instance.head->block.num) : Json();
  out["final_block"] = instance.final ? number(instance.final->block.num) : Json();
  out["governance"] = to_text(instance.governance);
  out["governance_executable_at"] = time_s(instance.governance_executable_at);
  out["switched_at"] = view ? time_s(view->switched_at) : Json();
  out["closed_at"] = view ? time_s(view->closed_at) : Json();
  out["readiness"] = readiness_colour(instance);
  out["baseline"] = colour_or_null(instance.baseline);
  out["evidence"] = colour_or_null(instance.evidence);
  out["soak"] = colour_or_null(instance.soak_evidence);
  return out;
}

Json waiting_json(const PlanState& plan, const view::Snapshot& snapshot) {
  const auto waiting = waiting_shown(plan, snapshot);
  const bool named = waiting.instance && *waiting.instance < plan.plan.instances.size();
  return {{"code", to_text(waiting.code)},
          {"instance", named ? Json(plan.plan.instances[*waiting.instance].chain) : Json()},
          {"since", time_s(waiting.since)},
          {"detail", waiting.detail},
          {"unblocks_when", waiting.unblocks_when}};
}

Json hearing_json(const PlanState& plan, const view::Snapshot& snapshot) {
  const auto* hearing = hearing_of(plan, snapshot);
  if (hearing == nullptr) return {};
  return {{"heard", hearing->heard}, {"needed", hearing->needed}, {"enough", hearing->enough()}};
}

Json report_json(const std::optional<EvidenceReport>& report) {
  if (!report) return {};
  return {{"block", block_json(report->block)},
          {"digest", to_hex(report->digest)},
          {"colour", to_text(worst(report->rows))},
          {"rows", rows_json(report->rows)}};
}

Json window_json(const coordinator::Window& window) {
  return {{"arm_by", time_s(window.arm_by)},
          {"halt_at", time_s(window.halt_at)},
          {"switch_by", time_s(window.switch_by)},
          {"decide_by", time_s(window.decide_by)},
          {"soak_s", number(window.soak_s)}};
}

Json operators_json(const coordinator::Plan& plan) {
  Json addresses = Json::array();
  for (const auto& address : plan.operators.operators) addresses.push_back(to_hex(address));
  return {{"addresses", std::move(addresses)},
          {"threshold", plan.operators.threshold},
          {"faulty", plan.operators.faulty},
          {"hash", to_hex(plan.operators.hash)},
          {"self", plan.self ? Json(to_hex(*plan.self)) : Json()}};
}

Json attestations_json(const PlanState& plan) {
  Json out = Json::array();
  for (const auto& [kind, by_signer] : plan.attestations) {
    for (const auto& [signer, attestation] : by_signer) {
      out.push_back({{"kind", to_text(kind)},
                     {"signer", to_hex(signer)},
                     {"outcome", to_text(attestation.statement.outcome)},
                     {"evidence", hash_or_null(attestation.statement.evidence)}});
    }
  }
  return out;
}

Json submits_json(const PlanState& plan) {
  Json out = Json::array();
  for (std::size_t at = 0; at < plan.instances.size(); ++at) {
    for (const auto& [action, submit] : plan.instances[at].submits) {
      out.push_back({{"chain", plan.plan.instances[at].chain},
                     {"action", to_text(action)},
                     {"status", to_text(submit.status)},
                     {"txn", hash_or_null(submit.txn)},
                     {"attempt", submit.intent.attempt},
                     {"detail", submit.detail}});
    }
  }
  return out;
}

}  // namespace

Json summary_json(const PlanState& plan, const view::Snapshot& snapshot) {
  Json instances = Json::array();
  for (std::size_t at = 0; at < plan.instances.size(); ++at) instances.push_back(instance_json(plan, at));
  return {{"id", to_hex(plan.plan.hash)},
          {"short_id", short_id(plan.plan.hash)},
          {"protocol", plan.plan.protocol},
          {"name", plan.plan.name},
          {"epoch", number(plan.plan.epoch)},
          {"from_version", plan.plan.from_version},
          {"to_version", plan.plan.to_version},
          {"stage", to_text(plan.stage)},
          {"ended", coordinator::ended(plan.stage)},
          {"decision", to_text(plan.decision)},
          {"old_reason", text_or_null(plan.old_reason)},
          {"waiting_on", waiting_json(plan, snapshot)},
          {"peers", hearing_json(plan, snapshot)},
          {"held", plan.held},
          {"held_reason", text_or_null(plan.held_reason)},
          {"frozen", plan.frozen},
          {"frozen_reason", text_or_null(plan.frozen_reason)},
          {"kind", to_text(plan.plan.kind)},
          {"window", window_json(plan.plan.window)},
          {"instances", std::move(instances)}};
}

Json plan_json(const PlanState& plan, const view::Snapshot& snapshot) {
  Json out = {{"schema", "lockstep.plan/1"}};
  out.update(summary_json(plan, snapshot));
  out["operators"] = operators_json(plan.plan);
  out["config_hash"] = hash_or_null(plan.plan.config_hash);
  out["attestations"] = attestations_json(plan);
  Json refused = Json::object();
  for (const auto& [kind, reason] : plan.sign_refused)
    refused[kind == coordinator::Kind::none ? "every_kind" : to_text(kind)] = reason;
  out["sign_refused"] = std::move(refused);
  out["submits"] = submits_json(plan);
  return out;
}

Json readiness_json(const PlanState& plan) {
  Json instances = Json::array();
  for (std::size_t at = 0; at < plan.instances.size(); ++at) {
    const auto& instance = plan.instances[at];
    instances.push_back({{"chain", plan.plan.instances[at].chain},
                         {"round", instance.readiness_answered},
                         {"asked", instance.readiness_round},
                         {"colour", readiness_colour(instance)},
                         {"rows", rows_json(instance.readiness)}});
  }
  return {{"schema", "lockstep.readiness/1"}, {"plan", to_hex(plan.plan.hash)}, {"instances", std::move(instances)}};
}

Json evidence_json(const PlanState& plan) {
  Json instances = Json::array();
  for (std::size_t at = 0; at < plan.instances.size(); ++at) {
    const auto& instance = plan.instances[at];
    instances.push_back({{"chain", plan.plan.instances[at].chain},
                         {"baseline", report_json(instance.baseline)},
                         {"evidence", report_json(instance.evidence)},
                         {"soak", report_json(instance.soak_evidence)}});
  }
  return {{"schema", "lockstep.evidence/1"}, {"plan", to_hex(plan.plan.hash)}, {"instances", std::move(instances)}};
}

}  // namespace lockstep::api
