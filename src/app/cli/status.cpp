#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "app/cli/forecast.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/operating.hpp"
#include "app/cli/verbs.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;

constexpr auto status_interval = std::chrono::seconds{1};

/// The last confirmed on-chain action, its txn and where it was mined.
std::string last_action(const json& status) {
  const json* last = nullptr;
  for (const auto& txn : list_of(status, "transactions")) {
    if (text_of(txn, "status") == "mined") last = &txn;
  }
  if (last == nullptr) return "no confirmed on-chain action yet";
  auto line = fmt::format("last confirmed action: {} on {}, txn {}, block {}", text_of(*last, "action"),
                          text_of(*last, "chain"), text_of(*last, "txn"), text_of(*last, "block_num"));
  if (const auto age = text_of(*last, "age_s"); !age.empty()) line += ", " + age + " s ago";
  return line;
}

std::string chain_text(const json& chain) {
  const auto& head = object_of(chain, "head");
  const auto& final = object_of(chain, "final");
  auto line =
      fmt::format("  {:<14} head {} final {}", text_of(chain, "id"), text_of(head, "num"), text_of(final, "num"));
  for (const auto& endpoint : list_of(chain, "endpoints"))
    line += fmt::format("  {} {}", text_of(endpoint, "name"), text_of(endpoint, "up") == "true" ? "up" : "DOWN");
  return line + "\n";
}

std::string peer_text(const json& peer) {
  auto line = fmt::format("  {} {}  attestations {}, heard of {} plans", text_of(peer, "address"),
                          text_of(peer, "up") == "true" ? "up" : "DOWN", text_of(peer, "attestations"),
                          list_of(peer, "heard").size());
  if (const auto error = text_of(peer, "last_error"); !error.empty()) line += ": " + error;
  return line + "\n";
}

std::string status_text(const json& status, const Forecast& forecast) {
  auto out = last_action(status) + "\n";
  out += fmt::format("{} {}, {}, assurance {}, seq {}\n", text_of(status, "service"), text_of(status, "version"),
                     text_of(status, "ready") == "true" ? "ready" : "NOT READY", text_of(status, "assurance"),
                     text_of(status, "seq"));
  for (const auto& alarm : list_of(status, "alarms"))
    out += fmt::format("ALARM {}: {}\n", text_of(alarm, "code"), text_of(alarm, "detail"));
  out += "chains:\n";
  for (const auto& chain : list_of(status, "chains")) out += chain_text(chain);
  if (!list_of(status, "peers").empty()) out += "peers:\n";
  for (const auto& peer : list_of(status, "peers")) out += peer_text(peer);
  for (const auto& plan : list_of(status, "plans")) out += plan_text(plan) + forecast.lines(plan);
  return out;
}

Exit status(Session& session, bool watch) {
  Exit failed{};
  const auto http = client(session, false, failed);
  if (!http) return failed;
  std::string shown;
  Forecast forecast;
  while (true) {
    const auto answer = fetch(session, http->get("/api/v1/status"), failed);
    if (!answer) return failed;
    const auto document = with_schema(*answer, "lockstep.status/1");
    forecast.observe(document);
    if (!watch) {
      const auto written = session.result(document, status_text(document, forecast));
      return written != Exit::ok || text_of(document, "ready") == "true" ? written : Exit::unhealthy;
    }
    // A terminal shows heads as they move; a file gets one frame per change of what is known of plans.
    if (const auto seq = text_of(document, "seq"); seq != shown || redraws(session)) {
      frame(session, document, status_text(document, forecast));
      shown = seq;
    }
    std::this_thread::sleep_for(status_interval);
  }
}

}  // namespace

void add_status(CLI::App& app, Session& session, Verb& verb) {
  const auto watch = std::make_shared<bool>(false);
  auto* sub = app.add_subcommand("status", "what the daemon does now; exit 13 if it is not ready")->fallthrough();
  sub->add_flag("--watch", *watch, "again after every change, until interrupted");
  sub->callback([&session, &verb, watch] { verb = [&session, watch] { return status(session, *watch); }; });
}

void add_version(CLI::App& app, Session& session, Verb& verb) {
  auto* sub = app.add_subcommand("version", "version of this program")->fallthrough();
  sub->callback([&session, &verb] {
    verb = [&session] {
      return session.result({{"schema", "lockstep.version/1"}, {"version", LOCKSTEP_VERSION}},
                            "lockstep " LOCKSTEP_VERSION);
    };
  });
}

}  // namespace lockstep::app
