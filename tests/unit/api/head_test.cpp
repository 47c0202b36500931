// The strict reader, without sockets: what may be read in two ways is refused.
#include <gtest/gtest.h>

#include "api/body.hpp"
#include "api/request_head.hpp"
#include "api/target.hpp"

namespace lockstep::api {
namespace {

/// Status of the refusal, 0 if accepted, -1 if more bytes are needed.
int verdict(const std::string& bytes) {
  const Limits limits;
  const auto found = find_head(bytes, limits);
  if (!found) return found.error().status;
  if (!*found) return -1;
  const auto head = parse_head(std::string_view(bytes).substr(0, **found), limits);
  return head ? 0 : head.error().status;
}

std::string post(const std::string& headers) { return "POST /api/v1/plans HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n"; }

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

class Smuggling : public ::testing::TestWithParam<Case> {};

TEST_P(Smuggling, IsRefused) { EXPECT_EQ(verdict(GetParam().bytes), GetParam().status); }

INSTANTIATE_TEST_SUITE_P(
    Corpus, Smuggling,
    ::testing::Values(
        Case{"te_and_cl", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        Case{"cl_and_te", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        Case{"two_equal_cl", post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Case{"two_different_cl", post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        Case{"cl_list", post("Content-Length: 5, 5\r\n"), 400}, Case{"cl_plus", post("Content-Length: +5\r\n"), 400},
        Case{"cl_minus", post("Content-Length: -5\r\n"), 400}, Case{"cl_hex", post("Content-Length: 0x5\r\n"), 400},
        Case{"cl_empty", post("Content-Length:\r\n"), 400}, Case{"cl_text", post("Content-Length: 5 5\r\n"), 400},
        Case{"cl_overflow", post("Content-Length: 18446744073709551617\r\n"), 400},
        Case{"cl_large", post("Content-Length: 65537\r\n"), 413},
        Case{"te_identity", post("Transfer-Encoding: identity\r\n"), 400},
        Case{"te_gzip_chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 400},
        Case{"te_chunked_chunked", post("Transfer-Encoding: chunked, chunked\r\n"), 400},
        Case{"te_twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Case{"te_case", post("Transfer-Encoding: Chunked\r\n"), 400},
        Case{"te_quoted", post("Transfer-Encoding: \"chunked\"\r\n"), 400},
        Case{"te_xchunked", post("Transfer-Encoding: xchunked\r\n"), 400},
        Case{"te_vertical_tab",
             post("Transfer-Encoding: \x0b"
                  "chunked\r\n"),
             400},
        Case{"te_space_before_colon", post("Transfer-Encoding : chunked\r\n"), 400},
        Case{"te_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Case{"folded", post("X: a\r\n b\r\n"), 400}, Case{"folded_te", post("Transfer-Encoding:\r\n chunked\r\n"), 400},
        Case{"bare_lf_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
        Case{"bare_lf_header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
        Case{"bare_cr", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
        Case{"nul_in_value", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28), 400},
        Case{"nul_in_target", std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 28), 400},
        Case{"delete_in_value", "GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", 400},
        Case{"empty_line_first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"space_first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"no_colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
        Case{"empty_name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
        Case{"space_in_name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n", 400},
        Case{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        Case{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Case{"absolute_target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"space_in_target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"high_byte_in_target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"no_version", "GET /\r\nHost: a\r\n\r\n", 400}, Case{"http_2", "PRI * HTTP/2.0\r\nHost: a\r\n\r\n", 400},
        Case{"http_1_2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        Case{"http_lower", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"method_with_colon", "G:T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Case{"expectation", post("Expect: 200-ok\r\nContent-Length: 5\r\n"), 417},
        Case{"long_target", "GET /" + std::string(4096, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        Case{"endless_target", "GET /" + std::string(5000, 'a'), 414},
        Case{"large_header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8192, 'a') + "\r\n\r\n", 431},
        Case{"endless_header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8192, 'a'), 431},
        Case{"many_headers",
             "GET / HTTP/1.1\r\nHost: a\r\n" +
                 [] {
                   std::string many;
                   for (int i = 0; i < 100; ++i) many += "X: y\r\n";
                   return many;
                 }() +
                 "\r\n",
             431}),
    [](const auto& named) { return named.param.name; });

TEST(RequestHead, WhatIsRightIsRead) {
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 0);
  EXPECT_EQ(verdict("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(verdict(post("Transfer-Encoding: chunked\r\n")), 0);
  EXPECT_EQ(verdict(post("Content-Length: 65536\r\n")), 0);
  EXPECT_EQ(verdict("GET /" + std::string(4095, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, , x-token\r\n\r\n"), 0);
  EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\nConnection: close; x\r\n\r\n"), 400) << "Beast refuses it, too";
  const std::string text = "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-A:  one \r\nx-a: two\r\nConnection: close\r\n\r\n";
  for (std::size_t length = 0; length < text.size(); ++length) EXPECT_EQ(verdict(text.substr(0, length)), -1) << length;
  const auto head = parse_head(text, Limits{});
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->target, "/a?b=c");
  EXPECT_EQ(head->request.header("x-a"), "one, two");
  EXPECT_FALSE(head->keep_alive);
}

TEST(ChunkedBody, OnlyTheStrictFormIsRead) {
  const auto status = [](const std::string& bytes) {
    const auto body = decode_chunked(bytes, Limits{});
    if (!body) return body.error().status;
    return *body ? 0 : -1;
  };
  const std::string good = "4\r\nwiki\r\nA\r\n0123456789\r\n0\r\n\r\n";
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_EQ(status(good.substr(0, length)), -1) << length;
  const auto body = decode_chunked(good + "GET", Limits{});
  ASSERT_TRUE(body && *body);
  EXPECT_EQ((*body)->body, "wiki0123456789");
  EXPECT_EQ((*body)->wire_bytes, good.size());
  for (const char* bad : {"4;a=b\r\nwiki\r\n0\r\n\r\n", "4 \r\nwiki\r\n0\r\n\r\n", "\r\nwiki", "0x4\r\nwiki",
                          "-4\r\nwiki", "4\r\nwikipedia\r\n0\r\n\r\n", "4\r\nwiki\n0\r\n\r\n", "4\nwiki\n0\n\n",
                          "000000004\r\nwiki", "0\r\nTrailer: a\r\n\r\n", "g\r\n"}) {
    const std::string text(bad);
    EXPECT_TRUE(status(text) == 400 || status(text + "xxxxxxxxxxxx") == 400) << bad;
  }
  EXPECT_EQ(status("10001\r\n"), 413);
}

TEST(Target, EscapesAndQueriesAreReadOnce) {
  const auto target = parse_target("/api/v1/plans/0x%61b?state=open&after=a%20b+c");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/api/v1/plans/0xab");
  EXPECT_EQ(target->query.at("after"), "a b c");
  for (const char* bad : {"/%", "/%4", "/%zz", "/%00", "/%2f", "/%0a", "/a?x=1&x=2", "/a?x=%"})
    EXPECT_FALSE(parse_target(bad).has_value()) << bad;
}

TEST(Host, OnlyOurOwnNames) {
  for (const char* good : {"localhost", "LOCALHOST:8780", "127.0.0.1", "127.0.0.1:1", "[::1]:8780", "ops.example:443"})
    EXPECT_TRUE(host_allowed(good, {"ops.example"})) << good;
  for (const char* bad : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil",
                          "localhost:", "localhost:x", "evil:localhost", "[::2]"}) {
    EXPECT_FALSE(host_allowed(bad, {"ops.example"})) << bad;
  }
}

}  // namespace
}  // namespace lockstep::api
