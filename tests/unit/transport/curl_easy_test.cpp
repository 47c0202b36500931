#include "adapters/transport/curl_easy.hpp"

#include <gtest/gtest.h>

#include "adapters/transport/http_once.hpp"
#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::transport {
namespace {

TEST(Place, IsWhereLibcurlWouldGo) {
  EXPECT_EQ("https", place_of("https://user:secret@signer.example:9000/path?key=1")->scheme);
  EXPECT_EQ("signer.example", place_of("https://user:secret@signer.example:9000/path")->host);
  EXPECT_FALSE(place_of("http://"));
  EXPECT_FALSE(place_of(""));
  for (const auto* here : {"http://localhost", "http://127.0.0.1:8550/x", "http://[::1]:1", "smtp://localhost:25"})
    EXPECT_TRUE(stays_here(here)) << here;
  for (const auto* away : {"http://localhost@10.0.0.1/", "http://127.0.0.1.example.com/", "http://10.0.0.1", "nothing"})
    EXPECT_FALSE(stays_here(away)) << away;
}

TEST(AskOnce, TellsTheStatusAndFollowsNoRedirect) {
  std::string got;
  tests::FakeServer server([&](const std::string& body) -> tests::FakeServer::Reply {
    got = body;
    return {.status = 302, .body = "elsewhere", .headers = "Location: http://127.0.0.1:1/\r\n"};
  });
  const auto answer = ask_once({.url = server.url(), .body = "question"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(302, answer->status);
  EXPECT_EQ("elsewhere", answer->body);
  EXPECT_EQ("question", got);
}

TEST(AskOnce, EndsWhatIsTooLongTooLateOrGivenUp) {
  tests::FakeServer long_winded(
      [](const std::string&) -> tests::FakeServer::Reply { return {.body = std::string(200, 'x')}; });
  EXPECT_EQ(FailureKind::too_large, ask_once({.url = long_winded.url(), .body = "", .cap = 100}).error().kind);
  tests::FakeServer silent([](const std::string&) -> tests::FakeServer::Reply { return {.silent = true}; });
  const auto late = ask_once({.url = silent.url(), .body = "", .timeout_ms = 100});
  EXPECT_EQ(FailureKind::timeout, late.error().kind);
  EXPECT_EQ(std::string::npos, to_text(late.error()).find("leak"));
  const std::atomic<bool> given_up = true;
  EXPECT_EQ(FailureKind::stopped,
            ask_once({.url = silent.url(), .body = "", .timeout_ms = 60'000, .given_up = &given_up}).error().kind);
}

}  // namespace
}  // namespace lockstep::transport
