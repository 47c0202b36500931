// Who may do what by which door, what a repeated request does, and that the description keeps its word.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/core.hpp"
#include "api/routes.hpp"
#include "tests/unit/api/raw_client.hpp"
#include "tests/unit/api/world.hpp"

namespace lockstep::api {
namespace {

using nlohmann::json;

// SHA-256 of "lst_command" and "lst_all", by coreutils: printf '%s' lst_all | sha256sum
constexpr const char* sha_of_command = "0x74d57b625b67f4960b3fa081d54e1fb2d9e4720076beb945ea89cb3847e42858";
constexpr const char* sha_of_all = "0x15ab0299139b5d9d248eed1f4f24f86bdb3e671c9e7751bcc388fb6253efc2b7";

class ApiDoors : public ::testing::Test {
 protected:
  ApiDoors() {
    folder_ = std::filesystem::temp_directory_path() / ("lockstep-doors-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    admin = folder_ / "admin.sock";
    options.listen = options.metrics = "127.0.0.1:0";
    options.admin = "unix:" + admin;
    options.tokens = {{"pager", *fixed_from_hex<Hash32>(sha_of_command), static_cast<std::uint8_t>(Scope::command)},
                      {"deploy", *fixed_from_hex<Hash32>(sha_of_all), 7}};
  }
  ~ApiDoors() override {
    server.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    auto handlers = world.handlers();
    handlers.protocols = {{"perps", R"({"name":"perps","home":"alpha"})"}};
    handlers.schemas = {{"config", R"({"type":"object"})"}};
    handlers.reload = [this]() -> std::expected<Reloaded, Refused> {
      if (refuse_reload)
        return std::unexpected(Refused({"\"chain[0].id\" changed", "configuration", "restart", "restart"}));
      return Reloaded{{"service.log.level"}};
    };
    handlers.recall = [this](const std::string& key) -> std::optional<Remembered> {
      const auto known = kept.find(key);
      return known == kept.end() ? std::nullopt : std::optional(known->second);
    };
    handlers.remember = [this](const std::string& key, const Remembered& answer) -> Result<void> {
      kept[key] = answer;
      return {};
    };
    auto started = Server::start(options, std::move(handlers));
    ASSERT_TRUE(started.has_value()) << started.error().text();
    server = std::move(*started);
    port = server->port();
  }
  static std::string code_of(const RawResponse& response) {
    return std::to_string(response.status) + " " + json::parse(response.body, nullptr, false).value("code", "-");
  }
  RawResponse post(const std::string& target, const std::string& token, const std::string& more = "",
                   const std::string& body = R"({"reason":"maintenance"})") {
    return ask(port, "POST", target, (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + more, body);
  }

  World world;
  std::map<std::string, Remembered> kept;
  bool refuse_reload = false;
  std::string admin;
  std::unique_ptr<Server> server;
  Options options;
  std::uint16_t port = 0;

 private:
  std::filesystem::path folder_;
};

constexpr const char* hold = "/api/v1/plans/ab000000/hold";

TEST(Quota, ACrowdOfFewAddressesLeavesRoomForOthers) {
  Quota quota(80, 40, 10);
  std::size_t crowd = 0;
  for (const char* address : {"a", "b", "c"}) {
    while (quota.take(address)) ++crowd;
  }
  EXPECT_EQ(crowd, 40 + 30 + 8) << "all that one may, what is not kept, and what anybody may";
  EXPECT_TRUE(quota.take("peer"));
  EXPECT_FALSE(quota.take("a"));
  quota.give_back("a");
  EXPECT_FALSE(quota.take("a")) << "the rest is kept";
  EXPECT_TRUE(quota.take("peer"));
  EXPECT_FALSE(quota.take("other") && quota.take("another")) << "there is an end to it";
}

TEST_F(ApiDoors, ACrowdKeepsNobodyOutOfTheOtherDoors) {
  options.limits.connections = 1;
  options.limits.own_connections = 1;
  start();
  RawClient crowd(port);
  crowd.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(crowd.read().status, 200);
  EXPECT_EQ(RawClient(port).read().status, 503);
  EXPECT_EQ(ask(admin, "POST", "/api/v1/plans/ab000000/abort", "", R"({"reason":"x"})").status, 200);
  EXPECT_EQ(ask(server->metrics_port(), "GET", "/metrics").status, 200);
}

TEST_F(ApiDoors, ATokenOpensWhatItsScopesSayAndNoMore) {
  start();
  EXPECT_EQ(code_of(post(hold, "")), "403 admin-only");
  EXPECT_EQ(code_of(post(hold, "lst_wrong")), "401 bad-token");
  EXPECT_EQ(code_of(post(hold, "lst_command")), "200 -");
  EXPECT_EQ(code_of(post("/api/v1/plans", "lst_command", "", "toml")), "405 admin-only");
  EXPECT_EQ(code_of(post("/api/v1/plans", "lst_all", "", "toml")), "200 -");
  EXPECT_EQ(code_of(post("/api/v1/reload", "lst_command", "", "")), "403 admin-only");
  EXPECT_EQ(code_of(post("/api/v1/reload", "lst_all", "", "")), "200 -");
  EXPECT_EQ(ask(port, "GET", "/api/v1/status", "Authorization: Bearer lst_wrong\r\n").status, 401)
      << "who shows a token means it";
  EXPECT_EQ(ask(port, "GET", "/api/v1/status", "Authorization: Basic bHN0OmFsbA==\r\n").status, 200)
      << "of the proxy in front";
  EXPECT_EQ(world.commands(), (std::vector<std::string>{"hold ab00 maintenance by token:pager", "submit 4"}));
}

TEST_F(ApiDoors, TokensMayChangeWhileItRuns) {
  start();
  EXPECT_EQ(code_of(post(hold, "lst_command")), "200 -");
  server->admit({}, {}, nullptr);
  EXPECT_EQ(code_of(post(hold, "lst_command")), "401 bad-token");
  EXPECT_EQ(ask(port, "GET", "/api/v1/status").status, 200) << "our own address is still a good Host";
}

TEST_F(ApiDoors, TheSameRequestAgainGetsTheSameAnswerAndDoesNothing) {
  start();
  const std::string key = "Idempotency-Key: maintenance-1\r\n";
  const auto first = post(hold, "lst_command", key), again = post(hold, "lst_command", key);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.at("idempotency-replayed"), "true");
  EXPECT_EQ(world.commands().size(), 1U);
  EXPECT_EQ(code_of(post(hold, "lst_command", key, R"({"reason":"another"})")), "422 idempotency-key-reused");
  EXPECT_EQ(code_of(post(hold, "lst_all", key)), "200 -") << "another bearer's key is another key";
  EXPECT_EQ(code_of(ask(admin, "POST", hold, "Idempotency-Key: \x01\r\n", "{}")).substr(0, 3), "400");
  EXPECT_EQ(code_of(post(hold, "lst_command", "Idempotency-Key: " + std::string(129, 'k') + "\r\n")),
            "400 bad-idempotency-key");
  EXPECT_EQ(kept.size(), 2U);
}

TEST_F(ApiDoors, ARefusedReloadNamesWhatNeedsARestart) {
  refuse_reload = true;
  start();
  const auto refused = ask(admin, "POST", "/api/v1/reload");
  EXPECT_EQ(code_of(refused), "409 reload-refused");
  EXPECT_EQ(json::parse(refused.body)["what"], "\"chain[0].id\" changed");
}

TEST_F(ApiDoors, WhatDoesNotChangeIsServedBeforeTheJournalIsRead) {
  world.vanish();
  start();
  EXPECT_EQ(json::parse(ask(port, "GET", "/api/v1/protocols").body)["protocols"][0]["name"], "perps");
  EXPECT_EQ(json::parse(ask(port, "GET", "/api/v1/protocols/perps").body)["home"], "alpha");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/protocols/other")), "404 unknown-protocol");
  const auto schema = ask(port, "GET", "/api/v1/schemas/config");
  EXPECT_EQ(schema.headers.at("content-type"), "application/schema+json");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/schemas/other")), "404 unknown-schema");
}

TEST_F(ApiDoors, ReportsComeInThreeForms) {
  start();
  EXPECT_EQ(ask(port, "GET", "/api/v1/plans/ab000000/report").headers.at("content-type"), "application/json");
  const auto html = ask(port, "GET", "/api/v1/plans/ab000000/report?format=html");
  EXPECT_EQ(html.body, "<p>made</p>");
  EXPECT_EQ(html.headers.at("content-security-policy"), "default-src 'none'");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans/ab000000/report?format=pdf")), "400 bad-query-value");
  EXPECT_EQ(code_of(ask(port, "GET", "/api/v1/plans/cd000000/report")), "404 unknown-plan");
}

TEST_F(ApiDoors, UpgradesAreInACalendarAndAFeed) {
  world.set([](view::Snapshot& snapshot) {
    auto plan = *snapshot.state.plans.begin()->second;
    plan.plan.name = "a, long; name with \\ and üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü <b>&";
    snapshot.state.plans[plan.plan.hash] = std::make_shared<const coordinator::PlanState>(plan);
  });
  start();
  const auto calendar = ask(port, "GET", "/api/v1/feeds/upgrades.ics");
  EXPECT_EQ(calendar.headers.at("content-type"), "text/calendar; charset=utf-8");
  EXPECT_TRUE(calendar.headers.contains("etag"));
  EXPECT_NE(calendar.body.find("\r\nDTSTART:20231114T222320Z\r\n"), std::string::npos) << calendar.body;
  EXPECT_NE(calendar.body.find("\r\nSTATUS:CONFIRMED\r\n"), std::string::npos);
  std::string unfolded = calendar.body;
  for (auto at = unfolded.find("\r\n "); at != std::string::npos; at = unfolded.find("\r\n ")) unfolded.erase(at, 3);
  EXPECT_NE(unfolded.find("\r\nSUMMARY:perps: a\\, long\\; name with \\\\ and üü"), std::string::npos) << unfolded;
  std::size_t length = 0;
  for (const char c : calendar.body) {
    length = c == '\n' ? 0 : length + 1;
    ASSERT_LE(length, 76U) << "75 octets and a CR";
  }
  const auto feed = ask(port, "GET", "/api/v1/feeds/upgrades.atom");
  EXPECT_EQ(feed.headers.at("content-type"), "application/atom+xml; charset=utf-8");
  EXPECT_NE(feed.body.find("&lt;b&gt;&amp; (halting)</title>"), std::string::npos) << feed.body;
}

/// A request for a documented operation, with parameters that name things of the made-up world.
std::string target_of(std::string path) {
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"{instance}", "perps:alpha"},
                                    {"{address}", "0x0000000000000000000000000000000000000002"},
                                    {"{name}", "perps"},
                                    {"{kind}", "config"},
                                    {"{id}", path.find("/chains/") != std::string::npos ? "alpha" : "ab000000"}}) {
    if (const auto at = path.find(name); at != std::string::npos) path.replace(at, name.size(), value);
  }
  return path;
}

TEST_F(ApiDoors, EveryDocumentedOperationAnswersAsDocumented) {
  start();
  const auto document = json::parse(ask(port, "GET", "/openapi.json").body);
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      if (path == "/api/v1/events") continue;  // an answer that does not end
      const bool change = method == "post";
      const auto body = !change || path == "/api/v1/reload" ? "" : R"({"reason":"to be tried"})";
      const auto answer = change               ? ask(admin, "POST", target_of(path), "", body)
                          : path == "/metrics" ? ask(server->metrics_port(), "GET", path)
                                               : ask(port, "GET", target_of(path));
      EXPECT_EQ(answer.status, 200) << method << " " << path << " " << answer.body;
      EXPECT_TRUE(operation["responses"].contains(std::to_string(answer.status))) << method << " " << path;
      const auto type = answer.headers.at("content-type").substr(0, answer.headers.at("content-type").find(';'));
      const auto& said = operation["responses"]["200"].value("content", json::object());
      EXPECT_TRUE(said.empty() || said.contains(type)) << method << " " << path << " answers " << type;
      for (const auto& [status, response] : operation["responses"].items())
        EXPECT_TRUE(response.contains("description")) << method << " " << path << " " << status;
    }
  }
}

}  // namespace
}  // namespace lockstep::api
