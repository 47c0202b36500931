#include "adapters/transport/http.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
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

// gzip of five and of 100,000 times "x".
constexpr const char* packed = "0x1f8b0800000000000203aba800020078e7d14205000000";
constexpr const char* packed_bomb =
    "0x1f8b0800000000000203edc13101000000c2a0da8b6f0d0fa00000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000805703711107fea0860100";

/// Always packed, whether that was asked for or not.
FakeServer::Handler sends(const char* hex) {
  const auto bytes = bytes_from_hex(hex).value();
  return [body = std::string(bytes.begin(), bytes.end())](const std::string&) {
    return FakeServer::Reply{.body = body, .headers = "Content-Encoding: gzip\r\n"};
  };
}

std::string from_elsewhere(const FakeServer& server) {  // by a name that is not known to be this machine's
  return "http://node.localhost:" + std::to_string(server.port()) + "/";
}

TEST(Http, UnpacksWhatComesFromAnotherMachineAndAsksThisOneForNoPacking) {
  FakeServer server(sends(packed));
  EXPECT_EQ("xxxxx", post_once(from_elsewhere(server)).value());
  EXPECT_EQ(23U, post_once(server.url()).value().size());
}

TEST(Http, CapsWhatComesOutOfAPackedAnswer) {
  FakeServer server(sends(packed_bomb));
  EXPECT_EQ(100'000U, post_once(from_elsewhere(server), 5000, 100'000).value().size());
  EXPECT_EQ(FailureKind::too_large, post_once(from_elsewhere(server), 5000, 99'999).error().kind);
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
