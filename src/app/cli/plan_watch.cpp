#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "app/cli/forecast.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/operating.hpp"
#include "app/cli/verbs.hpp"

namespace lockstep::app {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr auto poll_interval = std::chrono::milliseconds{500};
constexpr std::array stages{"checking", "arming",    "armed",   "halting",    "switching",  "verifying", "deciding",
                            "closing",  "releasing", "soaking", "closed_new", "closed_old", "refused"};
constexpr std::size_t first_end = 10;

std::optional<std::size_t> place(const std::string& stage) {
  const auto it = std::find(stages.begin(), stages.end(), stage);
  if (it == stages.end()) return std::nullopt;
  return static_cast<std::size_t>(it - stages.begin());
}

/// Whether a plan at `now` has been at or beyond `until`; ends other than the wanted one are never "beyond".
bool reached(std::size_t now, std::size_t until) {
  return now == until || (now >= until && now <= first_end && until < first_end);
}

std::string line_of(const json& plan) {
  std::string line = fmt::format("{} {}", text_of(plan, "short_id"), text_of(plan, "stage"));
  const auto& waiting = object_of(plan, "waiting_on");
  if (const auto waits = text_of(waiting, "code"); !waits.empty() && waits != "nothing")
    line += fmt::format(", waiting on {}: {}", waits, text_of(waiting, "detail"));
  for (const auto& instance : list_of(plan, "instances")) {
    line += fmt::format("  [{} {}{}]", text_of(instance, "chain"), text_of(instance, "phase"),
                        text_of(instance, "halted") == "true" ? " halted" : "");
  }
  return line;
}

struct Watch {
  Session& session;
  const HttpClient& http;
  std::string path;
  std::size_t until;
  std::string shown = {};
  Forecast forecast = {};
  int failures = 0;

  /// On a terminal everything, every time; elsewhere a line when something changed.
  void show(const json& plan) {
    if (redraws(session)) {
      const auto reply = http.get("/api/v1/status");
      const auto status = reply && reply->status == 200 ? json::parse(reply->body, nullptr, false) : json();
      forecast.observe(status);
      return frame(session, plan, plan_text(plan) + forecast.lines(plan));
    }
    if (const auto line = line_of(plan); line != shown) {
      session.stream(with_schema(plan, "lockstep.plan/1"), line);
      shown = line;
    }
  }

  /// An exit code when there is nothing left to wait for.
  std::optional<Exit> step() {
    const auto reply = http.get(path);
    Exit failed{};
    const bool no_answer = !reply || reply->status == 503;
    if (no_answer && ++failures < tolerated_failures) return std::nullopt;
    const auto plan = fetch(session, reply, failed);
    if (!plan) return failed;
    failures = 0;
    show(*plan);
    const auto now = place(text_of(*plan, "stage"));
    if (!now)
      return session.fail(
          {"stage \"" + text_of(*plan, "stage") + "\" is not known", {}, "the daemon is of another version", {}},
          Exit::unexpected);
    if (reached(*now, until)) return Exit::ok;
    if (*now > first_end) return Exit::closed_old;
    if (*now == first_end) return Exit::not_reached;
    return std::nullopt;
  }
};

}  // namespace

Exit plan_watch(Session& session, const std::string& id, const std::string& until) {
  const auto wanted = place(until);
  if (!wanted) {
    std::string all;
    for (const char* stage : stages) all += (all.empty() ? "" : ", ") + std::string{stage};
    return session.fail({"stage \"" + until + "\" is not known", "--until", {}, "use one of: " + all}, Exit::usage);
  }
  Exit failed{};
  const auto limit = session.timeout_s(0, failed);
  if (!limit) return failed;
  const auto http = client(session, false, failed);
  if (!http) return failed;
  Watch watch{session, *http, "/api/v1/plans/" + id, *wanted};
  const auto start = Clock::now();
  while (true) {
    if (const auto done = watch.step()) return *done;
    if (*limit > 0 && Clock::now() - start >= std::chrono::seconds{*limit}) {
      session.say(fmt::format("not {} after {} s", until, *limit));
      return Exit::not_reached;
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace lockstep::app
