#pragma once
// The daemon's API, asked one request at a time. http, https, or a Unix socket ("unix:/path").
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/session.hpp"

namespace lockstep::app {

inline constexpr int tolerated_failures = 20;  // in a row: a daemon that restarts is back by then

struct HttpReply {
  long status = 0;
  std::string body;
};

class HttpClient {
 public:
  HttpClient(std::string endpoint, std::uint64_t timeout_s, std::string token = {})
      : endpoint_(std::move(endpoint)), token_(std::move(token)), timeout_s_(timeout_s) {}

  /// The error has no URL in it beyond host and path. No redirects; at most 16 MiB.
  Result<HttpReply> get(const std::string& path) const { return request("GET", path, {}); }
  using Take = std::function<bool(std::string_view piece)>;
  /// GET of a body that does not end: `take` gets its pieces while the status is 200, until it says false, the deadline
  /// passes, or the other side ends it, which is no error. What dies in silence is noticed after 45 s.
  Result<HttpReply> stream(const std::string& path, const std::vector<std::string>& headers, const Take& take,
                           std::optional<std::chrono::steady_clock::time_point> deadline) const;
  Result<HttpReply> post(const std::string& path, const std::string& json) const { return request("POST", path, json); }

 private:
  Result<HttpReply> request(const char* method, const std::string& path, const std::string& body) const;
  std::string endpoint_, token_;
  std::uint64_t timeout_s_;
};

/// A client for this session's daemon; says what is wrong and returns nothing otherwise.
std::optional<HttpClient> client(Session& session, bool admin, Exit& failed);
/// The JSON of a reply with a 2xx status. Everything else is told: 404 → file_missing, 401/403 → not_allowed,
/// 409/429/503 → try_later, 400/422 → bad_document, no answer → unreachable.
std::optional<nlohmann::json> fetch(Session& session, const Result<HttpReply>& reply, Exit& failed);

}  // namespace lockstep::app
