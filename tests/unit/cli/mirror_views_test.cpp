// `lockstep mirror show|account|stress|replay` on files, as a person uses them.
#include <nlohmann/json.hpp>

#include "tests/unit/cli/mirror_market.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class MirrorViews : public MirrorMarket {
 protected:
  /// There is a fund, and an order of the seller rests.
  MirrorViews() {
    tell(OpCode::insurance, {Int{2'000}});
    tell(OpCode::place_order, {Int{3}, Int{1}, account(2), Int{1}, Int{990}, Int{4}, Int{0}, Int{0}});
    write("a.mirror", 41);
  }

  json document(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    EXPECT_EQ(lockstep(arguments), 0) << err_;
    return json::parse(out_);
  }
};

TEST_F(MirrorViews, ShowsMarketsAndSums) {
  const json found = document({"mirror", "show", file("a.mirror")});
  EXPECT_EQ(found["schema"], "lockstep.mirror/1");
  EXPECT_EQ(found["digest"], to_hex(mirror_.digest()));
  EXPECT_EQ(found["accounts"], 2);
  EXPECT_EQ(found["insurance"], "2000");
  EXPECT_EQ(found["imbalance"], "0");
  ASSERT_EQ(found["markets"].size(), 1U);
  EXPECT_EQ(found["markets"][0]["best_bid"], "990");
  EXPECT_EQ(found["markets"][0]["best_ask"], nullptr);
  EXPECT_EQ(found["markets"][0]["open_interest"], "10");
  ASSERT_EQ(lockstep({"mirror", "show", file("a.mirror")}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("2 accounts, 2 with positions, 0 liquidatable; 1 orders"),
                          HasSubstr("market 1  mark 1000  bid 990  ask none")));
}

TEST_F(MirrorViews, ShowsAnAccountAndWhereItIsLiquidated) {
  const json found = document({"mirror", "account", to_hex(account(1)), file("a.mirror")});
  EXPECT_EQ(found["schema"], "lockstep.mirror-account/1");
  EXPECT_EQ(found["equity"], "1300");
  EXPECT_EQ(found["maintenance_margin"], "500");
  ASSERT_EQ(found["positions"].size(), 1U);
  // equity 1300 - 10 (1000 - m) is below 5 % of 10 m from 915 on: 450 < 457.5, and at 916 it is 460 against 458.
  EXPECT_EQ(found["positions"][0]["liquidation_mark"], "915");
  const json seller = document({"mirror", "account", to_hex(account(2)), file("a.mirror")});
  EXPECT_EQ(seller["positions"][0]["liquidation_mark"], "10477");  // 110000 - 10 m < m / 2
  EXPECT_EQ(lockstep({"mirror", "account", "0x12", file("a.mirror")}), 64);
  EXPECT_EQ(lockstep({"mirror", "account", to_hex(account(9)), file("a.mirror")}), 66);
  EXPECT_EQ(lockstep({"mirror", "account", to_hex(account(1)), file("none")}), 66);
}

TEST_F(MirrorViews, StressesEveryAccount) {
  const json found =
      document({"mirror", "stress", file("a.mirror"), "--moves-bps", "-1000,-5000,2000", "--limit", "1"});
  EXPECT_EQ(found["schema"], "lockstep.mirror-stress/1");
  ASSERT_EQ(found["scenarios"].size(), 3U);
  EXPECT_EQ(
      found["scenarios"][0],
      (json{{"name", "all -10 %"}, {"equity", "101300"}, {"liquidatable", 1}, {"insolvent", 0}, {"shortfall", "0"}}));
  EXPECT_EQ(found["scenarios"][1]["shortfall"], "3700");
  EXPECT_EQ(found["scenario_margin"], "7000") << "5000 of the buyer, 2000 of the seller";
  EXPECT_EQ(found["below_scenario_margin"], 1);
  ASSERT_EQ(found["worst"].size(), 1U);
  EXPECT_EQ(found["worst"][0]["account"], to_hex(account(1)));
  EXPECT_EQ(found["worst"][0]["scenario"], "all -50 %");
  ASSERT_EQ(lockstep({"mirror", "stress", file("a.mirror"), "--moves-bps", "-5000"}), 0);
  EXPECT_THAT(out_, HasSubstr("all -50 %: liquidatable 1, insolvent 1, shortfall 3700  MORE THAN THE FUND"));
  EXPECT_EQ(lockstep({"mirror", "stress", file("a.mirror"), "--moves-bps", "-20000"}), 64);
}

TEST_F(MirrorViews, ShowsPoolsAndWhatAccountsHaveInThem) {
  mirror_ = mirror::Mirror();
  tell(OpCode::set_pool_terms, {Int{1000}, Int{10}, Int{2}, Int{100'000}, Int{50'000}});
  tell(OpCode::add_pool, {Int{4}});
  tell(OpCode::mark_pool, {Int{4}, Int{2'000}});
  tell(OpCode::deposit, {account(1), Int{600}});
  tell(OpCode::trade_pool, {account(1), Int{4}, Int{5'000}, Int{-12'000}, Int{-12'000}, Int{0}});
  tell(OpCode::realize, {account(2), Int{35}});
  tell(OpCode::provide, {account(2), Int{4}, Int{7}});
  write("pools.mirror", 42);
  const json shown = document({"mirror", "show", file("pools.mirror")});
  EXPECT_EQ(shown["pools"]["pools"], json::parse(R"([{"market":4,"mark":"2000","gross":"5000"}])"));
  EXPECT_EQ(shown["pools"]["terms"]["unit"], "1000");
  EXPECT_EQ(shown["pools"]["providers"], 1);
  const json found = document({"mirror", "account", to_hex(account(1)), file("pools.mirror")});
  EXPECT_EQ(found["equity"], "400") << "600 - 2000 / 10";
  EXPECT_EQ(found["maintenance_margin"], "50");
  // 600 - 1200 + m / 2 < m / 40 below 1263.2; money is counted in tens.
  EXPECT_EQ(found["pools"], json::parse(R"({"owed":"0","positions":[{"market":4,"size":"5000","open_notional":"-12000",
    "liquidity":"0","mark":"2000","liquidation_mark":"1262"}]})"));
  ASSERT_EQ(lockstep({"mirror", "account", to_hex(account(2)), file("pools.mirror")}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("equity 3 "), HasSubstr("owed 35"), HasSubstr("liquidity 7")));
  ASSERT_EQ(lockstep({"mirror", "show", file("pools.mirror")}), 0);
  EXPECT_THAT(out_, HasSubstr("pool 4  mark 2000  gross 5000"));

  tell(OpCode::trade_pool, {account(1), Int{4}, Int{-1'000}, Int{2'100}, Int{-9'600}, Int{-300}});
  write("later.mirror", 43);
  std::ofstream(file("v2.toml")) << "name = \"v2\"\n[pools]\nmaintenance_ppm = 400000\n";
  const json changed =
      document({"mirror", "diff", file("pools.mirror"), file("later.mirror"), "--rules-after", file("v2.toml")});
  ASSERT_EQ(changed["accounts"].size(), 1U) << changed;
  EXPECT_EQ(changed["accounts"][0]["newly_liquidatable"], false);
  EXPECT_EQ(changed["accounts"][0]["reasons"], json::parse(R"(["position in pool 4 size 5000 → 4000",
    "position in pool 4 open notional -12000 → -9600", "terms of pools"])"));
}

TEST_F(MirrorViews, ShowsBoardsAndWhoseHoldingsChanged) {
  mirror_ = mirror::Mirror();
  tell(OpCode::add_board, {Int{1}, Int{1'790'000'000}, Int{500}, Int{1000}});
  tell(OpCode::add_strike, {Int{3}, Int{1}, Int{2'000}, Int{700}});
  tell(OpCode::update_holding, {Int{1}, account(1), Int{3}, Int{3}, Int{5'000}, Int{900}});
  tell(OpCode::update_holding, {Int{2}, account(2), Int{3}, Int{0}, Int{1'000}, Int{0}});
  write("before.mirror", 42);
  const json shown = document({"mirror", "show", file("before.mirror")});
  EXPECT_EQ(shown["boards"], json::parse(R"({"boards":[{"board":1,"expiry":"1790000000","unit":"1000",
    "volatility":"500","is_frozen":"0","settlement_price":"0"}],"strikes":1,"holdings":2,"spot":null,"rate":"0","quote_unit":"1"})"));
  const json found = document({"mirror", "account", to_hex(account(1)), file("before.mirror")});
  EXPECT_EQ(found["holdings"], json::parse(R"([{"holding":"1","market":"3","option_type":"3","amount":"5000",
    "collateral":"900"}])"));
  ASSERT_EQ(lockstep({"mirror", "account", to_hex(account(2)), file("before.mirror")}), 0);
  EXPECT_THAT(out_, HasSubstr("holding 2  long call  strike 3  amount 1000  collateral 0"));
  ASSERT_EQ(lockstep({"mirror", "show", file("before.mirror")}), 0);
  EXPECT_THAT(out_, HasSubstr("board 1  expires 2026-09-21T"));

  const std::vector<std::string> timed{"--at", "2026-08-01T00:00:00Z"};
  const auto stress = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"mirror", "stress"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  ASSERT_NE(lockstep(stress({file("before.mirror")})), 0);
  EXPECT_THAT(err_, AllOf(HasSubstr("strike 3: the time is not known"), HasSubstr("--at")));
  ASSERT_NE(lockstep(stress({file("before.mirror"), timed[0], timed[1]})), 0);
  EXPECT_THAT(err_, HasSubstr("strike 3: no spot price was marked"));
  tell(OpCode::mark_spot, {Int{2'000}});
  tell(OpCode::mark_board, {Int{1}, Int{1'000'000'000'000'000'000}});
  tell(OpCode::mark_strike, {Int{3}, Int{1'000'000'000'000'000'000}});
  write("priced.mirror", 42);
  const json stressed =
      document(stress({file("priced.mirror"), timed[0], timed[1], "--moves-bps", "-10000,10000"}))["boards"];
  ASSERT_EQ(stressed["scenarios"].size(), 2U) << stressed;
  EXPECT_EQ(stressed["scenarios"][0]["name"], "spot -100 %");
  EXPECT_EQ(stressed["scenarios"][0]["shortfall"], "0");
  EXPECT_EQ(stressed["scenarios"][1]["insolvent"], 1);
  ASSERT_EQ(stressed["worst"].size(), 1U);
  EXPECT_EQ(stressed["worst"][0]["holding"], "1");
  EXPECT_EQ(stressed["worst"][0]["account"], to_hex(account(1)));
  EXPECT_THAT(stressed["worst"][0]["left"].get<std::string>(), StartsWith("-"));
  ASSERT_EQ(lockstep(stress({file("priced.mirror"), timed[0], timed[1], "--moves-bps", "10000"})), 0);
  EXPECT_THAT(out_, HasSubstr("spot +100 %: equity "));

  tell(OpCode::update_holding, {Int{1}, account(1), Int{3}, Int{3}, Int{5'000}, Int{901}});
  tell(OpCode::update_holding, {Int{2}, account(1), Int{3}, Int{0}, Int{1'000}, Int{0}});
  write("later.mirror", 43);
  const json changed = document({"mirror", "diff", file("before.mirror"), file("later.mirror")});
  ASSERT_EQ(changed["accounts"].size(), 2U) << changed;
  EXPECT_EQ(changed["accounts"][0]["reasons"],
            json::parse(R"(["holding 1 collateral 900 → 901", "holding 2 is new here"])"));
  EXPECT_EQ(changed["accounts"][1]["reasons"], json::parse(R"(["holding 2 is gone from here"])"));
}

TEST_F(MirrorViews, ReplaysAMarketUnderTwoRuleSets) {
  std::ofstream(file("v2.toml"))
      << "name = \"v2\"\n[liquidation]\nfee_ppm = 5000\nclose_bps = 2500\n[[market]]\nid = 0\n"
         "tiers = [ { initial_bps = 2000, maintenance_bps = 1000 } ]\n";
  const std::vector<std::string> market{"mirror",   "replay", "--accounts",  "40",   "--markets",     "1",
                                        "--steps",  "60",     "--seed",      "5",    "--rules-after", file("v2.toml"),
                                        "--orders", "20",     "--storm-ppm", "90000"};
  auto recorded = market;
  recorded.insert(recorded.end(), {"--record", file("flow.jsonl")});
  const json made_up = document(recorded);
  EXPECT_EQ(made_up["schema"], "lockstep.mirror-replay/1");
  EXPECT_EQ(made_up["rules"], (json{{"before", "as it is"}, {"after", "v2"}}));
  EXPECT_EQ(made_up["totals"]["orders"]["before"], made_up["totals"]["orders"]["after"]);
  EXPECT_NE(made_up["totals"]["refused"]["before"], made_up["totals"]["refused"]["after"]);
  EXPECT_EQ(made_up["path"].size(), 20U);

  auto again = market;
  again.insert(again.end(), {"--flow", file("flow.jsonl")});
  json from_file = document(again);
  EXPECT_EQ(from_file["totals"], made_up["totals"]);
  EXPECT_EQ(from_file["path"], made_up["path"]);

  const json begun = document({"mirror", "replay", "--snapshot", file("a.mirror"), "--steps", "10"});
  EXPECT_EQ(begun["start"], "acme:alpha block 41");
  EXPECT_EQ(begun["totals"]["fund_first"]["before"], "2000");
}

TEST_F(MirrorViews, RefusesToReplayScenarioMarginAsIfItWereTiers) {
  std::ofstream(file("scan.toml")) << "name = \"scan v2\"\n[[market]]\nid = 1\n"
                                      "scan = { price_bps = 1000, volatility_bps = 2500 }\n";
  for (const char* side : {"--rules-before", "--rules-after"}) {
    EXPECT_EQ(lockstep({"mirror", "replay", "--snapshot", file("a.mirror"), "--steps", "10", side, file("scan.toml")}),
              65);
    EXPECT_THAT(err_, AllOf(HasSubstr("scan.toml"),
                            HasSubstr("\"scan v2\": market 1 asks for scenario margin (scan), and a venue margins by "
                                      "tiers only"),
                            HasSubstr("mirror diff")));
    EXPECT_EQ(out_, "");
  }
}

TEST_F(MirrorViews, RefusesFlowItDoesNotUnderstand) {
  const auto refused = [&](const std::string& line) {
    std::ofstream(file("flow.jsonl")) << "{\"kind\":\"settle\"}\n" << line << "\n";
    EXPECT_EQ(lockstep({"mirror", "replay", "--accounts", "4", "--markets", "1", "--flow", file("flow.jsonl")}), 65);
    EXPECT_THAT(err_, HasSubstr("flow.jsonl:2"));
    return err_;
  };
  EXPECT_THAT(refused("no"), HasSubstr("no JSON object"));
  EXPECT_THAT(refused("{\"market\":1}"), HasSubstr("has no \"kind\""));
  EXPECT_THAT(refused("{\"kind\":\"rain\"}"), HasSubstr("none of time, mark, funding, order, cancel, settle"));
  EXPECT_THAT(refused("{\"kind\":\"mark\",\"market\":0}"), HasSubstr("\"price\" is missing"));
  EXPECT_THAT(refused("{\"kind\":\"mark\",\"market\":0,\"price\":1.5}"), HasSubstr("no whole number"));
  EXPECT_THAT(refused("{\"kind\":\"settle\",\"hail\":1}"), HasSubstr("unknown key \"hail\""));
  EXPECT_THAT(refused("{\"kind\":\"mark\",\"market\":7,\"price\":5}"), HasSubstr("not of this market"));
  EXPECT_EQ(lockstep({"mirror", "replay", "--flow", file("none")}), 66);
  EXPECT_EQ(lockstep({"mirror", "replay", "--leverage", "0"}), 64);
}

}  // namespace
}  // namespace lockstep::app
