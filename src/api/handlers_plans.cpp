// Plans.
#include <algorithm>
#include <cctype>

#include "api/handlers.hpp"
#include "api/json.hpp"
#include "api/paging.hpp"

namespace lockstep::api {
namespace {

using coordinator::PlanState;

constexpr std::size_t journal_page = 1000;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

/// "open", "ended" or a stage.
std::optional<bool> in_state(const PlanState& plan, const std::string& state) {
  if (state == "open") return !ended(plan.stage);
  if (state == "ended") return ended(plan.stage);
  for (int stage = 0; stage <= static_cast<int>(coordinator::Stage::refused); ++stage) {
    if (state == to_text(static_cast<coordinator::Stage>(stage)))
      return plan.stage == static_cast<coordinator::Stage>(stage);
  }
  return std::nullopt;
}

/// By protocol, then the newest epoch first.
std::vector<const PlanState*> newest_epoch_first(const view::Snapshot& snapshot) {
  std::vector<const PlanState*> plans;
  plans.reserve(snapshot.state.plans.size());
  for (const auto& [hash, plan] : snapshot.state.plans) plans.push_back(plan.get());
  std::stable_sort(plans.begin(), plans.end(), [](const PlanState* a, const PlanState* b) {
    if (a->plan.protocol != b->plan.protocol) return a->plan.protocol < b->plan.protocol;
    return a->plan.epoch > b->plan.epoch;
  });
  return plans;
}

template <class MakeJson>
Response view_of_plan(const Call& call, MakeJson make) {
  const auto found = find_plan(*call.context.snapshot, call.parameters[0]);
  if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
  return {.body = dump(make(*std::get<const PlanState*>(found)))};
}

Json entry_json(const view::JournalLine& line) {
  return {{"seq", number(line.seq)}, {"time", time_ms(line.time_ms)},
          {"type", line.type},       {"chain", text_or_null(line.chain)},
          {"text", line.text},       {"mark", mark_json(line.mark)}};
}

/// Every line of the plan: from the snapshot, and from the journal what is older than it.
Result<Json> timeline(const Call& call, const Hash32& plan) {
  Json entries = Json::array();
  const auto add = [&](const view::JournalLine& line) {
    if (line.plan == plan) entries.push_back(entry_json(line));
  };
  const auto& recent = call.context.snapshot->recent;
  const std::uint64_t first_recent = recent.empty() ? call.context.snapshot->seq + 1 : recent.front().seq;
  std::uint64_t after = 0;
  while (after + 1 < first_recent) {
    const auto lines = call.context.handlers->read_journal(after, journal_page);
    if (!lines) return std::unexpected(lines.error());
    if (lines->empty()) break;
    for (const auto& line : *lines) {
      if (line.seq < first_recent) add(line);
    }
    after = lines->back().seq;
  }
  for (const auto& line : recent) add(line);
  return entries;
}

}  // namespace

std::variant<const PlanState*, Response> find_plan(const view::Snapshot& snapshot, std::string_view id) {
  std::string digits(id.starts_with("0x") ? id.substr(2) : id);
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (digits.size() < 8 || digits.size() > 64 || !is_hex(digits)) {
    return problem(400, "bad-plan-id", "a plan is named by its hash or at least the first 8 digits of it");
  }
  const PlanState* found = nullptr;
  for (const auto& [hash, plan] : snapshot.state.plans) {
    if (to_hex(hash).compare(2, digits.size(), digits) != 0) continue;
    if (found != nullptr) return problem(400, "ambiguous-id", "more than one plan begins with " + digits);
    found = plan.get();
  }
  if (found == nullptr) return problem(404, "unknown-plan", "no plan has this id: " + std::string(id));
  return found;
}

Response get_plans(const Call& call) {
  const auto limit = number_in_query(call.request, "limit", 100, 1, 500);
  if (!limit) return problem(400, "bad-query-value", "limit is 1 … 500");
  auto plans = newest_epoch_first(*call.context.snapshot);
  if (const auto after = call.request.query.find("after"); after != call.request.query.end()) {
    const auto found = find_plan(*call.context.snapshot, after->second);
    if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
    plans.erase(plans.begin(), std::find(plans.begin(), plans.end(), std::get<const PlanState*>(found)) + 1);
  }
  const auto wanted = call.request.query.find("state");
  const PlanState sample{};
  if (wanted != call.request.query.end() && !in_state(sample, wanted->second)) {
    return problem(400, "bad-query-value", "state is open, ended or a stage, not " + wanted->second);
  }
  Json out = Json::array();
  const PlanState* last = nullptr;
  bool more = false;
  for (const auto* plan : plans) {
    if (wanted != call.request.query.end() && !*in_state(*plan, wanted->second)) continue;
    more = out.size() == *limit;
    if (more) break;
    out.push_back(summary_json(*plan, *call.context.snapshot));
    last = plan;
  }
  Response response{.body = dump({{"schema", "lockstep.plans/1"}, {"plans", std::move(out)}})};
  if (more) {
    const auto filter = wanted == call.request.query.end() ? "" : "&state=" + wanted->second;
    response.headers.emplace_back("Link", "</api/v1/plans?after=" + to_hex(last->plan.hash) +
                                              "&limit=" + std::to_string(*limit) + filter + ">; rel=\"next\"");
  }
  return response;
}

Response get_plan(const Call& call) {
  return view_of_plan(call, [&](const PlanState& plan) { return plan_json(plan, *call.context.snapshot); });
}
Response get_readiness(const Call& call) { return view_of_plan(call, readiness_json); }
Response get_evidence(const Call& call) { return view_of_plan(call, evidence_json); }

Response get_timeline(const Call& call) {
  const auto found = find_plan(*call.context.snapshot, call.parameters[0]);
  if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
  const auto& hash = std::get<const PlanState*>(found)->plan.hash;
  auto entries = timeline(call, hash);
  if (!entries) return problem(503, "journal-unreadable", entries.error());
  return {.body = dump({{"schema", "lockstep.timeline/1"}, {"plan", to_hex(hash)}, {"entries", std::move(*entries)}})};
}

Response get_manifest(const Call& call) {
  const auto found = find_plan(*call.context.snapshot, call.parameters[0]);
  if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
  auto document = call.context.handlers->manifest(std::get<const PlanState*>(found)->plan.hash);
  if (!document) return problem(503, "manifest-unreadable", document.error());
  return {.body = std::move(*document)};
}

Response get_report(const Call& call) {
  const auto found = find_plan(*call.context.snapshot, call.parameters[0]);
  if (const auto* refusal = std::get_if<Response>(&found)) return *refusal;
  const auto wanted = call.request.query.find("format");
  const auto& text = wanted == call.request.query.end() ? std::string("json") : wanted->second;
  if (text != "json" && text != "md" && text != "html")
    return problem(400, "bad-query-value", "format is json, md or html, not " + text);
  const auto format = text == "md" ? ReportFormat::markdown : text == "html" ? ReportFormat::html : ReportFormat::json;
  auto page = call.context.handlers->report(std::get<const PlanState*>(found)->plan.hash, format);
  if (!page) return problem(503, "report-unavailable", page.error());
  Response response{.type = std::move(page->type), .body = std::move(page->body)};
  if (!page->policy.empty()) response.headers.emplace_back("Content-Security-Policy", page->policy);
  return response;
}

}  // namespace lockstep::api
