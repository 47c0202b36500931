// The head of an HTTP request. Whatever is accepted here, Boost.Beast accepts with the same method, target and framing,
// so that a proxy which reads like it never sees another request than we do.
#include <boost/beast/http.hpp>
#include <charconv>

#include "api/request_head.hpp"
#include "tests/fuzz/input.hpp"

namespace lockstep::fuzz {
namespace {

namespace http = boost::beast::http;

void compare(std::string_view text, const api::Head& head, const api::Limits& limits) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(2 * limits.header_bytes));
  boost::system::error_code error;
  parser.eager(false);
  const auto used = parser.put(boost::asio::buffer(text.data(), text.size()), error);
  LOCKSTEP_ASSERT(!error && used == text.size() && parser.is_header_done());
  const auto& other = parser.get();
  LOCKSTEP_ASSERT(other.method_string() == head.request.method && other.target() == head.target);
  LOCKSTEP_ASSERT(parser.chunked() == head.chunked);
  const auto length = parser.content_length();
  LOCKSTEP_ASSERT((length ? *length : 0) == head.content_length);
  for (const auto& [name, value] : head.request.headers) LOCKSTEP_ASSERT(other.find(name) != other.end());
}

}  // namespace
}  // namespace lockstep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  fuzz::Input input(data, size);
  const auto received = input.text();
  const api::Limits limits;
  const auto length = api::find_head(received, limits);
  if (!length || !*length) return 0;
  LOCKSTEP_ASSERT(**length <= received.size() && **length <= limits.header_bytes);
  const auto text = received.substr(0, **length);
  LOCKSTEP_ASSERT(text.ends_with("\r\n\r\n") && text.find("\r\n\r\n") == text.size() - 4);
  const auto head = api::parse_head(text, limits);
  if (!head) return 0;
  LOCKSTEP_ASSERT(!head->chunked || head->content_length == 0);
  LOCKSTEP_ASSERT(head->content_length <= limits.body_bytes && head->target.size() <= limits.uri_bytes);
  fuzz::compare(text, *head, limits);
  return 0;
}
