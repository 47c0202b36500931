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
  std::size_t most_calls = 1000;
  std::atomic<bool> broken{false}, silent{false}, busy{false}, wait{false};
  FakeServer server{[this](const std::string& body) {
    if (broken) return FakeServer::Reply{.status = 503};
    if (busy) return FakeServer::Reply{.status = 429, .headers = "Retry-After: 60\r\n"};
    if (silent) return FakeServer::Reply{.silent = true};
    wait.wait(true);
    const auto asked = json::parse(body);
    if (asked.is_array() && asked.size() > most_calls)
      return FakeServer::Reply{.body = R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"batch too large"}})"};
    return tests::rpc_handler([this](const std::string& method, const json&) -> json {
      if (method == "eth_chainId") return chain_id;
      if (method == "eth_getBlockByNumber") return {{"hash", anchor}};
      return answer;
    })(body);
  }};
  void go() {
    wait = false;
    wait.notify_all();
  }
};

EndpointPool pool_of(const std::vector<Endpoint*>& endpoints, std::uint32_t quorum, std::uint32_t timeout_ms = 5000) {
  std::vector<EndpointUrl> urls;
  for (const auto* endpoint : endpoints) urls.push_back({"e" + std::to_string(urls.size()), endpoint->server.url()});
  return EndpointPool(urls, {.chain_id = 1,
                             .quorum = quorum,
                             .timeout_ms = timeout_ms,
                             .backoff_min_ms = 1,
                             .backoff_max_ms = 1,
                             .distrust_min_ms = 1,
                             .distrust_max_ms = 1});
}

const std::vector<RpcCall> one_call{{"eth_blockNumber"}};

/// Lets answers come in, and asks again who is due, until it is so.
void settle(EndpointPool& pool, const std::function<bool()>& is_so) {
  const auto deadline = EndpointPool::Clock::now() + std::chrono::seconds(60);
  while (!is_so() && EndpointPool::Clock::now() < deadline) {
    pool.connect();
    pool.rest(std::min(pool.next_retry(), EndpointPool::Clock::now() + std::chrono::milliseconds(5)));
  }
  EXPECT_TRUE(is_so());
}

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
  settle(pool, [&] { return pool.status()[1].up && pool.status()[2].up && pool.status()[0].disagreements > 0; });
  EXPECT_EQ("wrong chain: hash of block 0 expected 0xaa, got 0xbb", pool.status()[0].last_error);
  EXPECT_FALSE(pool.status()[0].up);
}

TEST(EndpointPool, ANeverAnsweringEndpointIsNoVote) {
  Endpoint a, b, dead;
  dead.broken = true;
  {
    auto three = pool_of({&a, &b, &dead}, 3);
    EXPECT_FALSE(three.connect()) << "3 of 3 must agree; two are not three";
  }
  auto two = pool_of({&a, &b, &dead}, 2);
  settle(two, [&] { return two.status()[0].up && two.status()[1].up; });
  EXPECT_EQ("0x5", (*two.agreed(one_call))[0].value());
  b.answer = "0x6";
  const auto answers = two.agreed(one_call);
  EXPECT_EQ(FailureKind::disagreement, (*answers)[0].error().kind) << "the denominator stays 3, and no two are equal";
}

TEST(EndpointPool, KEqualAnswersWinOverOneThatDiffers) {
  Endpoint liar, a, b;
  liar.answer = "0x666";
  auto pool = pool_of({&liar, &a, &b}, 2);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up && pool.status()[2].up; });
  EXPECT_EQ("0x5", (*pool.agreed(one_call))[0].value());
}

json refusal(std::int64_t code, const char* message, const json& data) {
  json error{{"code", code}, {"message", message}};
  if (!data.is_discarded()) error["data"] = data;
  return {{"fail", std::move(error)}};
}
const json no_data(json::value_t::discarded);

/// What two of two endpoints agree on, if they do.
RpcAnswer agreed_by(const json& first, const json& second) {
  Endpoint a, b;
  a.answer = first;
  b.answer = second;
  auto pool = pool_of({&a, &b}, 2);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up; });
  return (*pool.agreed({{"eth_call", {{{"to", "0x1"}}, {{"blockHash", "0xaa"}}}}}))[0];
}

TEST(EndpointPool, ARevertIsOneAnswerHoweverAClientTellsIt) {
  const auto geth = refusal(3, "execution reverted", "0x08c379a0");
  for (const auto& other : {
           geth, refusal(-32000, "execution reverted", "0x08c379a0"),      // Nethermind
           refusal(-32015, "VM execution error.", "Reverted 0x08C379A0"),  // Nethermind and OpenEthereum, once
           refusal(-32603, "Internal error", {{"data", "0x08c379a0"}}),    // behind a proxy
       }) {
    const auto answer = agreed_by(geth, other);
    ASSERT_FALSE(answer);
    EXPECT_EQ(FailureKind::rpc, answer.error().kind) << other;
    EXPECT_TRUE(answer.error().reverted);
    EXPECT_EQ("0x08c379a0", answer.error().data) << other;
  }
  const auto empty = refusal(-32000, "execution reverted", no_data);  // geth before go-ethereum#31456
  for (const auto& other : {
           empty,
           refusal(3, "execution reverted", "0x"),
           refusal(3, "execution reverted", nullptr),
           refusal(-32015, "VM execution error.", "Reverted 0x"),
           refusal(-32000, "VM execution error.", "revert: not here"),
           geth,
       }) {
    for (const auto& answer : {agreed_by(empty, other), agreed_by(other, empty)}) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(FailureKind::rpc, answer.error().kind) << other;
      EXPECT_TRUE(answer.error().reverted);
      EXPECT_EQ("", answer.error().data) << "bytes that only one of two gave are not agreed on";
    }
  }
}

TEST(EndpointPool, OtherErrorsAreNoRevertAndOtherBytesAreAnotherOne) {
  const auto revert = refusal(3, "execution reverted", "0x08c379a0");
  for (const auto& other : {
           json("0x"),
           refusal(-32000, "header not found", no_data),
           refusal(-32000, "out of gas", "0x"),  // Nethermind
           refusal(3, "execution reverted", "0x08c379a1"),
       }) {
    EXPECT_EQ(FailureKind::disagreement, agreed_by(revert, other).error().kind) << other;
    EXPECT_EQ(FailureKind::disagreement, agreed_by(other, revert).error().kind) << other;
  }
}

TEST(EndpointPool, AsksTheNextOneWhenTheFirstBreaksAndProvesTheChainAgainAfterwards) {
  Endpoint a, b;
  b.answer = "0x7";
  auto pool = pool_of({&a, &b}, 1);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up; });
  EXPECT_EQ("0x5", (*pool.ask(one_call))[0].value());
  a.broken = true;
  EXPECT_EQ("0x7", (*pool.ask(one_call))[0].value());
  EXPECT_FALSE(pool.status()[0].up);
  EXPECT_EQ("HTTP status 503", pool.status()[0].last_error);
  a.broken = false;
  a.chain_id = "0x9";
  settle(pool, [&] { return pool.status()[0].disagreements > 0; });
  EXPECT_EQ("wrong chain: chain id expected 1, got 9", pool.status()[0].last_error);
}

TEST(EndpointPool, ASilentEndpointDoesNotKeepTheOthersWaiting) {
  Endpoint a, b, silent;
  auto pool = pool_of({&silent, &a, &b}, 2, 600'000);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up && pool.status()[2].up; });
  silent.silent = true;
  for (int i = 0; i < 40; ++i) EXPECT_EQ("0x5", (*pool.agreed(one_call))[0].value());
  EXPECT_TRUE(pool.status()[0].up) << "its time is not over; but it is asked nothing more before it has answered";
}

TEST(EndpointPool, WhatComesLateIsStillCompared) {
  Endpoint a, b, late;
  const std::vector<RpcCall> pinned{{"eth_call", {{{"to", "0x1"}}, {{"blockHash", "0xaa"}}}}};
  auto pool = pool_of({&late, &a, &b}, 2);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up && pool.status()[2].up; });
  late.answer = "0x666";
  late.wait = true;
  EXPECT_EQ("0x5", (*pool.agreed(pinned))[0].value());
  EXPECT_EQ(0U, pool.status()[0].disagreements);
  late.go();
  settle(pool, [&] { return pool.status()[0].disagreements == 1; });
  const auto evidence = pool.take_evidence();
  ASSERT_EQ(1U, evidence.size());
  EXPECT_EQ("e0", evidence[0].endpoint);
  EXPECT_NE(std::string::npos, evidence[0].detail.find("0x666")) << evidence[0].detail;
}

TEST(EndpointPool, AsksForFewerCallsAtOnceWhereABatchIsRefused) {
  Endpoint endpoint;
  endpoint.most_calls = 30;
  auto pool = pool_of({&endpoint}, 1);
  ASSERT_TRUE(pool.connect());
  const auto answers = pool.ask(std::vector<RpcCall>(100, {"eth_blockNumber"}));
  ASSERT_TRUE(answers.has_value());
  EXPECT_EQ(100U, answers->size());
  EXPECT_TRUE(pool.status()[0].up);
}

TEST(EndpointPool, WaitsAsLongAsItIsAskedTo) {
  Endpoint endpoint;
  auto pool = pool_of({&endpoint}, 1);
  ASSERT_TRUE(pool.connect());
  endpoint.busy = true;
  EXPECT_FALSE(pool.ask(one_call).has_value());
  EXPECT_EQ("HTTP status 429", pool.status()[0].last_error);
  EXPECT_GT(pool.next_retry(), EndpointPool::Clock::now() + std::chrono::seconds(30)) << "Retry-After: 60";
}

TEST(EndpointPool, FetchesFromTheNextWhereAnAnswerIsALie) {
  Endpoint liar, honest;
  liar.answer = "0x666";
  auto pool = pool_of({&liar, &honest}, 1);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up; });
  pool.prefer(0);
  std::vector<std::string> good(3);
  const auto done =
      pool.fetch({{one_call}, {one_call}, {one_call}}, 2, [&](std::size_t i, std::string& body, std::size_t) {
        if (body.find("666") != std::string::npos)
          return EndpointPool::Verdict{EndpointPool::Verdict::Kind::lie, "the number of the beast"};
        good[i] = body;
        return EndpointPool::Verdict{};
      });
  ASSERT_TRUE(done.has_value()) << to_text(done.error());
  for (const auto& body : good) EXPECT_NE(std::string::npos, body.find("0x5"));
  EXPECT_EQ("the number of the beast", pool.status()[0].last_error);
}

TEST(EndpointPool, AFetchGoesOnATurnAtATime) {
  Endpoint slow;
  auto pool = pool_of({&slow}, 1);
  ASSERT_TRUE(pool.connect());
  unsigned good = 0;
  const auto judge = [&](std::size_t, std::string&, std::size_t) {
    ++good;
    return EndpointPool::Verdict{};
  };
  slow.wait = true;
  const auto fetch = pool.begin_fetch({{one_call}, {one_call}, {one_call}}, 1);
  EXPECT_FALSE(pool.advance(fetch, EndpointPool::Clock::now(), judge));
  EXPECT_EQ(0U, good);
  slow.go();
  while (!pool.advance(fetch, EndpointPool::Clock::now(), judge))
    pool.rest(EndpointPool::Clock::now() + std::chrono::milliseconds(5));
  EXPECT_EQ(3U, good);
  EXPECT_TRUE(fetch->failed().empty());
}

TEST(EndpointPool, AFetchStopsWhenThereIsEnoughAndTakesMore) {
  Endpoint endpoint;
  auto pool = pool_of({&endpoint}, 1);
  ASSERT_TRUE(pool.connect());
  std::vector<std::size_t> judged;
  const auto judge = [&](std::size_t request, std::string&, std::size_t) {
    judged.push_back(request);
    return EndpointPool::Verdict{};
  };
  constexpr auto whenever = EndpointPool::Clock::time_point::max();
  const auto fetch = pool.begin_fetch({{one_call}, {one_call}, {one_call}}, 1);
  EXPECT_FALSE(pool.advance(fetch, whenever, judge, [&] { return judged.size() == 2; }));
  EXPECT_EQ((std::vector<std::size_t>{0, 1}), judged);
  pool.extend(fetch, {{one_call}, {one_call}}, 2);
  EXPECT_TRUE(pool.advance(fetch, whenever, judge));
  std::ranges::sort(judged);
  EXPECT_EQ((std::vector<std::size_t>{0, 1, 2, 3, 4}), judged);
  pool.extend(fetch, {{one_call}}, 2);
  EXPECT_FALSE(fetch->over());
  EXPECT_TRUE(pool.advance(fetch, whenever, judge));
  EXPECT_EQ(6U, judged.size());
}

TEST(EndpointPool, TellsEveryRequestThatNobodyHasAGoodAnswerTo) {
  Endpoint a, b;
  auto pool = pool_of({&a, &b}, 1);
  settle(pool, [&] { return pool.status()[0].up && pool.status()[1].up; });
  const auto fetch = pool.begin_fetch({{one_call}, {one_call}, {one_call}}, 2);
  EXPECT_TRUE(pool.advance(fetch, EndpointPool::Clock::time_point::max(), [](std::size_t i, std::string&, std::size_t) {
    return i == 1 ? EndpointPool::Verdict{} : EndpointPool::Verdict{EndpointPool::Verdict::Kind::none, "not here"};
  }));
  ASSERT_EQ(2U, fetch->failed().size());
  EXPECT_EQ("malformed answer: not here", to_text(fetch->failed().at(0)));
  EXPECT_EQ("malformed answer: not here", to_text(fetch->failed().at(2)));
  EXPECT_EQ(FailureKind::malformed,
            pool.fetch({{one_call}}, 1,
                       [](std::size_t, std::string&, std::size_t) {
                         return EndpointPool::Verdict{EndpointPool::Verdict::Kind::none, "not here"};
                       })
                .error()
                .kind);
}

TEST(EndpointPool, RemembersTheFirstBlockOfAnEarlierRun) {
  Endpoint endpoint;
  EndpointPool pool({{"e0", endpoint.server.url()}}, {.chain_id = 1, .anchor = "0xcc"});
  EXPECT_FALSE(pool.connect());
  EXPECT_EQ("wrong chain: hash of block 0 expected 0xcc, got 0xaa", pool.status()[0].last_error);
}

TEST(Limit, IsReadFromTheWordsOfManyKindsOfEndpoints) {
  const auto said = [](std::int64_t code, const char* text) {
    return limit_of({.kind = FailureKind::rpc, .detail = text, .code = code});
  };
  EXPECT_EQ(Limit::range, said(-32005, "query returned more than 10000 results"));
  EXPECT_EQ(Limit::range, said(-32602, "Log response size exceeded. this block range should work: [0x1, 0x2]"));
  EXPECT_EQ(Limit::range, said(-32000, "exceed maximum block range: 5000"));
  EXPECT_EQ(Limit::rate, said(429, "Your app has exceeded its compute units per second capacity"));
  EXPECT_EQ(Limit::rate, said(-32005, "daily request count exceeded, request rate limited"));
  EXPECT_EQ(Limit::batch, said(-32600, "batch too large"));
  EXPECT_EQ(Limit::unknown_method, said(-32601, "the method eth_getBlockReceipts does not exist/is not available"));
  EXPECT_EQ(Limit::none, said(-32000, "header not found"));
  EXPECT_EQ(
      Limit::none,
      limit_of(
          {.kind = FailureKind::rpc, .detail = "execution reverted: rate limit exceeded", .code = 3, .reverted = true}))
      << "a contract's words";
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
