// /api/v1/mirror/{instance} over a real socket: greeks, all of them, of one account, a page; and one account as it
// stands.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/api/raw_client.hpp"
#include "tests/unit/api/world.hpp"

namespace lockstep::api {
namespace {

using nlohmann::json;

class ApiGreeks : public ::testing::Test {
 protected:
  ApiGreeks() {
    options_.listen = "127.0.0.1:0";
    options_.metrics = "";
    options_.admin = "";
    server_ = std::move(Server::start(options_, world_.handlers()).value());
  }
  RawResponse ask_for(const std::string& query) {
    return ask(server_->port(), "GET", "/api/v1/mirror/perps:alpha/greeks" + query);
  }
  json get(const std::string& query) {
    const auto response = ask_for(query);
    EXPECT_EQ(response.status, 200) << response.body;
    return json::parse(response.body, nullptr, false);
  }

  World world_;
  Options options_;
  std::unique_ptr<Server> server_;
};

std::string account(int number) { return "0x000000000000000000000000000000000000000" + std::to_string(number); }

TEST_F(ApiGreeks, AreOfEveryAccountAndOfWhatIsOpen) {
  const auto greeks = get("");
  EXPECT_EQ(greeks["schema"], "lockstep.mirror-greeks/1");
  EXPECT_EQ(greeks["at"], "2027-01-15T08:00:00Z");
  EXPECT_EQ(greeks["open"][0]["vega"], "2");
  EXPECT_EQ(greeks["unpriced"][0]["underlying"], 8);
  ASSERT_EQ(greeks["accounts"].size(), 3U);
  EXPECT_EQ(greeks["accounts"][1]["account"], account(2));
  EXPECT_EQ(greeks["accounts"][1]["value"], "-1.5");
  EXPECT_EQ(greeks["accounts"][1]["delta"], "2");
}

TEST_F(ApiGreeks, OfWhatIsOpenAreOnThePageOfPollers) {
  const auto status = json::parse(ask(server_->port(), "GET", "/api/v1/status").body, nullptr, false);
  EXPECT_EQ(status["mirrors"][0]["open"][0]["underlying"], 7);
  EXPECT_EQ(status["mirrors"][0]["open"][0]["vega"], "2");
}

TEST_F(ApiGreeks, AnAccountIsReadWhereItStands) {
  const auto of = [&](const std::string& instance, const std::string& address) {
    const auto response = ask(server_->port(), "GET", "/api/v1/mirror/" + instance + "/accounts/" + address);
    return std::pair(response.status, json::parse(response.body, nullptr, false));
  };
  const auto [status, found] = of("perps:alpha", account(2));
  EXPECT_EQ(status, 200);
  EXPECT_EQ(found, json::parse(R"({"schema": "lockstep.mirror-account/1", "instance": "perps:alpha",
    "account": "0x0000000000000000000000000000000000000002", "block_num": 41, "block_time": "2023-11-14T22:13:20Z",
    "collateral": "-5", "equity": "7", "initial_margin": "3", "maintenance_margin": "2",
    "positions": [{"market": 9, "size": "1", "quote": "-2", "funding_index": "0", "bid_lots": "4", "ask_lots": "0"}]})"));
  EXPECT_EQ(of("perps:alpha", account(0)).second["code"], "unknown-account");
  EXPECT_EQ(of("perps:alpha", "0x12").second["code"], "bad-address");
  EXPECT_EQ(of("perps:beta", account(2)).second["code"], "unknown-instance");
  world_.set([](view::Snapshot& snapshot) { snapshot.mirrors[0].protocol = "torn"; });
  EXPECT_EQ(of("torn:alpha", account(2)).second["code"], "mirror-unreadable");
}

TEST_F(ApiGreeks, ArePagedByAccount) {
  EXPECT_EQ(get("?account=" + account(3))["accounts"].size(), 1U);
  const auto page = ask_for("?limit=2");
  EXPECT_EQ(page.headers.at("link"),
            "</api/v1/mirror/perps:alpha/greeks?after=" + account(2) + "&limit=2>; rel=\"next\"");
  EXPECT_EQ(get("?limit=2&after=" + account(2))["accounts"].size(), 1U);
  EXPECT_EQ(ask_for("?limit=2&after=" + account(2)).headers.count("link"), 0U);
}

TEST_F(ApiGreeks, SaysWhatIsWrong) {
  EXPECT_EQ(ask_for("?account=7").status, 400);
  EXPECT_EQ(ask_for("?limit=0").status, 400);
  EXPECT_EQ(ask(server_->port(), "GET", "/api/v1/mirror/perps:beta/greeks").status, 404);
  world_.set([](view::Snapshot& snapshot) {
    snapshot.mirrors[0].unpriceable = "the Greeks of 0x1 overflow";
    ++snapshot.seq;
  });
  const auto overflow = ask_for("");
  EXPECT_EQ(overflow.status, 409);
  EXPECT_NE(overflow.body.find("overflow"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::api
