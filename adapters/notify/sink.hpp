#pragma once
// Where messages go. A sink is what the configuration says, with its secrets at hand.
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "adapters/notify/message.hpp"
#include "settings/outlets.hpp"

namespace lockstep::notify {

enum class SinkType : std::uint8_t { slack, discord, pagerduty, webhook, email };

struct Sink {
  std::string id;
  SinkType type = SinkType::webhook;
  Severity least = Severity::info;
  settings::Secret url;       // of the service, or of the mail server
  settings::Secret key;       // routing key or HMAC key
  settings::Secret password;  // email
  std::string from, username;
  std::vector<std::string> to;
};

/// Resolves the secrets. Refuses to send one over a network without TLS.
Result<Sink> make_sink(const settings::SinkConfig& config);

/// An HTTP request as it will be sent; exposed for tests.
struct Posting {
  std::string body;
  std::vector<std::string> headers;
};
/// `now_s` goes into the signature of a webhook: "t=<now>,v1=<hex of HMAC-SHA256(key, "<now>.<body>")>".
Posting posting_of(const Sink& sink, const Message& message, std::uint64_t now_s);
/// RFC 5322, lines ended by CRLF.
std::string mail_of(const Sink& sink, const Message& message);

struct NotDelivered {
  bool for_good = false;  // trying again would not help
  std::string why;        // never a URL or a secret
};
/// Waits, ten seconds at most.
std::expected<void, NotDelivered> deliver(const Sink& sink, const Message& message, std::uint64_t now_s);

}  // namespace lockstep::notify
