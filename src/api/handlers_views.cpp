// Views of the snapshot that are not about one plan, and the journal.
#include <limits>
#include <span>

#include "api/handlers.hpp"
#include "api/json.hpp"
#include "api/paging.hpp"
#include "api/portfolio_json.hpp"

namespace lockstep::api {
namespace {

/// The plan that ?plan= names; null if the key is absent.
std::variant<const coordinator::PlanState*, Response> plan_filter(const Call& call) {
  const auto at = call.request.query.find("plan");
  if (at == call.request.query.end()) return static_cast<const coordinator::PlanState*>(nullptr);
  return find_plan(*call.context.snapshot, at->second);
}

}  // namespace

Response get_status(const Call& call) { return {.body = dump(status_json(*call.context.snapshot))}; }

Response get_chains(const Call& call) {
  Json chains = Json::array();
  for (const auto& [name, chain] : call.context.snapshot->chains) chains.push_back(chain_json(chain));
  return {.body = dump({{"schema", "lockstep.chains/1"}, {"chains", std::move(chains)}})};
}

Response get_chain(const Call& call) {
  const auto& chains = call.context.snapshot->chains;
  const auto at = chains.find(call.parameters[0]);
  if (at == chains.end()) return problem(404, "unknown-chain", "no chain has this id: " + call.parameters[0]);
  Json out = {{"schema", "lockstep.chain/1"}};
  out.update(chain_json(at->second));
  return {.body = dump(out)};
}

Response get_transactions(const Call& call) {
  const auto plan = plan_filter(call);
  if (const auto* refusal = std::get_if<Response>(&plan)) return *refusal;
  const auto* only = std::get<const coordinator::PlanState*>(plan);
  Json transactions = Json::array();
  for (const auto& txn : call.context.snapshot->transactions) {
    if (only == nullptr || txn.plan == only->plan.hash) transactions.push_back(transaction_json(txn));
  }
  return {.body = dump({{"schema", "lockstep.transactions/1"}, {"transactions", std::move(transactions)}})};
}

Response get_mirror_summary(const Call& call) {
  for (const auto& mirror : call.context.snapshot->mirrors) {
    if (mirror.protocol + ":" + mirror.chain != call.parameters[0]) continue;
    Json out = {{"schema", "lockstep.mirror/1"}};
    out.update(mirror_json(mirror));
    return {.body = dump(out)};
  }
  return problem(404, "unknown-instance", "no mirror of this instance (protocol:chain): " + call.parameters[0]);
}

namespace {

/// Rows of the account that is asked for, or a page of all of them.
std::variant<std::span<const mirror::greeks::Exposure>, Response> greeks_rows(const Call& call,
                                                                              const mirror::Portfolio& portfolio) {
  const auto address = [&](const char* key) -> std::optional<std::optional<Address>> {
    const auto at = call.request.query.find(key);
    if (at == call.request.query.end()) return std::optional<Address>{};
    const auto account = fixed_from_hex<Address>(at->second);
    if (!account) return std::nullopt;
    return std::optional<Address>{*account};
  };
  const auto only = address("account"), after = address("after");
  const auto limit = number_in_query(call.request, "limit", 100, 1, 1000);
  if (!only || !after || !limit)
    return problem(400, "bad-query-value", "account and after are addresses, limit is 1 … 1000");
  if (*only) return mirror::rows_of(portfolio, **only);
  return mirror::rows_behind(portfolio, after->value_or(Address{}), *limit);
}

}  // namespace

Response get_mirror_greeks(const Call& call) {
  for (const auto& mirror : call.context.snapshot->mirrors) {
    const auto instance = mirror.protocol + ":" + mirror.chain;
    if (instance != call.parameters[0]) continue;
    if (!mirror.unpriceable.empty()) return problem(409, "greeks-overflow", mirror.unpriceable);
    if (mirror.has_expiring && !mirror.portfolio)
      return problem(503, "not-priced-yet", "what ends in this mirror is being priced; ask again");
    static const mirror::Portfolio nothing_ends;
    const auto& portfolio = mirror.portfolio ? *mirror.portfolio : nothing_ends;
    const auto found = greeks_rows(call, portfolio);
    if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
    const auto rows = std::get<std::span<const mirror::greeks::Exposure>>(found);
    Json out = {{"schema", "lockstep.mirror-greeks/1"},
                {"instance", instance},
                {"block_num", number(mirror.portfolio ? mirror.priced_num : mirror.block_num)}};
    out.update(portfolio_json(portfolio, rows));
    Response response{.body = dump(out)};
    const bool more = !rows.empty() && !call.request.query.contains("account") &&
                      rows.data() + rows.size() != portfolio.accounts.data() + portfolio.accounts.size();
    if (!more) return response;
    const auto limit = number_in_query(call.request, "limit", 100, 1, 1000).value_or(100);
    std::string next = "</api/v1/mirror/" + instance + "/greeks?after=" + to_hex(rows.back().account);
    next.append("&limit=").append(std::to_string(limit)).append(">; rel=\"next\"");
    response.headers.emplace_back("Link", std::move(next));
    return response;
  }
  return problem(404, "unknown-instance", "no mirror of this instance (protocol:chain): " + call.parameters[0]);
}

Response get_mirror_shadow(const Call& call) {
  const auto limit = number_in_query(call.request, "limit", 100, 1, 1000);
  if (!limit) return problem(400, "bad-query-value", "limit is 1 … 1000");
  for (const auto& mirror : call.context.snapshot->mirrors) {
    const auto instance = mirror.protocol + ":" + mirror.chain;
    if (instance != call.parameters[0]) continue;
    Json plans = Json::array();
    for (const auto& shadow : mirror.shadows) plans.push_back(shadow_json(shadow, *limit));
    return {.body = dump({{"schema", "lockstep.mirror-shadow/1"},
                          {"instance", instance},
                          {"block_num", number(mirror.block_num)},
                          {"plans", std::move(plans)}})};
  }
  return problem(404, "unknown-instance", "no mirror of this instance (protocol:chain): " + call.parameters[0]);
}

/// They only ever become more, so that their number says which they are; peers wait for it to change.
std::string attestations_etag(const Call& call) {
  const auto plan = plan_filter(call);
  if (std::holds_alternative<Response>(plan)) return {};
  const auto* only = std::get<const coordinator::PlanState*>(plan);
  std::size_t held = 0;
  for (const auto& [hash, state] : call.context.snapshot->state.plans) {
    if (only != nullptr && only != state.get()) continue;
    for (const auto& [kind, by_signer] : state->attestations) held += by_signer.size();
    for (const auto& [kind, by_signer] : state->equivocations) held += by_signer.size();
  }
  std::string etag = "\"";
  etag.append(std::to_string(call.context.snapshot->started_ms)).append("-").append(std::to_string(held));
  return etag.append("-a\"");
}

/// Both sides of an equivocation: whoever reads it can prove it.
Response get_attestations(const Call& call) {
  const auto plan = plan_filter(call);
  if (const auto* refusal = std::get_if<Response>(&plan)) return *refusal;
  const auto* only = std::get<const coordinator::PlanState*>(plan);
  Json attestations = Json::array();
  for (const auto& [hash, state] : call.context.snapshot->state.plans) {
    if (only != nullptr && only != state.get()) continue;
    for (const auto* held : {&state->attestations, &state->equivocations}) {
      for (const auto& [kind, by_signer] : *held) {
        for (const auto& [signer, attestation] : by_signer) attestations.push_back(attestation_json(attestation));
      }
    }
  }
  return {.body = dump({{"schema", "lockstep.attestations/1"}, {"attestations", std::move(attestations)}})};
}

Response get_journal(const Call& call) {
  const auto after = number_in_query(call.request, "after", 0, 0, std::numeric_limits<std::uint64_t>::max());
  const auto limit = number_in_query(call.request, "limit", 100, 1, 1000);
  if (!after || !limit) return problem(400, "bad-query-value", "after is a sequence number, limit is 1 … 1000");
  const auto lines = call.context.handlers->read_journal(*after, *limit);
  if (!lines) return problem(503, "journal-unreadable", lines.error());
  Json out = Json::array();
  for (const auto& line : *lines) out.push_back(line_json(line));
  Response response{
      .body = dump(
          {{"schema", "lockstep.journal/1"}, {"seq", number(call.context.snapshot->seq)}, {"lines", std::move(out)}})};
  if (lines->size() == *limit) {
    response.headers.emplace_back("Link", "</api/v1/journal?after=" + std::to_string(lines->back().seq) +
                                              "&limit=" + std::to_string(*limit) + ">; rel=\"next\"");
  }
  return response;
}

}  // namespace lockstep::api
