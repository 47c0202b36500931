#include "api/request_head.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lockstep::api {
namespace {

std::unexpected<HeadError> bad(const char* detail, int status = 400, const char* code = "bad-request") {
  return std::unexpected(HeadError{status, code, detail});
}

bool is_token_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// RFC 9110, 5.6.1: members may be empty.
bool is_token_list(std::string_view text) {
  while (true) {
    const auto comma = text.find(',');
    const auto member = trim(text.substr(0, comma));
    if (!member.empty() && !is_token(member)) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

/// The next line without its CRLF; find_head has excluded bare CR and LF.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

std::expected<void, HeadError> parse_request_line(std::string_view line, Head& head, bool& is_1_1,
                                                  const Limits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("the request line is not METHOD TARGET VERSION");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method)) return bad("the method is not a token");
  if (target.size() > limits.uri_bytes) return bad("the target is too long", 414, "uri-too-long");
  if (!target.starts_with('/')) return bad("the target is not a path");
  if (!std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; })) {
    return bad("the target holds a character that has to be encoded");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return version.starts_with("HTTP/") ? bad("only HTTP/1.1 is spoken", 505, "http-version")
                                        : bad("the version is not HTTP");
  }
  head.request.method = method;
  head.target = target;
  is_1_1 = version == "HTTP/1.1";
  return {};
}

std::expected<void, HeadError> parse_fields(std::string_view rest, Head& head, const Limits& limits) {
  std::size_t count = 0;
  while (rest != "\r\n") {
    const auto line = take_line(rest);
    if (++count > limits.header_fields) return bad("too many header fields", 431, "header-too-large");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header line has no colon");
    // Also refuses white space before the colon and folded lines, whose name would begin with it.
    if (!is_token(line.substr(0, colon))) return bad("a header name is not a token");
    const auto value = trim(line.substr(colon + 1));
    const auto is_text = [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= 0x20; };
    if (!std::all_of(value.begin(), value.end(), is_text) || value.find('\x7f') != std::string_view::npos) {
      return bad("a header value holds a control character");
    }
    const auto [at, added] = head.request.headers.try_emplace(lower(line.substr(0, colon)), value);
    if (added) continue;
    static constexpr std::string_view only_once[] = {"content-length", "transfer-encoding", "host",        "expect",
                                                     "if-match",       "last-event-id",     "content-type"};
    if (std::find(std::begin(only_once), std::end(only_once), at->first) != std::end(only_once))
      return bad("a header is there twice that may be there once");
    at->second.append(", ").append(value);
  }
  return {};
}

std::expected<void, HeadError> parse_framing(Head& head, bool is_1_1, const Limits& limits) {
  const auto& headers = head.request.headers;
  const auto length = headers.find("content-length");
  const auto encoding = headers.find("transfer-encoding");
  if (encoding != headers.end()) {
    if (!is_1_1) return bad("Transfer-Encoding in HTTP/1.0");
    if (length != headers.end()) return bad("Transfer-Encoding and Content-Length");
    if (encoding->second != "chunked") return bad("Transfer-Encoding is not exactly chunked");
    head.chunked = true;
  }
  if (length != headers.end()) {
    const auto& text = length->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), head.content_length);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
      return bad("Content-Length is not a number");
    if (head.content_length > limits.body_bytes) return bad("the body is too large", 413, "body-too-large");
  }
  return {};
}

}  // namespace

std::expected<std::optional<std::size_t>, HeadError> find_head(std::string_view received, const Limits& limits) {
  const auto end = received.find("\r\n\r\n");
  const auto head = received.substr(0, end == std::string_view::npos ? end : end + 4);
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\0') return bad("a NUL byte in the head");
    if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) return bad("a line feed without carriage return");
    if (head[i] == '\r' && i + 1 < head.size() && head[i + 1] != '\n')
      return bad("a carriage return without line feed");
  }
  if (head.starts_with("\r\n")) return bad("an empty line before the request");
  if (end != std::string_view::npos && head.size() <= limits.header_bytes) return head.size();
  // A target that is too long is said so, although the head is too long as well.
  if (received.size() > limits.uri_bytes + 64 &&
      received.substr(0, limits.uri_bytes + 64).find("\r\n") == std::string_view::npos) {
    return bad("the target is too long", 414, "uri-too-long");
  }
  if (head.size() > limits.header_bytes) return bad("the header is too large", 431, "header-too-large");
  return std::nullopt;
}

std::expected<Head, HeadError> parse_head(std::string_view text, const Limits& limits) {
  Head head;
  head.wire = text;
  bool is_1_1 = false;
  auto rest = text;
  if (auto line = parse_request_line(take_line(rest), head, is_1_1, limits); !line)
    return std::unexpected(line.error());
  if (auto fields = parse_fields(rest, head, limits); !fields) return std::unexpected(fields.error());
  if (auto framing = parse_framing(head, is_1_1, limits); !framing) return std::unexpected(framing.error());
  if (is_1_1 && !head.request.headers.contains("host")) return bad("no Host");
  for (const auto* name : {"connection", "proxy-connection"})
    if (!is_token_list(head.request.header(name))) return bad("Connection is not a list of tokens");
  const auto connection = lower(head.request.header("connection"));
  head.keep_alive = is_1_1 && connection.find("close") == std::string::npos;
  if (const auto expect = head.request.headers.find("expect"); expect != head.request.headers.end()) {
    if (lower(expect->second) != "100-continue")
      return bad("an expectation that is not 100-continue", 417, "expectation");
    head.expects_continue = true;
  }
  return head;
}

}  // namespace lockstep::api
