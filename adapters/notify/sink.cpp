#include "adapters/notify/sink.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>

#include "adapters/transport/curl_easy.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace lockstep::notify {
namespace {

using nlohmann::json;

constexpr const char* pagerduty_events = "https://events.pagerduty.com/v2/enqueue";

Result<settings::Secret> optional(const settings::SecretRef& ref) {
  if (ref.source == settings::SecretSource::none) return settings::Secret{};
  return settings::resolve(ref);
}

std::string when(const Message& message) { return to_rfc3339(message.time_ms / 1000); }

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Slack reads three characters as markup.
std::string escaped_slack(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

json pagerduty(const Sink& sink, const Message& message) {
  return {{"routing_key", sink.key.reveal()},
          {"event_action", "trigger"},
          {"dedup_key", message.incident},
          {"client", "lockstep"},
          {"payload",
           {{"summary", message.title},
            {"source", message.service},
            {"severity", to_text(message.severity)},
            {"timestamp", when(message)},
            {"component", message.chain.empty() ? "plan" : message.chain},
            {"class", message.type},
            {"custom_details", {{"text", message.text}, {"plan", message.plan}, {"seq", message.seq}}}}}};
}

std::string signature(const Sink& sink, const std::string& body, std::uint64_t now_s) {
  const auto text = std::to_string(now_s) + "." + body;
  std::array<unsigned char, 32> mac{};
  unsigned size = 0;
  const auto& key = sink.key.reveal();
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, text.size(), mac.data(), &size);
  return "t=" + std::to_string(now_s) + ",v1=" + to_hex(BytesView(mac.data(), mac.size())).substr(2);
}

/// RFC 2047 where a header is not plain ASCII.
std::string header_text(const std::string& text) {
  if (std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; })) return text;
  std::string out;
  // Encoded words hold at most 75 characters; 36 octets become 48 of base64. A character is never cut in two.
  for (std::size_t at = 0; at < text.size();) {
    const auto end = character_start(text, std::min(text.size(), at + 36), at + 1);
    std::array<unsigned char, 64> encoded{};
    const auto* part = reinterpret_cast<const unsigned char*>(text.data()) + at;
    const int size = EVP_EncodeBlock(encoded.data(), part, static_cast<int>(end - at));
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
    out.append(encoded.begin(), encoded.begin() + size).append("?=");
    at = end;
  }
  return out;
}

std::string mail_date(std::uint64_t time_s) {
  const auto time = static_cast<std::time_t>(time_s);
  std::tm parts{};
  gmtime_r(&time, &parts);
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", days[static_cast<std::size_t>(parts.tm_wday)],
                     parts.tm_mday, months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

/// Base64 in lines of 76: what the text is made of does not matter to any server on the way.
std::string body_base64(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 57) {
    std::array<unsigned char, 80> encoded{};
    const auto count = std::min<std::size_t>(57, text.size() - at);
    const auto* part = reinterpret_cast<const unsigned char*>(text.data()) + at;
    const int size = EVP_EncodeBlock(encoded.data(), part, static_cast<int>(count));
    out.append(encoded.begin(), encoded.begin() + size).append("\r\n");
  }
  return out;
}

}  // namespace

Result<Sink> make_sink(const settings::SinkConfig& config) {
  const std::map<std::string, SinkType> types{{"slack", SinkType::slack},
                                              {"discord", SinkType::discord},
                                              {"pagerduty", SinkType::pagerduty},
                                              {"webhook", SinkType::webhook},
                                              {"email", SinkType::email}};
  Sink sink;
  sink.id = config.id;
  sink.type = types.at(config.type);
  sink.least = severity_of(config.least).value_or(Severity::info);
  sink.from = config.from;
  sink.username = config.username;
  sink.to = config.to;
  auto url = optional(config.url),
       key = optional(sink.type == SinkType::pagerduty ? config.routing_key : config.secret),
       password = optional(config.password);
  for (const auto* secret : {&url, &key, &password}) {
    if (!*secret) return std::unexpected(secret->error());
  }
  if (sink.type == SinkType::pagerduty && url->empty()) url = settings::Secret{pagerduty_events};
  const auto& text = url->reveal();
  const bool mail = sink.type == SinkType::email;
  const bool secure = text.starts_with(mail ? "smtps://" : "https://"),
             plain = text.starts_with(mail ? "smtp://" : "http://");
  const auto where = "notify sink " + config.id;
  if (!secure && !plain)
    return fail("the url of this sink cannot be used", where, {},
                mail ? "it must be smtp:// or smtps://" : "it must be https://");
  // smtp:// is fine anywhere: STARTTLS is then demanded.
  if (!mail && plain && !transport::stays_here(text))
    return fail("the url of this sink has no TLS", where, "its secret would cross the network in clear",
                "use https://");
  sink.url = std::move(*url);
  sink.key = std::move(*key);
  sink.password = std::move(*password);
  return sink;
}

Posting posting_of(const Sink& sink, const Message& message, std::uint64_t now_s) {
  Posting posting;
  posting.headers = {"Content-Type: application/json", "User-Agent: lockstep"};
  const auto line = fmt::format("[{}] {}", to_text(message.severity), message.title);
  switch (sink.type) {
    case SinkType::slack:
      posting.body = dumped({{"text", escaped_slack(line)}});
      break;
    case SinkType::discord:
      posting.body = dumped({{"content", line}, {"allowed_mentions", {{"parse", json::array()}}}});
      break;
    case SinkType::pagerduty:
      posting.body = dumped(pagerduty(sink, message));
      break;
    case SinkType::webhook: {
      auto body = to_json(message);
      body.erase("time_ms");
      body["time"] = when(message);
      posting.body = dumped(body);
      posting.headers.push_back("X-Lockstep-Signature: " + signature(sink, posting.body, now_s));
      posting.headers.push_back("Idempotency-Key: " + message.id);
      break;
    }
    case SinkType::email:
      break;
  }
  return posting;
}

std::string mail_of(const Sink& sink, const Message& message) {
  std::string to;
  for (const auto& address : sink.to) to += (to.empty() ? "<" : ", <") + address + ">";
  const auto host = sink.from.substr(std::min(sink.from.size(), sink.from.find('@') + 1));
  std::string out;
  const auto add = [&out](const char* name, const std::string& value) {
    out += std::string(name) + ": " + value + "\r\n";
  };
  add("Date", mail_date(message.time_ms / 1000));
  add("From", "<" + sink.from + ">");
  add("To", to);
  std::string id;
  for (const char c : message.id) id += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
  add("Message-ID", "<" + id + "@" + host + ">");
  add("Subject", header_text(fmt::format("[{}] {}", to_text(message.severity), message.title)));
  add("Auto-Submitted", "auto-generated");
  add("MIME-Version", "1.0");
  add("Content-Type", "text/plain; charset=utf-8");
  add("Content-Transfer-Encoding", "base64");
  auto text = message.text + "\r\n\r\n";
  const auto row = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text += std::string(name) + ": " + value + "\r\n";
  };
  row("service", message.service);
  row("plan", message.plan);
  row("chain", message.chain);
  row("time", when(message));
  return out + "\r\n" + body_base64(text);
}

}  // namespace lockstep::notify
