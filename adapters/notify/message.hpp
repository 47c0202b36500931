#pragma once
// What people are told, and which lines of the journal are worth telling.
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "view/snapshot.hpp"

namespace lockstep::notify {

enum class Severity : std::uint8_t { info, warning, critical };
const char* to_text(Severity severity);
std::optional<Severity> severity_of(const std::string& text);

struct Message {
  std::string id;        // the same each time it is sent: <service>-<seq>, or <service>-<time>-<type>
  std::string incident;  // messages of one matter share it
  Severity severity = Severity::info;
  std::string title;  // one line, no secret, no URL
  std::string text;
  std::string service, plan, chain, type;  // plan: hash or empty
  std::uint64_t seq = 0, time_ms = 0;
};

/// Nothing if nobody needs to hear of it.
std::optional<Message> message_of(const view::JournalLine& line, const std::string& service);
/// Alarms that are raised without a record (the disk is full, the guard refuses).
Message message_of(const view::Alarm& alarm, const std::string& service);
Message test_message(const std::string& service, std::uint64_t now_ms);

nlohmann::json to_json(const Message& message);
std::optional<Message> message_from(const nlohmann::json& json);

}  // namespace lockstep::notify
