#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>

#include "app/cli/event_stream.hpp"
#include "app/cli/http_client.hpp"
#include "app/cli/json_text.hpp"
#include "app/cli/verbs.hpp"

// The journal of a running daemon, through its read API.
namespace lockstep::app {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr std::size_t page = 1000;
constexpr auto pause = std::chrono::milliseconds{500};

struct Tail {
  Session& session;
  const HttpClient& http;
  std::string plan = {};  // whole hash; empty: every line
  std::uint64_t after = 0;
  Exit failed = {};

  void show(const json& line) const {
    const auto of = text_of(line, "plan");
    const auto text = fmt::format("{:>8} {} {:<8} {:<20} {:<12} {}", text_of(line, "seq"), text_of(line, "time"),
                                  of.size() > 10 ? of.substr(2, 8) : "-", text_of(line, "type"), text_of(line, "chain"),
                                  text_of(line, "text"));
    session.stream(with_schema(line, "lockstep.journal-line/1"), text);
  }
  bool mine(const json& line) const { return plan.empty() || text_of(line, "plan") == plan; }

  /// Every line after `after` that is there now, which it then is past. False: `failed` says why.
  bool read_on(const std::function<void(const json&)>& take) {
    while (true) {
      const auto answer =
          fetch(session, http.get(fmt::format("/api/v1/journal?after={}&limit={}", after, page)), failed);
      if (!answer) return false;
      const auto& lines = list_of(*answer, "lines");
      for (const auto& line : lines) {
        after = std::max(after, number_of(line, "seq"));
        if (mine(line)) take(line);
      }
      if (lines.empty()) return true;
    }
  }

  /// The last `most` lines.
  bool last(std::size_t most) {
    if (plan.empty()) {
      const auto newest = fetch(session, http.get("/api/v1/journal?limit=1"), failed);
      if (!newest) return false;
      const auto seq = number_of(*newest, "seq");
      after = seq > most ? seq - most : 0;
    }
    std::deque<json> kept;
    const bool good = read_on([&](const json& line) {
      kept.push_back(line);
      if (kept.size() > most) kept.pop_front();
    });
    for (const auto& line : kept) show(line);
    return good;
  }

  /// Shows events until the stream ends or the time is over.
  bool listen(std::optional<Clock::time_point> deadline) {
    EventStream events;
    const auto take = [&](std::string_view piece) {
      for (const auto& event : events.feed(piece)) {
        if (event.type == "gap") session.say("note: lines were left out: " + event.data);
        const auto line = json::parse(event.data, nullptr, false);
        if (event.type != "journal" || !line.is_object()) continue;
        after = std::max(after, number_of(line, "seq"));
        show(line);
      }
      return !events.too_long() && (!deadline || Clock::now() < *deadline);
    };
    const auto path = "/api/v1/events" + (plan.empty() ? "" : "?plan=" + plan);
    const auto ended = http.stream(path, {"Last-Event-ID: " + std::to_string(after)}, take, deadline);
    return ended && ended->status == 200;
  }

  Exit follow(std::optional<Clock::time_point> deadline) {
    const auto over = [&] { return deadline && Clock::now() >= *deadline; };
    for (int failures = 0; !over();) {
      failures = listen(deadline) ? 0 : failures + 1;
      if (over()) break;
      if (failures >= tolerated_failures)
        return session.fail({"the event stream ended and cannot be had again", "the read API", {}, "lockstep status"},
                            Exit::unreachable);
      std::this_thread::sleep_for(pause);
    }
    return Exit::ok;
  }
};

}  // namespace

Exit journal_tail(Session& session, const TailOptions& options) {
  Exit failed{};
  const auto limit = session.timeout_s(0, failed);
  if (!limit) return failed;
  const auto http = client(session, false, failed);
  if (!http) return failed;
  Tail tail{session, *http};
  if (!options.plan.empty()) {
    const auto plan = fetch(session, http->get("/api/v1/plans/" + options.plan), failed);
    if (!plan) return failed;
    tail.plan = text_of(*plan, "id");
  }
  tail.after = options.after.value_or(0);
  const bool good = options.after ? tail.read_on([&](const json& line) { tail.show(line); }) : tail.last(options.lines);
  if (!good) return tail.failed;
  if (!options.follow) return Exit::ok;
  return tail.follow(*limit > 0 ? std::optional(Clock::now() + std::chrono::seconds{*limit}) : std::nullopt);
}

}  // namespace lockstep::app
