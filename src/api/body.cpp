#include "api/body.hpp"

#include <charconv>

namespace lockstep::api {

std::expected<std::optional<ChunkedBody>, HeadError> decode_chunked(std::string_view received, const Limits& limits) {
  const auto malformed = std::unexpected(HeadError{400, "bad-request", "the chunked body is malformed"});
  constexpr std::size_t longest_size_line = 8;
  ChunkedBody out;
  while (true) {
    const auto rest = received.substr(out.wire_bytes);
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos && rest.size() > longest_size_line + 1) return malformed;
    if (end == std::string_view::npos) return std::nullopt;
    if (end == 0 || end > longest_size_line) return malformed;
    std::size_t size = 0;
    const auto line = rest.substr(0, end);
    const auto [last, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (error != std::errc{} || last != line.data() + line.size()) return malformed;
    if (out.body.size() + size > limits.body_bytes)
      return std::unexpected(HeadError{413, "body-too-large", "the body is too large"});
    if (rest.size() < end + 2 + size + 2) {
      // What follows the data has to be CRLF as soon as it is there.
      if (rest.size() == end + 2 + size + 1 && rest.back() != '\r') return malformed;
      return std::nullopt;
    }
    if (rest.substr(end + 2 + size, 2) != "\r\n") return malformed;
    out.body.append(rest.substr(end + 2, size));
    out.wire_bytes += end + 2 + size + 2;
    if (size == 0) return out;
  }
}

}  // namespace lockstep::api
