#include "adapters/transport/endpoint_pool.hpp"

#include <gtest/gtest.h>

#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::transport {
namespace {

using nlohmann::json;
using tests::FakeServer;

struct Endpoint {
  std::string chain_id = "0x1", anchor = "0xaa";
  json answer = "0x5";
  std::atomic<bool> broken{false};
  FakeServer server{[this](const std::string& body) {
    if (broken) return FakeServer::Reply{.status = 503};
    return tests::rpc_handler([this](const std::string& method, const json&) -> json {
      if (method == "eth_chainId") return chain_id;
      if (method == "eth_getBlockByNumber") return {{"hash", anchor}};
      return answer;
    })(body);
  }};
};

EndpointPool pool_of(const std::vector<Endpoint*>& endpoints, std::uint32_t quorum) {
  std::vector<EndpointUrl> urls;
  for (const auto* endpoint : endpoints) urls.push_back({"e" + std::to_string(urls.size()), endpoint->server.url()});
  return EndpointPool(urls,
                      {.chain_id = 1, .quorum = quorum, .timeout_ms = 5000, .backoff_min_ms = 1, .backoff_max_ms = 1});
}

const std::vector<RpcCall> one_call{{"eth_blockNumber"}};

TEST(EndpointPool, RefusesAnotherChainAndSaysWhich) {
  Endpoint endpoint;
  endpoint.chain_id = "0x2a";
  auto pool = pool_of({&endpoint}, 1);
  EXPECT_FALSE(pool.connect());
  EXPECT_EQ("wrong chain: chain id expected 1, got 42", pool.status()[0].last_error);
  EXPECT_FALSE(pool.ask(one_call).has_value());
}

TEST(EndpointPool, RefusesAnotherFirstBlockThanKEndpointsHave) {
  Endpoint liar, a, b;
  liar.anchor = "0xbb";
  auto pool = pool_of({&liar, &a, &b}, 2);
  EXPECT_TRUE(pool.connect());
  EXPECT_EQ("wrong chain: hash of block 0 expected 0xaa, got 0xbb", pool.status()[0].last_error);
  EXPECT_TRUE(pool.status()[1].up && pool.status()[2].up);
}

TEST(EndpointPool, ANeverAnsweringEndpointIsNoVote) {
  Endpoint a, b, dead;
  dead.broken = true;
  {
    auto three = pool_of({&a, &b, &dead}, 3);
    EXPECT_FALSE(three.connect()) << "3 of 3 must agree; two are not three";
  }
  auto two = pool_of({&a, &b, &dead}, 2);
  EXPECT_TRUE(two.connect());
  EXPECT_EQ("0x5", (*two.agreed(one_call))[0].value());
  b.answer = "0x6";
  const auto answers = two.agreed(one_call);
  EXPECT_EQ(FailureKind::disagreement, (*answers)[0].error().kind) << "the denominator stays 3, and no two are equal";
}

TEST(EndpointPool, KEqualAnswersWinOverOneThatDiffers) {
  Endpoint liar, a, b;
  liar.answer = "0x666";
  auto pool = pool_of({&liar, &a, &b}, 2);
  ASSERT_TRUE(pool.connect());
  EXPECT_EQ("0x5", (*pool.agreed(one_call))[0].value());
}

TEST(EndpointPool, AsksTheNextOneWhenTheFirstBreaksAndProvesTheChainAgainAfterwards) {
  Endpoint a, b;
  b.answer = "0x7";
  auto pool = pool_of({&a, &b}, 1);
  ASSERT_TRUE(pool.connect());
  EXPECT_EQ("0x5", (*pool.ask(one_call))[0].value());
  a.broken = true;
  EXPECT_EQ("0x7", (*pool.ask(one_call))[0].value());
  EXPECT_FALSE(pool.status()[0].up);
  EXPECT_EQ("HTTP status 503", pool.status()[0].last_error);
  a.broken = false;
  a.chain_id = "0x9";
  while (pool.next_retry() > EndpointPool::Clock::now()) std::this_thread::yield();
  pool.connect();
  EXPECT_EQ("wrong chain: chain id expected 1, got 9", pool.status()[0].last_error);
}

TEST(EndpointPool, NeverShowsAUrl) {
  Endpoint endpoint;
  endpoint.broken = true;
  auto pool = pool_of({&endpoint}, 1);
  pool.connect();
  EXPECT_EQ("e0", pool.status()[0].name);
  EXPECT_EQ(std::string::npos, pool.status()[0].last_error.find("must-not-leak"));
}

}  // namespace
}  // namespace lockstep::transport
