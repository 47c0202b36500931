// Answers that are held back, and what peers and operators read.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "api/prefer.hpp"
#include "api/server.hpp"
#include "tests/unit/api/raw_client.hpp"
#include "tests/unit/api/world.hpp"

namespace lockstep::api {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TEST(Prefer, OnlyAWaitThatMakesSenseCounts) {
  for (const auto& [text, seconds] : std::vector<std::pair<const char*, int>>{{"wait=25", 25},
                                                                              {"wait=1", 1},
                                                                              {"WAIT = \"7\"", 7},
                                                                              {"wait=90", 25},
                                                                              {"respond-async, wait=3; x=1", 3},
                                                                              {"wait=3, wait=4", 3}})
    EXPECT_EQ(preferred_wait(text), std::chrono::seconds(seconds)) << text;
  for (const char* text : {"", "wait", "wait=", "wait=0", "wait=-1", "wait=1.5", "waiting=3", "wait=x", "respond-async",
                           "wait=99999999999"})
    EXPECT_EQ(preferred_wait(text), std::nullopt) << text;
}

class LongPoll : public ::testing::Test {
 protected:
  LongPoll() {
    options.listen = "127.0.0.1:0";
    options.metrics = "127.0.0.1:0";
  }
  void start() {
    auto started = Server::start(options, world.handlers());
    ASSERT_TRUE(started.has_value()) << started.error().text();
    server = std::move(*started);
  }
  std::string etag_of(const std::string& target) { return ask(server->port(), "GET", target).headers.at("etag"); }
  /// Asks for what it knows already; the answer is not read yet.
  std::unique_ptr<RawClient> wait_for(const std::string& target, const std::string& etag, const char* wait = "25") {
    auto client = std::make_unique<RawClient>(server->port());
    client->send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: " + etag +
                 "\r\nPrefer: wait=" + wait + "\r\n\r\n");
    return client;
  }
  /// By order, not by time: whatever came before on other connections was taken in once this is answered.
  void barrier() {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(server->port(), "GET", "/livez").status, 200);
  }
  static bool silent(RawClient& client) {
    char byte = 0;
    const bool nothing = ::recv(client.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
    errno = 0;  // RawClient::closed() reads it
    return nothing;
  }
  void sign(std::uint8_t signer) {
    world.set([&](view::Snapshot& snapshot) {
      auto plan = *snapshot.state.plans.at(hash_of(0xab, 1));
      coordinator::Attestation one;
      one.statement = {coordinator::Kind::switch_version, 1, plan.plan.hash, {}, {}, {}};
      one.signer.bytes[0] = signer;
      one.signature = Bytes(65, signer);
      plan.attestations[one.statement.kind][one.signer] = one;
      snapshot.state.plans[plan.plan.hash] = std::make_shared<const coordinator::PlanState>(plan);
    });
    server->notify();
  }
  /// Something that no attestation is about.
  void move_head() {
    world.set([](view::Snapshot& snapshot) { ++snapshot.chains["alpha"].head.num; });
    server->notify();
  }

  World world;
  Options options;
  std::unique_ptr<Server> server;
  const std::string attestations = "/api/v1/attestations?plan=ab000000";
};

TEST_F(LongPoll, AnAnswerIsHeldUntilTheViewChanges) {
  start();
  for (const std::string target : {"/api/v1/status", "/api/v1/plans/ab000000", "/api/v1/plans"}) {
    const auto client = wait_for(target, etag_of(target));
    barrier();
    EXPECT_TRUE(silent(*client)) << target;
    move_head();
    const auto answer = client->read();
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.headers.at("preference-applied"), "wait=25");
    client->send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client->read().status, 200) << "the connection goes on";
  }
}

TEST_F(LongPoll, AttestationsAreHeldUntilThereIsAnotherOne) {
  start();
  const auto first = ask(server->port(), "GET", attestations);
  const auto etag = first.headers.at("etag");
  EXPECT_EQ(etag, "\"1700000000000-1-a\"");
  const auto client = wait_for(attestations, etag);
  barrier();
  for (int i = 0; i < 5; ++i) {
    move_head();
    barrier();
  }
  EXPECT_TRUE(silent(*client)) << "heads are none of a peer's business";
  EXPECT_EQ(ask(server->port(), "GET", attestations, "If-None-Match: " + etag + "\r\n").status, 304);
  sign(9);
  const auto answer = client->read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("etag"), "\"1700000000000-2-a\"");
  EXPECT_EQ(json::parse(answer.body)["attestations"].size(), 2U);
}

TEST_F(LongPoll, WithoutAnEtagThatHoldsTheAnswerIsThereAtOnce) {
  start();
  const auto fresh = ask(server->port(), "GET", "/api/v1/status", "Prefer: wait=25\r\n");
  EXPECT_EQ(fresh.status, 200);
  EXPECT_EQ(fresh.headers.at("preference-applied"), "wait=25");
  EXPECT_EQ(wait_for("/api/v1/status", "\"old\"")->read().status, 200);
  const auto plain =
      ask(server->port(), "GET", "/api/v1/status", "If-None-Match: " + etag_of("/api/v1/status") + "\r\n");
  EXPECT_EQ(plain.status, 304);
  EXPECT_FALSE(plain.headers.contains("preference-applied"));
  EXPECT_EQ(wait_for("/api/v1/plans/00000000", "\"x\"")->read().status, 404);
}

TEST_F(LongPoll, TheWaitEndsByItself) {
  start();
  const auto answer = wait_for("/api/v1/status", etag_of("/api/v1/status"), "1")->read(false);
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.headers.at("preference-applied"), "wait=1");
  const auto metrics = ask(server->metrics_port(), "GET", "/metrics").body;
  const std::string fast = "lockstep_http_request_duration_seconds_bucket{route=\"/api/v1/status\",le=\"0.5\"} 2";
  EXPECT_NE(metrics.find(fast), std::string::npos) << "what a client wanted to wait is not our latency";
}

TEST_F(LongPoll, AClientThatSendsMoreOrLeavesEndsItsWait) {
  options.limits.waiters = 1;
  start();
  const auto etag = etag_of("/api/v1/status");
  const auto client = wait_for("/api/v1/status", etag);
  barrier();
  client->send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client->read(false).status, 304);
  EXPECT_EQ(client->read().status, 200);
  wait_for("/api/v1/status", etag);  // and goes away
  barrier();
  const auto next = wait_for("/api/v1/status", etag);
  barrier();
  EXPECT_TRUE(silent(*next)) << "the only place is free again";
}

TEST_F(LongPoll, BeyondTheirLimitClientsAreNotHeld) {
  options.limits.waiters_per_address = 2;
  start();
  const auto etag = etag_of("/api/v1/status");
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 2; ++i) held.push_back(wait_for("/api/v1/status", etag));
  barrier();
  barrier();
  const auto refused = wait_for("/api/v1/status", etag)->read(false);
  EXPECT_EQ(refused.status, 304);
  EXPECT_FALSE(refused.headers.contains("preference-applied")) << "the client sees that it must pause by itself";
  for (const auto& client : held) EXPECT_TRUE(silent(*client));
  server->stop();
  for (const auto& client : held) EXPECT_TRUE(client->closed()) << "dropped, not waited for";
}

TEST_F(LongPoll, BothSidesOfAnEquivocationAreServed) {
  world.set([](view::Snapshot& snapshot) {
    auto plan = *snapshot.state.plans.at(hash_of(0xab, 1));
    auto other = plan.attestations.at(coordinator::Kind::vote_old).begin()->second;
    other.signature = Bytes(65, 8);
    plan.equivocations[coordinator::Kind::vote_old][other.signer] = other;
    plan.stage = coordinator::Stage::closed_old;
    snapshot.state.plans[plan.plan.hash] = std::make_shared<const coordinator::PlanState>(plan);
  });
  start();
  const auto page = json::parse(ask(server->port(), "GET", attestations).body);
  EXPECT_EQ(page["attestations"].size(), 2U) << "of an ended plan, too";
  EXPECT_EQ(etag_of(attestations), "\"1700000000000-2-a\"");
}

TEST_F(LongPoll, AChainOfWhichNoEndpointAnswersIsWhatThePlanWaitsFor) {
  const auto plan = hash_of(0xab, 1);
  const auto waiting_with = [&](bool second_up) {
    world.set([&](view::Snapshot& snapshot) {
      auto& health = snapshot.chains["alpha"];
      health.chain = "alpha";
      health.endpoints = {{.name = "one", .last_error = "timed out"},
                          {.name = "two", .up = second_up, .last_error = "refused"}};
      auto state = *snapshot.state.plans.at(plan);
      state.waiting = {coordinator::Waiting::finality, 0, 0, "halt on alpha is seen but not final", "it is final"};
      snapshot.state.plans[plan] = std::make_shared<const coordinator::PlanState>(state);
    });
  };
  const auto shown = [&] {
    return json::parse(ask(server->port(), "GET", "/api/v1/status").body)["plans"][0]["waiting_on"];
  };
  waiting_with(true);
  start();
  EXPECT_EQ(shown()["code"], "finality");
  waiting_with(false);
  EXPECT_EQ(shown()["code"], "chain_unreachable");
  EXPECT_EQ(shown()["detail"],
            "no endpoint of alpha answers (one: timed out; two: refused); then finality: halt on alpha is seen but not "
            "final");
  EXPECT_EQ(shown()["unblocks_when"], "an endpoint of alpha answers");
  const auto metrics = ask(server->metrics_port(), "GET", "/metrics").body;
  EXPECT_NE(metrics.find("lockstep_waiting{plan=\"ab000000\",chain=\"alpha\",reason=\"chain_unreachable\"} 1"),
            std::string::npos);
}

TEST_F(LongPoll, PeersAndWhoWasHeardAreShown) {
  const auto plan = hash_of(0xab, 1);
  Address peer;
  peer.bytes[0] = 7;
  world.set([&](view::Snapshot& snapshot) {
    auto& shown = snapshot.peers[peer];
    shown.health = {peer, false, 12, 2, "timed out", 0.25};
    shown.heard.insert(plan);
    snapshot.hearing[plan] = {1, 2};
    auto state = *snapshot.state.plans.at(plan);
    state.waiting.code = coordinator::Waiting::signatures;
    state.waiting.detail = "1 of 3";
    snapshot.state.plans[plan] = std::make_shared<const coordinator::PlanState>(state);
  });
  start();
  const auto status = json::parse(ask(server->port(), "GET", "/api/v1/status").body);
  const auto& shown = status["peers"][0];
  EXPECT_EQ(shown["address"], to_hex(peer));
  EXPECT_EQ(shown["up"], false);
  EXPECT_EQ(shown["heard"], json::array({"ab000000"}));
  EXPECT_EQ(shown["attestations"], 0);
  EXPECT_EQ(shown["last_error"], "timed out");
  EXPECT_EQ(status["plans"][0]["peers"], (json{{"heard", 1}, {"needed", 2}, {"enough", false}}));
  EXPECT_EQ(status["plans"][0]["waiting_on"]["detail"],
            "1 of 3; we sign once 2 peers were heard since our start, so far 1");
  const auto metrics = ask(server->metrics_port(), "GET", "/metrics").body;
  EXPECT_NE(metrics.find("lockstep_peer_up{peer=\"" + to_hex(peer) + "\"} 0"), std::string::npos);
  EXPECT_NE(metrics.find("lockstep_peer_requests_total{peer=\"" + to_hex(peer) + "\",outcome=\"failed\"} 2"),
            std::string::npos);
}

}  // namespace
}  // namespace lockstep::api
