// `lockstep mirror greeks`, and Greeks in `mirror diff`, on files, as a person uses them.
#include <nlohmann/json.hpp>

#include "tests/unit/cli/mirror_market.hpp"

namespace lockstep::app {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class MirrorGreeks : public MirrorMarket {
 protected:
  /// A call at 1000 that ends in a year, 4 lots of it sold by account 2; nothing for the time is in the files.
  MirrorGreeks() {
    tell(OpCode::add_series, {Int{2}, Int{1}, Int{1}, Int{1000}, Int{1'832'025'600}, Int{1000}, Int{500}});
    tell(OpCode::set_mark, {Int{2}, Int{80}});
    tell(OpCode::trade_series, {Int{2}, account(1), account(2), Int{4}, Int{80}});
    write("unmarked.mirror", 41);
    tell(OpCode::mark_series, {Int{2}, Int{200'000'000'000'000'000}});
    write("a.mirror", 42);
    tell(OpCode::mark_series, {Int{2}, Int{250'000'000'000'000'000}});
    write("b.mirror", 43);
  }

  json document(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    EXPECT_EQ(lockstep(arguments), 0) << err_;
    return json::parse(out_);
  }
  const std::string when_ = "2027-01-21T00:00:00Z";  // 365 days before the end
};

TEST_F(MirrorGreeks, AreThoseOfBlackAndScholesTimesWhatIsHeld) {
  const json found = document({"mirror", "greeks", file("a.mirror"), "--at", when_});
  EXPECT_EQ(found["schema"], "lockstep.mirror-greeks/1");
  EXPECT_EQ(found["at"], when_);
  ASSERT_EQ(found["accounts"].size(), 2U);
  const auto& buyer = found["accounts"][0];
  EXPECT_EQ(buyer["account"], to_hex(account(1)));
  // At the money, s = 0.2: N(0.1) = 0.539827837277, worth 1000 (2 N(0.1) - 1) = 79.655675; ten lots of the perpetual.
  EXPECT_EQ(buyer["delta"], "12.159311349108");
  EXPECT_EQ(buyer["value"], "318.6227");
  EXPECT_EQ(found["accounts"][1]["delta"], "-12.159311349108");
  EXPECT_EQ(found["unpriced"], json::array());
  const json one = document({"mirror", "greeks", file("a.mirror"), "--at", when_, "--account", to_hex(account(2))});
  EXPECT_EQ(one["accounts"].size(), 1U);
  ASSERT_EQ(lockstep({"mirror", "greeks", file("a.mirror"), "--at", when_}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("underlying 1"), HasSubstr("delta 12.159311349108")));
}

TEST_F(MirrorGreeks, SaysWhatHasNoPrice) {
  const json unmarked = document({"mirror", "greeks", file("unmarked.mirror"), "--at", when_});
  EXPECT_EQ(unmarked["unpriced"], (json{{{"underlying", 1}, {"why", "market 2: no volatility was marked"}}}));
  EXPECT_EQ(unmarked["accounts"], json::array());
  const json timeless = document({"mirror", "greeks", file("a.mirror")});
  EXPECT_EQ(timeless["unpriced"][0]["why"], "market 2: the time is not known");
}

TEST_F(MirrorGreeks, OfBothSidesAreInADiff) {
  const json found = document({"mirror", "diff", file("a.mirror"), file("b.mirror"), "--at", when_});
  ASSERT_EQ(found["greeks"]["before"]["open"].size(), 1U);
  EXPECT_NE(found["greeks"]["before"]["open"][0]["value"], found["greeks"]["after"]["open"][0]["value"]);
  ASSERT_EQ(lockstep({"mirror", "diff", file("a.mirror"), file("b.mirror"), "--at", when_}), 0);
  EXPECT_THAT(out_, HasSubstr("held long, underlying 1  value"));
}

TEST_F(MirrorGreeks, ShowsSeriesAndRefusesWhatItCannotDo) {
  const json found = document({"mirror", "show", file("a.mirror")});
  EXPECT_EQ(found["markets"][1]["series"]["strike"], "1000");
  EXPECT_EQ(found["markets"][0]["series"], nullptr);
  ASSERT_EQ(lockstep({"mirror", "show", file("a.mirror")}), 0);
  EXPECT_THAT(out_, HasSubstr("call on 1 strike 1000 expires 2028-01-21T00:00:00Z"));
  EXPECT_EQ(lockstep({"mirror", "greeks"}), 64);
  EXPECT_EQ(lockstep({"mirror", "greeks", file("a.mirror"), "--at", "noon"}), 64);
  EXPECT_EQ(lockstep({"mirror", "greeks", file("a.mirror"), "--account", "0x1"}), 64);
  EXPECT_EQ(lockstep({"mirror", "stress", file("a.mirror")}), 65);
  EXPECT_THAT(err_, HasSubstr("market 2 cannot be priced: the time is not known"));
}

TEST_F(MirrorGreeks, AScanAsksForTheLargestLossOfAllThatIsOnAMarket) {
  std::ofstream(folder_ / "v2.toml") << "name = \"v2\"\n[[market]]\nid = 1\n"
                                        "scan = { price_bps = 1000, volatility_bps = 2500, short_minimum_bps = 100 }\n";
  const auto margins = [&](std::vector<std::string> more) {
    std::vector<std::string> all{"mirror", "diff", file("a.mirror"), file("a.mirror"), "--at", when_};
    all.insert(all.end(), more.begin(), more.end());
    return document(all);
  };
  const json found = margins({"--rules-after", file("v2.toml")});
  ASSERT_EQ(found["accounts"].size(), 2U);
  const auto& buyer = found["accounts"][0];  // ten lots and four calls, both long
  EXPECT_EQ(buyer["before"]["maintenance_margin"], "500");
  // Price and volatility down: 10 x 100, and 4 x (79.6557 - BS(900, 15 %) = 20.2173) = 237.75.
  EXPECT_EQ(buyer["after"]["maintenance_margin"], "1238");
  EXPECT_THAT(buyer["reasons"][0].get<std::string>(), HasSubstr("scan of market 1"));
  const json grid = document({"mirror", "stress", file("a.mirror"), "--moves-bps", "-1000", "--at", when_});
  EXPECT_EQ(grid["scenarios"].size(), 1U);
  ASSERT_EQ(lockstep({"mirror", "show", file("a.mirror"), "--rules", file("v2.toml")}), 65);
  EXPECT_THAT(err_, HasSubstr("the time is not known"));
}

}  // namespace
}  // namespace lockstep::app
