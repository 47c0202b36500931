#include "app/serve.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "api/server.hpp"
#include "runtime/wall_clock.hpp"
#include "settings/protocol_json.hpp"
#include "settings/schema.hpp"

namespace lockstep::app {
namespace {

/// What POST /api/v1/plans carries: {"toml": "<the plan's text>", "file": "<its name, for messages>", "hash": "<the
/// plan hash it must give>"}; file and hash are optional.
struct PostedPlan {
  std::string toml, file;
  std::optional<Hash32> hash;
};

Result<PostedPlan> parse_posted(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  const auto text = [&](const char* key) { return json.is_object() && json.contains(key) && json[key].is_string(); };
  if (!text("toml"))
    return fail("the request has no plan", "body", "expected a JSON object with \"toml\": the plan's text",
                "use lockstep plan submit FILE");
  for (const auto& [key, value] : json.items()) {
    if (key != "toml" && key != "file" && key != "hash")
      return fail("unknown key \"" + key + "\"", "body", "known: toml, file, hash");
  }
  PostedPlan posted{json["toml"], text("file") ? std::string(json["file"]) : "plan.toml", {}};
  if (!json.contains("hash")) return posted;
  if (text("hash")) posted.hash = fixed_from_hex<Hash32>(std::string(json["hash"]));
  if (!posted.hash) return fail("\"hash\" is not a plan hash", "body", "", "write 0x and 64 hexadecimal digits");
  return posted;
}

/// The coordinator takes a plan in or raises an alarm that says why not; a request must not look accepted then.
Result<void> taken_in(const view::SnapshotPtr& snapshot, const Hash32& plan) {
  if (snapshot && snapshot->state.plans.contains(plan)) return {};
  std::string why = "see the alarms of lockstep status";
  if (snapshot) {
    for (const auto& alarm : snapshot->alarms) {
      if (alarm.plan == plan && alarm.code == "plan-refused") why = alarm.detail;
    }
  }
  return fail("the plan was not taken in", "plan " + to_hex(plan), why,
              "lockstep plan list; end or abort the other plan first");
}

std::unexpected<api::Refused> not_durable(Error why) { return std::unexpected(api::Refused(std::move(why), true)); }

/// All errors of a document in one, the first one leading.
Error joined(const std::vector<Error>& errors) {
  auto first = errors.front();
  for (std::size_t i = 1; i < errors.size(); ++i) first.why += (first.why.empty() ? "" : "; ") + errors[i].text();
  return first;
}

std::vector<api::Token> tokens_of(const settings::Outlets& outlets) {
  std::vector<api::Token> tokens;
  for (const auto& one : outlets.tokens) {
    api::Token token{one.id, one.sha256, 0};
    for (const auto& text : one.scopes) {
      if (const auto scope = api::scope_of(text)) token.scopes |= static_cast<std::uint8_t>(*scope);
    }
    tokens.push_back(std::move(token));
  }
  return tokens;
}

class WiredApi final : public Api {
 public:
  WiredApi(std::unique_ptr<api::Server> server, runtime::Publisher& publisher)
      : server_(std::move(server)),
        subscription_(publisher.subscribe([this](const view::SnapshotPtr&) { server_->notify(); })) {}

  void admit(const Admission& now) override { server_->admit(tokens_of(now.outlets), now.config.api_hosts, now.tls); }

 private:
  std::unique_ptr<api::Server> server_;
  runtime::Publisher::Subscription subscription_;  // ends before the server does
};

std::vector<api::DeliveryCount> deliveries(const notify::Notifier& notifier) {
  std::vector<api::DeliveryCount> counts;
  for (const auto& [sink, counters] : notifier.counters()) {
    counts.push_back({sink, "delivered", counters.delivered});
    counts.push_back({sink, "failed", counters.failed});
    counts.push_back({sink, "rejected", counters.rejected});
    counts.push_back({sink, "expired", counters.expired});
    counts.push_back({sink, "dropped", counters.dropped});
    counts.push_back({sink, "repeated", counters.repeated});
  }
  return counts;
}

std::expected<api::Reloaded, api::Refused> reload(Reloader& reloader) {
  const auto changed = reloader.reload();
  if (!changed) return std::unexpected(api::Refused(joined(changed.error())));
  return api::Reloaded{*changed};
}

api::Handlers handlers(runtime::Runtime& runtime, PlanDesk& desk, ReportDesk& reports, const ApiExtras& extras) {
  api::Handlers made;
  made.snapshot = [&runtime] { return runtime.publisher().current(); };
  // What everybody asks for is in the snapshot; only older lines cost the writer thread something.
  made.read_journal = [&runtime](std::uint64_t after, std::size_t limit) -> Result<std::vector<view::JournalLine>> {
    std::vector<view::JournalLine> lines;
    const auto snapshot = runtime.publisher().current();
    if (!snapshot || after >= snapshot->seq) return lines;
    if (snapshot->recent.empty() || after + 1 < snapshot->recent.front().seq) return runtime.read_journal(after, limit);
    for (const auto& line : snapshot->recent) {
      if (line.seq > after && lines.size() < limit) lines.push_back(line);
    }
    return lines;
  };
  made.submit_plan = [&runtime, &desk](const std::string& body) -> std::expected<api::Accepted, api::Refused> {
    const auto posted = parse_posted(body);
    if (!posted) return std::unexpected(posted.error());
    const auto plan = desk.read(posted->toml, posted->file, posted->hash);
    if (!plan) return std::unexpected(joined(plan.error()));
    if (auto kept = desk.keep(*plan, posted->toml); !kept) return not_durable(kept.error());
    const auto committed = runtime.commit(coordinator::PlanSubmitted{plan->plan});
    if (!committed) return not_durable(committed.error());
    if (auto taken = taken_in(runtime.publisher().current(), plan->plan.hash); !taken)
      return std::unexpected(taken.error());
    return api::Accepted{plan->plan.hash, committed->seq};
  };
  made.command = [&runtime](const Hash32& plan, coordinator::CommandKind kind, const std::string& reason,
                            const std::string& by) -> std::expected<api::Accepted, api::Refused> {
    const auto committed = runtime.commit(coordinator::CommandReceived{plan, kind, reason, by});
    if (!committed) return not_durable(committed.error());
    return api::Accepted{plan, committed->seq, committed->records > 0};
  };
  made.manifest = [&desk](const Hash32& plan) { return desk.document(plan); };
  made.report = [&runtime, &desk, &reports](const Hash32& plan, api::ReportFormat format) -> Result<api::Page> {
    const auto manifest = desk.document(plan);
    if (!manifest) return std::unexpected(manifest.error());
    return reports.report(runtime, plan, *manifest, format);
  };
  made.mirror_account = [&runtime](const std::string& protocol, const std::string& chain, const Address& address) {
    return runtime.mirror_account({protocol, chain}, address);
  };
  for (const auto& protocol : desk.protocols())
    made.protocols.push_back({protocol.name, settings::to_json(protocol).dump()});
  for (const char* kind : {"config", "protocol", "plan"})
    made.schemas.push_back({kind, settings::json_schema(kind)->dump()});
  if (extras.notifier != nullptr) made.deliveries = [notifier = extras.notifier] { return deliveries(*notifier); };
  if (extras.reloader != nullptr) made.reload = [reloader = extras.reloader] { return reload(*reloader); };
  if (extras.answers != nullptr) {
    made.recall = [answers = extras.answers](const std::string& key) {
      return answers->recall(key, runtime::wall_ms() / 1000);
    };
    made.remember = [answers = extras.answers](const std::string& key, const api::Remembered& answer) {
      return answers->remember(key, answer, runtime::wall_ms() / 1000);
    };
  }
  return made;
}

}  // namespace

Result<std::unique_ptr<Api>> serve(const settings::Config& config, const settings::Outlets& outlets,
                                   runtime::Runtime& runtime, PlanDesk& desk, ReportDesk& reports,
                                   const ApiExtras& extras) {
  api::Options options;
  options.listen = config.api_listen;
  options.admin = config.api_admin;
  options.metrics = config.api_metrics;
  options.hosts = config.api_hosts;
  options.tokens = tokens_of(outlets);
  options.behind_proxy = config.behind_proxy;
  if (extras.reloader != nullptr) {
    auto tls = extras.reloader->tls();
    if (!tls) return std::unexpected(tls.error());
    options.tls = std::move(*tls);
  }
  auto server = api::Server::start(options, handlers(runtime, desk, reports, extras));
  if (!server) return std::unexpected(server.error());
  return std::make_unique<WiredApi>(std::move(*server), runtime.publisher());
}

}  // namespace lockstep::app
