// Scheduled upgrades for people who do not run Lockstep: iCalendar (RFC 5545) and Atom (RFC 4287).
#include <algorithm>

#include "api/handlers.hpp"
#include "api/json.hpp"
#include "base/text.hpp"

namespace lockstep::api {
namespace {

using coordinator::PlanState;
using coordinator::Stage;

constexpr std::size_t longest_line = 75;  // octets, without its end

std::vector<const PlanState*> by_halt_time(const view::Snapshot& snapshot) {
  std::vector<const PlanState*> plans;
  for (const auto& [hash, plan] : snapshot.state.plans) plans.push_back(plan.get());
  std::ranges::sort(plans, {}, [](const auto* plan) { return std::pair(plan->plan.window.halt_at, plan->plan.hash); });
  return plans;
}

std::string title(const PlanState& plan) { return plan.plan.protocol + ": " + plan.plan.name; }

std::string chains(const PlanState& plan) {
  std::string text;
  for (const auto& instance : plan.plan.instances) text += (text.empty() ? "" : ", ") + instance.chain;
  return text;
}

std::string summary(const PlanState& plan) {
  const auto& window = plan.plan.window;
  return "Trading on " + chains(plan) + " halts at " + to_rfc3339(window.halt_at) + "; a decision is due by " +
         to_rfc3339(window.decide_by) + ". Version " + plan.plan.from_version + " to " + plan.plan.to_version +
         ", epoch " + std::to_string(plan.plan.epoch) + ". Now: " + to_text(plan.stage) + ". Plan " +
         to_hex(plan.plan.hash) + ".";
}

/// "20261201T140000Z"
std::string basic_time(UnixSeconds time) {
  auto text = to_rfc3339(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

std::string escaped_ics(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    if (!is_control(c)) out += c;
  }
  return out;
}

/// Content lines longer than 75 octets go on after CRLF and a space; no character is cut in two.
void add_line(std::string& out, const std::string& line) {
  std::size_t at = 0, room = longest_line;
  while (line.size() - at > room) {
    const auto end = character_start(line, at + room, at + 1);
    out.append(line, at, end - at).append("\r\n ");
    at = end;
    room = longest_line - 1;
  }
  out.append(line, at).append("\r\n");
}

const char* status(Stage stage) {
  if (stage == Stage::closed_old || stage == Stage::refused) return "CANCELLED";
  return stage == Stage::checking || stage == Stage::arming ? "TENTATIVE" : "CONFIRMED";
}

std::string escaped_xml(std::string text) {
  std::erase_if(text, is_control);
  return escaped_markup(text);
}

}  // namespace

Response get_calendar(const Call& call) {
  const auto& snapshot = *call.context.snapshot;
  std::string out;
  for (const char* line : {"BEGIN:VCALENDAR", "VERSION:2.0", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"})
    add_line(out, line);
  add_line(out, "PRODID:-//Lockstep//lockstepd " + escaped_ics(snapshot.version) + "//EN");
  for (const auto* plan : by_halt_time(snapshot)) {
    const auto& window = plan->plan.window;
    add_line(out, "BEGIN:VEVENT");
    add_line(out, "UID:" + to_hex(plan->plan.hash) + "@lockstep");
    add_line(out, "DTSTAMP:" + basic_time(snapshot.now_ms / 1000));
    add_line(out, "DTSTART:" + basic_time(window.halt_at));
    add_line(out, "DTEND:" + basic_time(std::max(window.decide_by, window.halt_at)));
    add_line(out, "SEQUENCE:" + std::to_string(static_cast<int>(plan->stage)));
    add_line(out, std::string("STATUS:") + status(plan->stage));
    add_line(out, "SUMMARY:" + escaped_ics(title(*plan)));
    add_line(out, "DESCRIPTION:" + escaped_ics(summary(*plan)));
    add_line(out, "END:VEVENT");
  }
  add_line(out, "END:VCALENDAR");
  return {.type = "text/calendar; charset=utf-8", .body = std::move(out)};
}

Response get_feed(const Call& call) {
  const auto& snapshot = *call.context.snapshot;
  const auto updated = [&](const PlanState& plan) {
    return to_rfc3339(plan.waiting.since != 0 ? plan.waiting.since : snapshot.started_ms / 1000);
  };
  const auto service = escaped_xml(snapshot.service_name);
  std::string out =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>urn:lockstep:" +
      service + "</id>\n<title>Upgrades watched by " + service + "</title>\n<updated>" +
      to_rfc3339(snapshot.now_ms / 1000) + "</updated>\n<author><name>" + service + "</name></author>\n";
  for (const auto* plan : by_halt_time(snapshot)) {
    out += "<entry>\n<id>urn:lockstep:plan:" + to_hex(plan->plan.hash) + "</id>\n<title>" +
           escaped_xml(title(*plan) + " (" + to_text(plan->stage) + ")") + "</title>\n<updated>" + updated(*plan) +
           "</updated>\n<content type=\"text\">" + escaped_xml(summary(*plan)) + "</content>\n</entry>\n";
  }
  return {.type = "application/atom+xml; charset=utf-8", .body = out + "</feed>\n"};
}

}  // namespace lockstep::api
