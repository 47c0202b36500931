// The strict reader, without sockets: what may be read in two ways is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

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
  std::string name;
  std::string bytes;
  int status;
};

/// Every character of the text is one byte, below 256.
std::string bytes_of(const std::string& utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    bytes += c < 0x80 ? utf8[i] : static_cast<char>((c & 3) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3f));
  }
  return bytes;
}

class Smuggling : public ::testing::TestWithParam<Case> {};

TEST_P(Smuggling, IsRefused) { EXPECT_EQ(verdict(GetParam().bytes), GetParam().status); }

std::vector<Case> corpus() {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/unit/api/smuggling.json");
  std::vector<Case> cases;
  const auto document = nlohmann::json::parse(file);
  for (const auto& one : document["cases"]) {
    std::string bytes;
    for (const auto& part : one["bytes"]) {
      const auto text = (part.is_string() ? part : part[0]).get<std::string>();
      for (auto left = part.is_string() ? 1 : part[1].get<int>(); left > 0; --left) bytes += bytes_of(text);
    }
    cases.push_back({one["name"], bytes, one["status"]});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Corpus, Smuggling, ::testing::ValuesIn(corpus()),
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
