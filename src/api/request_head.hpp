#pragma once
// The strict reading of a request's head. Everything two HTTP implementations could read differently is refused,
// because a proxy in front that reads it the other way is how requests are smuggled. The connection is closed after any
// refusal.
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "api/http.hpp"
#include "api/server.hpp"

namespace lockstep::api {

struct HeadError {
  int status = 400;
  const char* code = "";
  const char* detail = "";
};

struct Head {
  Request request;     // without body, peer and door
  std::string target;  // as sent: path and query
  std::string wire;    // the whole head as sent
  std::uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

/// Length of the head including its empty line; nothing while more bytes are needed; a refusal as soon as one is
/// certain.
std::expected<std::optional<std::size_t>, HeadError> find_head(std::string_view received, const Limits& limits);

/// `head` as found by find_head.
std::expected<Head, HeadError> parse_head(std::string_view head, const Limits& limits);

}  // namespace lockstep::api
