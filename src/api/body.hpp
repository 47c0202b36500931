#pragma once
// Bodies in chunked encoding, as strictly as heads: no chunk extensions, no trailers, nothing but CRLF.
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/request_head.hpp"

namespace lockstep::api {

struct ChunkedBody {
  std::string body;
  std::size_t wire_bytes = 0;  // of `received` that belong to it
};

/// Nothing while more bytes are needed; a refusal if it is malformed or larger than limits.body_bytes.
std::expected<std::optional<ChunkedBody>, HeadError> decode_chunked(std::string_view received, const Limits& limits);

}  // namespace lockstep::api
