#include "adapters/notify/message.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "base/keccak256.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

namespace lockstep::notify {
namespace {

using nlohmann::json;

constexpr std::size_t longest_title = 200, longest_text = 2000;

struct Notable {
  const char* type;
  Severity severity;
};
// Journal records by type; those not named are for the log and the status page.
constexpr std::array notable{
    Notable{"plan-submitted", Severity::info},   Notable{"stage-changed", Severity::info},
    Notable{"command", Severity::info},          Notable{"decided", Severity::info},
    Notable{"old-wanted", Severity::warning},    Notable{"sign-refused", Severity::warning},
    Notable{"alarm", Severity::critical},        Notable{"frozen", Severity::critical},
    Notable{"halt-wanted", Severity::critical},  Notable{"interference", Severity::critical},
    Notable{"equivocation", Severity::critical}, Notable{"finality-violated", Severity::critical}};

std::string clean(std::string text, std::size_t longest) {
  text = runtime::log::without_urls(text);
  for (auto& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (text.size() <= longest) return text;
  return text.substr(0, character_start(text, longest)) + "…";
}

std::string short_plan(const Hash32& plan) { return plan.is_zero() ? std::string{} : to_hex(plan).substr(2, 8); }

std::string text_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}
std::uint64_t number_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_unsigned() ? it->get<std::uint64_t>() : 0;
}

}  // namespace

const char* to_text(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::critical:
      return "critical";
  }
  return "";
}

std::optional<Severity> severity_of(const std::string& text) {
  for (const auto severity : {Severity::info, Severity::warning, Severity::critical}) {
    if (text == to_text(severity)) return severity;
  }
  return std::nullopt;
}

std::optional<Message> message_of(const view::JournalLine& line, const std::string& service) {
  for (const auto& [type, severity] : notable) {
    if (line.type != type) continue;
    Message message;
    message.id = service + "-" + std::to_string(line.seq);
    const auto plan = short_plan(line.plan);
    message.incident =
        service + "/" + (plan.empty() ? "daemon" : plan) + (severity == Severity::info ? "" : std::string("/") + type);
    message.severity = severity;
    const auto where = line.chain.empty() ? std::string{} : " on " + line.chain;
    message.title = clean((plan.empty() ? service : "plan " + plan) + where + ": " + line.text, longest_title);
    message.text = clean(line.text, longest_text);
    message.service = service;
    message.plan = line.plan.is_zero() ? "" : to_hex(line.plan);
    message.chain = line.chain;
    message.type = type;
    message.seq = line.seq;
    message.time_ms = line.time_ms;
    return message;
  }
  return std::nullopt;
}

Message message_of(const view::Alarm& alarm, const std::string& service) {
  Message message;
  // Several may be raised in one millisecond, and a receiver takes the same id for the same message.
  message.id = service + "-" + std::to_string(alarm.time_ms) + "-" + alarm.code + "-" +
               to_hex(keccak256(std::string_view(alarm.detail))).substr(2, 8);
  const auto plan = short_plan(alarm.plan);
  message.incident = service + "/" + (plan.empty() ? "daemon" : plan) + "/alarm";
  message.severity = Severity::critical;
  message.title =
      clean((plan.empty() ? service : "plan " + plan) + ": alarm " + alarm.code + ": " + alarm.detail, longest_title);
  message.text = clean(alarm.code + ": " + alarm.detail, longest_text);
  message.service = service;
  message.plan = alarm.plan.is_zero() ? "" : to_hex(alarm.plan);
  message.type = "alarm";
  message.time_ms = alarm.time_ms;
  return message;
}

Message test_message(const std::string& service, std::uint64_t now_ms) {
  Message message;
  message.id = service + "-test-" + std::to_string(now_ms);
  message.incident = service + "/test";
  message.title = service + ": a test of this sink; nothing is wrong";
  message.text = "Sent by lockstep notify test. Nothing is wrong and nothing needs to be done.";
  message.service = service;
  message.type = "test";
  message.time_ms = now_ms;
  return message;
}

json to_json(const Message& message) {
  return {{"schema", "lockstep.notification/1"},
          {"id", message.id},
          {"incident", message.incident},
          {"severity", to_text(message.severity)},
          {"title", message.title},
          {"text", message.text},
          {"service", message.service},
          {"plan", message.plan},
          {"chain", message.chain},
          {"type", message.type},
          {"seq", message.seq},
          {"time_ms", message.time_ms}};
}

std::optional<Message> message_from(const json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto severity = severity_of(text_at(object, "severity"));
  Message message{text_at(object, "id"),    text_at(object, "incident"), severity.value_or(Severity::info),
                  text_at(object, "title"), text_at(object, "text"),     text_at(object, "service"),
                  text_at(object, "plan"),  text_at(object, "chain"),    text_at(object, "type"),
                  number_at(object, "seq"), number_at(object, "time_ms")};
  if (!severity || message.id.empty()) return std::nullopt;
  return message;
}

}  // namespace lockstep::notify
