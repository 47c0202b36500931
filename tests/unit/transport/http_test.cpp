#include "adapters/transport/http.hpp"

#include <gtest/gtest.h>

#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::transport {
namespace {

using tests::FakeServer;

HttpClient::Reply post_once(const std::string& url, std::uint32_t timeout_ms = 5000,
                            std::size_t cap = max_response_bytes) {
  HttpClient client({url}, timeout_ms, cap);
  return client.post({{0, "[]"}})[0];
}

TEST(Http, KeepsOneConnectionForManyPosts) {
  FakeServer server([](const std::string& body) { return FakeServer::Reply{.body = "got " + body}; });
  HttpClient client({server.url()}, 5000);
  for (int i = 0; i < 5; ++i) EXPECT_EQ("got " + std::to_string(i), client.post({{0, std::to_string(i)}})[0].value());
  EXPECT_EQ(1U, server.connections());
}

TEST(Http, AsksLanesAtTheSameTimeAndOneSilentLaneCostsOnlyItself) {
  FakeServer good([](const std::string&) { return FakeServer::Reply{.body = "good"}; });
  FakeServer silent([](const std::string&) { return FakeServer::Reply{.silent = true}; });
  HttpClient client({silent.url(), good.url()}, 200);
  const auto replies = client.post({{0, "a"}, {1, "b"}});
  ASSERT_FALSE(replies[0].has_value());
  EXPECT_EQ(FailureKind::timeout, replies[0].error().kind);
  EXPECT_EQ("good", replies[1].value());
}

TEST(Http, FollowsNoRedirect) {
  FakeServer server([](const std::string&) {
    return FakeServer::Reply{.status = 302, .headers = "Location: http://127.0.0.1:1/\r\n"};
  });
  const auto reply = post_once(server.url());
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ("HTTP status 302", to_text(reply.error()));
}

TEST(Http, ReportsTheStatus) {
  FakeServer server([](const std::string&) { return FakeServer::Reply{.status = 429, .body = "slow down"}; });
  EXPECT_EQ("HTTP status 429", to_text(post_once(server.url()).error()));
}

TEST(Http, CapsTheAnswer) {
  FakeServer server([](const std::string&) { return FakeServer::Reply{.body = std::string(2000, 'x')}; });
  EXPECT_EQ(2000U, post_once(server.url(), 5000, 2000).value().size());
  EXPECT_EQ(FailureKind::too_large, post_once(server.url(), 5000, 1999).error().kind);
}

TEST(Http, RefusesOtherSchemesAndNeverNamesTheUrl) {
  for (const auto* url : {"file:///etc/hostname", "ftp://127.0.0.1/secret-key", "http://127.0.0.1:1/secret-key"}) {
    const auto reply = post_once(url);
    ASSERT_FALSE(reply.has_value()) << url;
    EXPECT_EQ(FailureKind::unreachable, reply.error().kind);
    EXPECT_EQ(std::string::npos, to_text(reply.error()).find("secret-key"));
    EXPECT_EQ(std::string::npos, to_text(reply.error()).find("127.0.0.1"));
  }
}

TEST(Http, CanBeInterruptedFromAnotherThread) {
  std::atomic<bool> asked{false};
  FakeServer silent([&](const std::string&) {
    asked = true;
    asked.notify_all();
    return FakeServer::Reply{.silent = true};
  });
  HttpClient client({silent.url()}, 60'000);
  std::thread other([&] {
    asked.wait(false);
    client.interrupt();
  });
  EXPECT_EQ(FailureKind::stopped, client.post({{0, "x"}})[0].error().kind);
  other.join();
}

}  // namespace
}  // namespace lockstep::transport
