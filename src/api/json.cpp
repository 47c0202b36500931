#include "api/json.hpp"

#include "api/portfolio_json.hpp"

namespace lockstep::api {
namespace {

constexpr std::uint64_t largest_exact = 1ULL << 53;

}  // namespace

Json number(std::uint64_t value) { return value <= largest_exact ? Json(value) : Json(std::to_string(value)); }
Json time_s(UnixSeconds time) { return time == 0 ? Json() : Json(to_rfc3339(time)); }
Json time_ms(std::uint64_t time) { return time_s(time / 1000); }
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json hash_or_null(const Hash32& hash) { return hash.is_zero() ? Json() : Json(to_hex(hash)); }

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string short_id(const Hash32& plan) { return to_hex(plan).substr(2, 8); }

Json block_json(const coordinator::BlockRef& block) {
  return {{"num", number(block.num)}, {"hash", to_hex(block.hash)}, {"time", time_s(block.time)}};
}

Json rows_json(const std::vector<coordinator::CheckRow>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) {
    out.push_back({{"name", row.name}, {"level", row.level}, {"colour", to_text(row.colour)}, {"detail", row.detail}});
  }
  return out;
}

Json chain_json(const ports::ChainHealth& chain) {
  Json endpoints = Json::array();
  for (const auto& endpoint : chain.endpoints) {
    endpoints.push_back({{"name", endpoint.name},
                         {"up", endpoint.up},
                         {"requests", number(endpoint.requests)},
                         {"failures", number(endpoint.failures)},
                         {"last_error", text_or_null(endpoint.last_error)},
                         {"latency_s", endpoint.latency_s},
                         {"disagreements", number(endpoint.disagreements)}});
  }
  Json disputes = Json::array();
  for (const auto& dispute : chain.disputes) {
    disputes.push_back({{"seq", number(dispute.seq)},
                        {"endpoint", dispute.endpoint},
                        {"method", dispute.method},
                        {"detail", dispute.detail}});
  }
  const auto& logs = chain.logs;
  return {{"id", chain.chain},
          {"disagreements", std::move(disputes)},
          {"logs",
           {{"from", number(logs.from)},
            {"next", number(logs.next)},
            {"behind", number(chain.logs_behind())},
            {"assurance", logs.proved ? "proved" : "agreed"}}},
          {"head", block_json(chain.head)},
          {"final", block_json(chain.final)},
          {"endpoints", std::move(endpoints)},
          {"reorgs", number(chain.reorgs)},
          {"reorg_depth_max", number(chain.reorg_depth_max)},
          {"signer", text_or_null(chain.signer)},
          {"balance_wei", text_or_null(chain.balance_wei)},
          {"nonce", number(chain.nonce)},
          {"forecast",
           {{"transactions", number(chain.forecast.txns)},
            {"now_wei", text_or_null(chain.forecast.now_wei)},
            {"cap_wei", text_or_null(chain.forecast.cap_wei)},
            {"upgrade_wei", text_or_null(chain.forecast.upgrade_wei)}}}};
}

Json mark_json(const view::Mark& mark) {
  if (const auto* gate = std::get_if<view::GateMark>(&mark)) {
    return {{"finality", to_text(gate->finality)},
            {"phase", to_text(gate->phase)},
            {"ours", gate->ours},
            {"halted", gate->halted},
            {"mask", gate->mask},
            {"block_num", number(gate->block_num)},
            {"block_time", time_s(gate->block_time)}};
  }
  if (const auto* stage = std::get_if<view::StageMark>(&mark)) return {{"stage", to_text(stage->stage)}};
  if (const auto* report = std::get_if<view::ReportMark>(&mark))
    return {{"colour", to_text(report->colour)}, {"block_num", number(report->block_num)}};
  if (const auto* sign = std::get_if<view::SignMark>(&mark))
    return {{"kind", to_text(sign->kind)}, {"signer", to_hex(sign->signer)}};
  return {};
}

Json line_json(const view::JournalLine& line) {
  return {{"seq", number(line.seq)},     {"time", time_ms(line.time_ms)},     {"plan", hash_or_null(line.plan)},
          {"type", line.type},           {"chain", text_or_null(line.chain)}, {"text", line.text},
          {"mark", mark_json(line.mark)}};
}

Json transaction_json(const ports::TxnSeen& txn) {
  return {{"plan", hash_or_null(txn.plan)},
          {"chain", txn.chain},
          {"action", to_text(txn.action)},
          {"status", to_text(txn.status)},
          {"txn", hash_or_null(txn.txn)},
          {"nonce", number(txn.nonce)},
          {"block_num", txn.block_num == 0 ? Json() : number(txn.block_num)},
          {"gas_used", number(txn.gas_used)},
          {"attempt", txn.attempt}};
}

Json audit_json(const view::MirrorAudit& audit) {
  const bool never = audit.time_ms == 0;
  return {{"block_num", never ? Json() : number(audit.block_num)},
          {"time", never ? Json() : Json(time_ms(audit.time_ms))},
          {"rows", number(audit.rows)},
          {"views", number(audit.views)},
          {"error", text_or_null(audit.error)}};
}

Json mirror_json(const view::MirrorSummary& mirror) {
  Json open = Json::array();
  if (mirror.portfolio)
    for (const auto& row : mirror.portfolio->open) open.push_back(greeks_json(row));
  return {{"instance", mirror.protocol + ":" + mirror.chain},
          {"protocol", mirror.protocol},
          {"chain", mirror.chain},
          {"block_num", number(mirror.block_num)},
          {"accounts", number(mirror.accounts)},
          {"orders", number(mirror.orders)},
          {"operations", number(mirror.operations)},
          {"digest", to_hex(mirror.digest)},
          {"conserved", mirror.conserved},
          {"contradiction", text_or_null(mirror.contradiction)},
          {"open", std::move(open)},
          {"shadow", shadow_counts_json(mirror.shadows)},
          {"audit", audit_json(mirror.audit)}};
}

Json alarm_json(const view::Alarm& alarm) {
  return {{"time", time_ms(alarm.time_ms)},
          {"plan", hash_or_null(alarm.plan)},
          {"code", alarm.code},
          {"detail", alarm.detail}};
}

Json attestation_json(const coordinator::Attestation& attestation) {
  const auto& statement = attestation.statement;
  return {{"plan", to_hex(statement.plan_hash)},
          {"epoch", number(statement.epoch)},
          {"kind", to_text(statement.kind)},
          {"outcome", to_text(statement.outcome)},
          {"operator_set", to_hex(statement.operator_set)},
          {"evidence", to_hex(statement.evidence)},
          {"signer", to_hex(attestation.signer)},
          {"signature", to_hex(BytesView(attestation.signature))}};
}

Json peer_json(const view::Peer& peer, const view::Snapshot& snapshot) {
  const auto& health = peer.health;
  Json heard = Json::array();
  for (const auto& plan : peer.heard) heard.push_back(short_id(plan));
  std::size_t signed_by_it = 0;
  for (const auto& [hash, plan] : snapshot.state.plans) {
    for (const auto& [kind, by_signer] : plan->attestations) signed_by_it += by_signer.count(health.peer);
  }
  return {{"address", to_hex(health.peer)},
          {"up", health.up},
          {"heard", std::move(heard)},
          {"attestations", number(signed_by_it)},
          {"requests", number(health.requests)},
          {"failures", number(health.failures)},
          {"last_error", text_or_null(health.last_error)},
          {"latency_s", health.latency_s}};
}

Json status_json(const view::Snapshot& snapshot) {
  Json out = {{"schema", "lockstep.status/1"},
              {"service", snapshot.service_name},
              {"version", snapshot.version},
              {"assurance", snapshot.assurance},
              {"ready", snapshot.ready},
              {"not_ready_because", snapshot.not_ready_because},
              {"started_at", time_ms(snapshot.started_ms)},
              {"time", time_ms(snapshot.now_ms)},
              {"seq", number(snapshot.seq)}};
  for (const char* list : {"chains", "peers", "plans", "alarms", "mirrors", "transactions"}) out[list] = Json::array();
  for (const auto& [name, chain] : snapshot.chains) out["chains"].push_back(chain_json(chain));
  for (const auto& [address, peer] : snapshot.peers) out["peers"].push_back(peer_json(peer, snapshot));
  for (const auto& [hash, plan] : snapshot.state.plans) out["plans"].push_back(summary_json(*plan, snapshot));
  for (const auto& alarm : snapshot.alarms) out["alarms"].push_back(alarm_json(alarm));
  for (const auto& mirror : snapshot.mirrors) out["mirrors"].push_back(mirror_json(mirror));
  for (const auto& txn : snapshot.transactions) out["transactions"].push_back(transaction_json(txn));
  return out;
}

}  // namespace lockstep::api
