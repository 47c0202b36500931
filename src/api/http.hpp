#pragma once
// Requests and responses as plain values; sockets are session.cpp's affair.
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::api {

/// Which listener a request came in by. Changes are possible on `admin` only.
enum class Door { read, admin, metrics };

struct Request {
  std::string method;
  std::string path;                            // percent-decoded
  std::map<std::string, std::string> query;    // decoded; a key given twice is refused before
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string peer;  // numeric address, or "uid:<n>" on the admin socket
  Door door = Door::read;
  std::uint8_t scopes = 0;  // of its bearer token (tokens.hpp)

  /// "" if absent.
  const std::string& header(const std::string& name) const {
    static const std::string none;
    const auto at = headers.find(name);
    return at == headers.end() ? none : at->second;
  }
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

const char* reason_phrase(int status);

/// Status line, headers and body; Content-Length always, except on 304. `head_only` leaves the body out (HEAD).
std::string to_wire(const Response& response, bool keep_alive, bool head_only);

}  // namespace lockstep::api
