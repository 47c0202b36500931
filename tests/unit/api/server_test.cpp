// The server over real sockets.
#include "api/server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "api/routes.hpp"
#include "tests/unit/api/raw_client.hpp"
#include "tests/unit/api/world.hpp"

namespace lockstep::api {
namespace {

using nlohmann::json;

class ApiServer : public ::testing::Test {
 protected:
  ApiServer() {
    folder_ = std::filesystem::temp_directory_path() / ("lockstep-api-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    admin = folder_ / "admin.sock";
    options.listen = "127.0.0.1:0";
    options.metrics = "127.0.0.1:0";
    options.admin = "unix:" + admin;
  }
  ~ApiServer() override {
    server.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    auto started = Server::start(options, world.handlers());
    ASSERT_TRUE(started.has_value()) << started.error().text();
    server = std::move(*started);
    port = server->port();
  }
  json get(const std::string& target) {
    const auto response = ask(port, "GET", target);
    EXPECT_EQ(response.status, 200) << target << response.body;
    return json::parse(response.body, nullptr, false);
  }
  std::string code_of(const RawResponse& response) {
    EXPECT_EQ(response.headers.count("content-type") ? response.headers.at("content-type") : "",
              "application/problem+json");
    return std::to_string(response.status) + " " + json::parse(response.body, nullptr, false).value("code", "?");
  }

  World world;
  Options options;
  std::string admin;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;

 private:
  std::filesystem::path folder_;
};

TEST_F(ApiServer, DescribesExactlyTheRoutesItHas) {
  start();
  const auto document = get("/openapi.json");
  std::set<std::string> described, served;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string line = method + " " + path;
      for (const auto& parameter : operation.value("parameters", json::array())) {
        if (parameter.value("in", "") == "query") line.append(" ").append(parameter["name"].get<std::string>());
      }
      described.insert(line + (operation["tags"][0] == "admin" ? " admin" : ""));
    }
  }
  for (const auto& route : routes()) {
    std::string line = (route.method == "GET" ? "get " : "post ") + std::string(route.pattern);
    for (const auto key : route.query_keys) line.append(" ").append(key);
    served.insert(line + (route.door == Door::admin ? " admin" : ""));
  }
  EXPECT_EQ(described, served);
}

TEST_F(ApiServer, StatusSaysWhatTheSnapshotHolds) {
  start();
  const auto status = get("/api/v1/status");
  EXPECT_EQ(status["schema"], "lockstep.status/1");
  EXPECT_EQ(status["seq"], 3);
  EXPECT_EQ(status["chains"][0]["id"], "alpha");
  EXPECT_EQ(status["chains"][0]["head"]["time"], "2023-11-14T22:23:21Z");
  EXPECT_EQ(status["chains"][0]["endpoints"][0]["requests"], "9007199254740993") << "beyond 2^53 a number is a string";
  EXPECT_EQ(status["mirrors"][0]["instance"], "perps:alpha");
  const auto& plan = status["plans"][0];
  EXPECT_EQ(plan["short_id"], "ab000000");
  EXPECT_EQ(plan["stage"], "halting");
  EXPECT_EQ(plan["waiting_on"]["code"], "finality");
  EXPECT_EQ(plan["waiting_on"]["instance"], "alpha");
  EXPECT_EQ(plan["instances"][0]["phase"], "armed");
  EXPECT_EQ(plan["instances"][0]["halted"], true);
  EXPECT_EQ(plan["instances"][0]["readiness"], "amber");
  EXPECT_EQ(plan["instances"][0]["evidence"], "red");
  EXPECT_TRUE(plan["instances"][0]["soak"].is_null());
  EXPECT_TRUE(plan["instances"][0]["final_block"].is_null());
}

TEST_F(ApiServer, PlansAreFoundByHashOrEightDigits) {
  start();
  const auto full = to_hex(hash_of(0xab, 1));
  for (const auto& id : {full, full.substr(2), std::string("ab000000"), std::string("0xAB000000")})
    EXPECT_EQ(get("/api/v1/plans/" + id)["id"], full) << id;
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans/ab00000")), "400 bad-plan-id");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans/zz000000")), "400 bad-plan-id");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans/ab000001")), "404 unknown-plan");
  world.set([](view::Snapshot& snapshot) {
    auto twin = *snapshot.state.plans.begin()->second;
    twin.plan.hash = hash_of(0xab, 2);
    twin.stage = coordinator::Stage::closed_new;
    twin.plan.epoch = 2;
    snapshot.state.plans[twin.plan.hash] = std::make_shared<const coordinator::PlanState>(twin);
  });
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans/ab000000")), "400 ambiguous-id");
  EXPECT_EQ(get("/api/v1/plans?state=open")["plans"].size(), 1U);
  EXPECT_EQ(get("/api/v1/plans?state=closed_new")["plans"][0]["epoch"], 2);
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans?state=sleeping")), "400 bad-query-value");
  const auto first = ask(port, "GET", "/api/v1/plans?limit=1");
  EXPECT_EQ(json::parse(first.body)["plans"][0]["epoch"], 2);
  ASSERT_TRUE(first.headers.contains("link"));
  const auto& link = first.headers.at("link");
  const auto second = get(link.substr(1, link.find('>') - 1));
  EXPECT_EQ(second["plans"][0]["epoch"], 1);
}

TEST_F(ApiServer, PagesOfOnePlan) {
  world.append(5, 2);  // older lines come from the journal
  start();
  const auto plan = get("/api/v1/plans/ab000000");
  EXPECT_EQ(plan["window"]["halt_at"], "2023-11-14T22:23:20Z");
  EXPECT_EQ(plan["operators"]["threshold"], 1);
  EXPECT_EQ(plan["attestations"][0]["kind"], "vote_old");
  const auto timeline = get("/api/v1/plans/ab000000/timeline")["entries"];
  ASSERT_EQ(timeline.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(timeline[i]["seq"], 2 * i + 1);
  EXPECT_EQ(get("/api/v1/plans/ab000000/readiness")["instances"][0]["rows"][1]["colour"], "amber");
  const auto evidence = get("/api/v1/plans/ab000000/evidence")["instances"][0];
  EXPECT_TRUE(evidence["baseline"].is_null());
  EXPECT_EQ(evidence["evidence"]["rows"][0]["level"], "E3");
  EXPECT_EQ(get("/api/v1/plans/ab000000/manifest")["epoch"], 1);
  EXPECT_EQ(get("/api/v1/attestations?plan=ab000000")["attestations"][0]["signature"].get<std::string>().size(), 132U);
  EXPECT_EQ(get("/api/v1/mirror/perps:alpha/summary")["accounts"], 300);
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/mirror/perps:beta/summary")), "404 unknown-instance");
  EXPECT_EQ(get("/api/v1/chains/alpha")["final"]["num"], 10);
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/chains/beta")), "404 unknown-chain");
  EXPECT_EQ(get("/api/v1/transactions")["transactions"].size(), 0U);
  EXPECT_EQ(get("/api/v1/version")["version"], "0.1.0");
}

TEST_F(ApiServer, TheJournalIsPaged) {
  world.append(10);
  start();
  const auto page = ask(port, "GET", "/api/v1/journal?after=2&limit=4");
  EXPECT_EQ(json::parse(page.body)["lines"][0]["seq"], 3);
  EXPECT_EQ(page.headers.at("link"), "</api/v1/journal?after=6&limit=4>; rel=\"next\"");
  EXPECT_FALSE(ask(port, "GET", "/api/v1/journal?after=10").headers.contains("link"));
  for (const char* bad : {"after=-1", "after=x", "limit=0", "limit=1001", "limit="})
    EXPECT_EQ(code_of(ask(port, "GET", std::string("/api/v1/journal?") + bad)), "400 bad-query-value") << bad;
}

TEST_F(ApiServer, AnUnchangedViewIsNotSentAgain) {
  start();
  const auto first = ask(port, "GET", "/api/v1/status");
  const auto etag = first.headers.at("etag");
  EXPECT_EQ(etag, "\"1700000000000-3-1\"");
  const auto again = ask(port, "GET", "/api/v1/status", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.headers.at("etag"), etag);
  world.set([](view::Snapshot& snapshot) { snapshot.chains["alpha"].head.num = 13; });
  const auto moved = ask(port, "GET", "/api/v1/status", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(moved.status, 200);
  EXPECT_EQ(moved.headers.at("etag"), "\"1700000000000-3-2\"") << "a head moves without a record";
  EXPECT_EQ(ask(port, "HEAD", "/api/v1/status").headers.at("content-length"), std::to_string(moved.body.size()));
}

TEST_F(ApiServer, WhatIsNotThereIsSaidPrecisely) {
  start();
  EXPECT_EQ(code_of(ask(port, "GET", "/nothing")), "404 not-found");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/status?verbose=1")), "400 unknown-query-key");
  EXPECT_EQ(code_of(ask(port, "GET", "/metrics")), "404 not-found") << "metrics have their own listener";
  const auto wrong = ask(port, "DELETE", "/api/v1/status");
  EXPECT_EQ(code_of(wrong), "405 method-not-allowed");
  EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(code_of(ask(port, "GET", "/", "Host: evil.example\r\n")), "400 bad-request") << "two Hosts";
  RawClient rebound(port);
  rebound.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(code_of(rebound.read()), "421 host-not-allowed");
  EXPECT_TRUE(rebound.closed());
}

TEST_F(ApiServer, RefusesAndClosesWhatCouldBeReadInTwoWays) {
  start();
  for (const char* framing : {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                              "Content-Length: 4\r\nContent-Length: 4\r\n", "Transfer-Encoding: xchunked\r\n"}) {
    RawClient client(port);
    client.send(std::string("POST /api/v1/plans HTTP/1.1\r\nHost: localhost\r\n") + framing +
                "\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.read().status, 400) << framing;
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(client.received(), "") << "the smuggled request was answered";
  }
  EXPECT_EQ(ask(port, "GET", std::string("/").append(5000, 'a')).status, 414);
  EXPECT_EQ(ask(port, "GET", "/", "X: " + std::string(9000, 'a') + "\r\n").status, 431);
}

TEST_F(ApiServer, RequestsOnOneConnectionAreAnsweredInOrder) {
  start();
  RawClient client(port);
  client.send(
      "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez "
      "HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 404);
  const auto last = client.read();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(ApiServer, HealthFollowsTheSnapshot) {
  start();
  EXPECT_EQ(ask(port, "GET", "/readyz").status, 200);
  world.set([](view::Snapshot& snapshot) {
    snapshot.ready = false;
    snapshot.not_ready_because = {"no endpoint of chain alpha answers"};
  });
  EXPECT_EQ(ask(port, "GET", "/readyz").status, 503);
  EXPECT_EQ(ask(port, "GET", "/readyz?verbose").body, "not ok\n- no endpoint of chain alpha answers\n");
  EXPECT_EQ(ask(port, "GET", "/startupz").status, 200);
  world.vanish();
  EXPECT_EQ(ask(port, "GET", "/startupz").status, 503);
  EXPECT_EQ(ask(port, "GET", "/livez").status, 200);
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/status")), "503 starting");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/events")), "503 starting");
}

TEST_F(ApiServer, TheDoorForChangesIsTheAdminSocket) {
  start();
  struct stat status {};
  ASSERT_EQ(stat(admin.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(code_of(ask(port, "POST", "/api/v1/plans/ab000000/abort", "", "{}")), "403 admin-only");
  EXPECT_EQ(code_of(ask(port, "POST", "/api/v1/plans", "", "x")), "405 admin-only");
  EXPECT_TRUE(world.commands().empty());

  const auto accepted = ask(admin, "POST", "/api/v1/plans", "", std::string(65'536, 'p'));
  EXPECT_EQ(accepted.status, 200) << accepted.body;
  EXPECT_EQ(json::parse(accepted.body)["short_id"], "cd000000");
  EXPECT_EQ(ask(admin, "POST", "/api/v1/plans", "", std::string(65'537, 'p')).status, 413);
  const auto refused = ask(admin, "POST", "/api/v1/plans", "", "bad");
  EXPECT_EQ(code_of(refused), "422 plan-refused");
  EXPECT_EQ(json::parse(refused.body)["next"], "lockstep plan lint plan.toml");
  EXPECT_EQ(ask(admin, "POST", "/api/v1/plans/ab000000/hold", "", R"({"reason":"maintenance"})").status, 200);
  EXPECT_EQ(ask(admin, "POST", "/api/v1/plans/ab000000/resume").status, 200);
  EXPECT_EQ(code_of(ask(admin, "POST", "/api/v1/plans/ab000000/abort")), "400 reason-missing");
  EXPECT_EQ(code_of(ask(admin, "POST", "/api/v1/plans/ab000000/abort", "", R"({"why":"x"})")), "400 bad-body");
  EXPECT_EQ(code_of(ask(admin, "POST", "/api/v1/plans/ab000000/abort", "If-Match: \"old\"\r\n", R"({"reason":"x"})")),
            "412 state-moved-on");
  EXPECT_EQ(code_of(ask(admin, "POST", "/api/v1/plans/ab000000/halt", "", "{}")), "400 reason-missing");
  EXPECT_EQ(ask(admin, "POST", "/api/v1/plans/ab000000/halt", "", R"({"reason":"now"})").status, 200);
  EXPECT_EQ(code_of(ask(port, "POST", "/api/v1/plans/ab000000/halt", "", R"({"reason":"now"})")), "403 admin-only");
  EXPECT_EQ(ask(admin, "GET", "/api/v1/status").status, 200) << "the admin socket also reads";
  const std::vector<std::string> done{"submit 65536", "hold ab00 maintenance by uid", "resume ab00  by uid",
                                      "halt ab00 now by uid"};
  EXPECT_EQ(world.commands(), done);
}

TEST_F(ApiServer, AfterTheEndOnlyTheHandBrakeMayStillDoSomething) {
  world.set([](view::Snapshot& snapshot) {
    auto plan = *snapshot.state.plans.at(hash_of(0xab, 1));
    plan.stage = coordinator::Stage::closed_new;
    snapshot.state.plans[plan.plan.hash] = std::make_shared<const coordinator::PlanState>(plan);
  });
  start();
  for (const char* verb : {"hold", "abort"}) {
    EXPECT_EQ(code_of(ask(admin, "POST", std::string("/api/v1/plans/ab000000/") + verb, "", R"({"reason":"x"})")),
              "409 plan-ended");
  }
  EXPECT_EQ(ask(admin, "POST", "/api/v1/plans/ab000000/halt", "", R"({"reason":"x"})").status, 200);
  world.nothing_changes();
  EXPECT_EQ(code_of(ask(admin, "POST", "/api/v1/plans/ab000000/halt", "", R"({"reason":"x"})")), "409 plan-ended");
}

TEST_F(ApiServer, BodiesMayBeChunkedAndMayWaitForContinue) {
  start();
  RawClient client(admin);
  client.send(
      "POST /api/v1/plans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(client.read_until("\r\n\r\n"));
  EXPECT_EQ(client.received(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.received().clear();
  client.send("4\r\nplan\r\n3\r\n by\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(world.commands(), std::vector<std::string>{"submit 7"});
}

TEST_F(ApiServer, EventsFollowTheJournalAndResume) {
  options.limits.sse_heartbeat_ms = 50;
  start();
  RawClient client(port);
  client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(client.read_until("retry: 2000\n\n"));
  ASSERT_TRUE(client.read_until(": heartbeat\n\n"));
  world.append(2);
  server->notify();
  ASSERT_TRUE(client.read_until("id: 5\n"));
  EXPECT_EQ(client.received().find("id: 3\n"), std::string::npos) << "without Last-Event-ID only what is new";
  EXPECT_NE(client.received().find("event: journal\ndata: {\"seq\":4,"), std::string::npos);

  world.append(1200, 3);  // most are in the journal only
  RawClient resumed(port);
  resumed.send("GET /api/v1/events?plan=ab000000 HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 2\r\n\r\n");
  ASSERT_TRUE(resumed.read_until("id: 1205\n"));
  std::size_t events = 0;
  for (auto at = resumed.received().find("id: "); at != std::string::npos; at = resumed.received().find("id: ", at + 1))
    ++events;
  EXPECT_EQ(events, 602U) << "odd numbers 3 … 1205, each once";
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/events", "Last-Event-ID: x\r\n")), "400 bad-last-event-id");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/events?chain=beta")), "404 unknown-chain");
}

TEST_F(ApiServer, ReplayIsBoundedAndSaysWhatItSkipped) {
  options.limits.sse_replay_lines = 10;
  world.append(97);
  start();
  RawClient client(port);
  client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n");
  ASSERT_TRUE(client.read_until("id: 100\n"));
  EXPECT_NE(client.received().find("event: gap\ndata: {\"after\":0,\"until\":90}\n\n"), std::string::npos);
  EXPECT_EQ(client.received().find("id: 90\n"), std::string::npos);
  EXPECT_NE(client.received().find("id: 91\n"), std::string::npos);
  RawClient later(port);
  later.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 5000\r\n\r\n");
  ASSERT_TRUE(later.read_until("event: gap\ndata: {\"after\":5000,\"until\":100}\n\n"));
}

TEST_F(ApiServer, AReaderThatFallsBehindIsDropped) {
  options.limits.sse_heartbeat_ms = 50;
  start();
  RawClient client(port);
  client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(client.read_until(": heartbeat"));
  world.append(100, 5);  // 95 of them are already gone from the snapshot
  server->notify();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(client.received().find("id: "), std::string::npos);
}

TEST_F(ApiServer, StreamsAreLimitedPerAddressAndGivenBack) {
  options.limits.sse_clients_per_address = 2;
  start();
  auto first = std::make_unique<RawClient>(port);
  first->send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(first->read_until("retry"));
  RawClient second(port);
  second.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(second.read_until("retry"));
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/events")), "429 too-many-streams");
  first.reset();
  // The server sees the end of the first one on its own time: ask until there is room.
  int status = 429;
  for (int attempt = 0; attempt < 1000 && status == 429; ++attempt) {
    RawClient third(port);
    third.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(third.read_until("\r\n\r\n"));
    status = std::stoi(third.received().substr(9, 3));
  }
  EXPECT_EQ(status, 200);
}

TEST_F(ApiServer, ConnectionsAreLimited) {
  options.limits.connections_per_address = 2;
  start();
  RawClient first(port), second(port);
  first.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  second.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(first.read().status, 200);
  EXPECT_EQ(second.read().status, 200);
  RawClient third(port);
  EXPECT_EQ(code_of(third.read()), "503 too-many-connections");
  EXPECT_TRUE(third.closed());
}

TEST_F(ApiServer, SlowRequestsRunIntoTheirDeadlines) {
  options.limits.header_deadline_ms = 100;
  options.limits.body_deadline_ms = 100;
  start();
  RawClient silent(port);
  EXPECT_TRUE(silent.closed());
  EXPECT_EQ(silent.received(), "");
  RawClient head(port);
  head.send("GET /livez HTTP/1.1\r\nHost: loc");
  EXPECT_EQ(code_of(head.read()), "408 header-deadline");
  RawClient body(port);
  body.send("POST /api/v1/plans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(code_of(body.read()), "408 body-deadline");
}

TEST_F(ApiServer, MetricsHaveEverySeriesFromTheStart) {
  world.vanish();
  start();
  auto text = ask(server->metrics_port(), "GET", "/metrics").body;
  for (const char* name : {"lockstep_build_info",
                           "lockstep_chain_head_block",
                           "lockstep_chain_head_timestamp_seconds",
                           "lockstep_chain_finality_lag_seconds",
                           "lockstep_chain_reorgs_total",
                           "lockstep_chain_reorg_depth_blocks",
                           "lockstep_rpc_up",
                           "lockstep_rpc_requests_total",
                           "lockstep_plan_stage",
                           "lockstep_gate_phase",
                           "lockstep_waiting",
                           "lockstep_evidence_ok",
                           "lockstep_attestations",
                           "lockstep_signer_balance_native",
                           "lockstep_signer_nonce",
                           "lockstep_mirror_accounts",
                           "lockstep_mirror_lag_blocks",
                           "lockstep_journal_seq",
                           "lockstep_http_requests_total",
                           "lockstep_http_request_duration_seconds",
                           "lockstep_sse_clients",
                           "process_resident_memory_bytes"}) {
    EXPECT_NE(text.find(std::string("# TYPE ") + name + " "), std::string::npos) << name;
  }
}

TEST_F(ApiServer, MetricsSayWhatTheSnapshotHolds) {
  start();
  ask(port, "GET", "/api/v1/status");
  const auto text = ask(server->metrics_port(), "GET", "/metrics").body;
  for (const char* line : {"lockstep_chain_head_block{chain=\"alpha\",tag=\"head\"} 12\n",
                           "lockstep_plan_stage{plan=\"ab000000\",stage=\"halting\"} 1\n",
                           "lockstep_plan_stage{plan=\"ab000000\",stage=\"armed\"} 0\n",
                           "lockstep_gate_phase{plan=\"ab000000\",chain=\"alpha\",phase=\"armed\"} 1\n",
                           "lockstep_waiting{plan=\"ab000000\",chain=\"alpha\",reason=\"finality\"} 1\n",
                           "lockstep_evidence_ok{plan=\"ab000000\",chain=\"alpha\",level=\"E3\"} 0\n",
                           "lockstep_mirror_lag_blocks{protocol=\"perps\",chain=\"alpha\"} 1\n",
                           "lockstep_mirror_audit_failing{protocol=\"perps\",chain=\"alpha\"} 0\n",
                           "lockstep_signer_balance_native{chain=\"alpha\"} 1.5\n",
                           "lockstep_http_requests_total{code=\"200\",method=\"GET\",route=\"/api/v1/status\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST_F(ApiServer, ThePageIsSelfContainedAndCannotRunForeignScript) {
  start();
  const auto page = ask(port, "GET", "/");
  EXPECT_EQ(page.headers.at("content-security-policy").find("unsafe"), std::string::npos);
  EXPECT_EQ(page.body.find("<script>"), std::string::npos);
  EXPECT_EQ(page.body.find("http://"), std::string::npos);
  EXPECT_EQ(page.body.find("https://"), std::string::npos);
  for (const char* path : {"/", "/app.js", "/app.css", "/icon.svg", "/openapi.json"}) {
    const auto first = ask(port, "GET", path);
    EXPECT_EQ(first.status, 200) << path;
    EXPECT_FALSE(first.body.empty()) << path;
    const auto again = ask(port, "GET", path, "If-None-Match: " + first.headers.at("etag") + "\r\n");
    EXPECT_EQ(again.status, 304) << path;
    EXPECT_TRUE(again.body.empty()) << path;
  }
}

TEST_F(ApiServer, AnAddressThatCannotBeServedIsRefusedAtTheStart) {
  start();
  Options taken = options;
  taken.admin.clear();
  taken.metrics.clear();
  taken.listen = "127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(Server::start(taken, world.handlers()).error().what, "cannot listen");
  taken.listen = "0.0.0.0:0";
  EXPECT_EQ(Server::start(taken, world.handlers()).error().what, "will not listen");
  taken.behind_proxy = true;
  EXPECT_TRUE(Server::start(taken, world.handlers()).has_value());
  taken.listen = "localhost:0";
  EXPECT_FALSE(Server::start(taken, world.handlers()).has_value());
  taken.listen = "127.0.0.1:0";
  taken.admin = options.admin;
  EXPECT_EQ(Server::start(taken, world.handlers()).error().why, "another process answers there");
  server->stop();
  EXPECT_FALSE(std::filesystem::exists(admin));
}

}  // namespace
}  // namespace lockstep::api
