// `lockstep mirror diff` on files, as a person uses it.
#include <nlohmann/json.hpp>

#include "tests/unit/cli/mirror_market.hpp"

namespace lockstep::app {
namespace {

using ::testing::HasSubstr;

class MirrorDiff : public MirrorMarket {
 protected:
  MirrorDiff() { write("before.mirror", 41); }

  void text_file(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
};

TEST_F(MirrorDiff, OfOneSnapshotIsNothing) {
  EXPECT_EQ(lockstep({"mirror", "diff", file("before.mirror"), file("before.mirror")}), 0);
  EXPECT_THAT(out_, HasSubstr("the same state; 0 of 2 accounts change, 0 newly liquidatable, 0 no longer"));
}

TEST_F(MirrorDiff, SaysWhoChangedAndWhy) {
  tell(OpCode::set_mark, {Int{1}, Int{910}});
  tell(OpCode::deposit, {account(2), Int{5}});
  write("after.mirror", 44);
  ASSERT_EQ(lockstep({"--json", "mirror", "diff", file("before.mirror"), file("after.mirror")}), 0);
  const auto found = nlohmann::json::parse(out_);
  EXPECT_EQ(found["schema"], "lockstep.mirror-diff/1");
  EXPECT_EQ(found["after"]["block_num"], "44");
  EXPECT_EQ(found["same_state"], false);
  EXPECT_EQ(found["newly_liquidatable"], 1);
  ASSERT_EQ(found["accounts"].size(), 2U);
  const auto& buyer = found["accounts"][0];
  EXPECT_EQ(buyer["account"], to_hex(account(1)));
  EXPECT_EQ(buyer["newly_liquidatable"], true);
  EXPECT_EQ(buyer["before"]["equity"], "1300");
  EXPECT_EQ(buyer["after"]["equity"], "400");  // 10 lots lost 90 each
  EXPECT_EQ(buyer["after"]["maintenance_margin"], "455");
  EXPECT_EQ(buyer["reasons"], (nlohmann::json{"mark of market 1 1000 → 910"}));
  EXPECT_EQ(found["accounts"][1]["reasons"],
            (nlohmann::json{"collateral 100000 → 100005", "mark of market 1 1000 → 910"}));
}

// Nothing of it changes what an account is worth.
TEST_F(MirrorDiff, NamesEveryRowThatDiffers) {
  tell(OpCode::deposit, {account(3), Int{50'000}});
  tell(OpCode::place_order, {Int{3}, Int{1}, account(3), Int{1}, Int{990}, Int{4}, Int{0}, Int{0}});
  write("before.mirror", 42);
  tell(OpCode::cancel_order, {Int{3}, Int{4}});
  tell(OpCode::place_order, {Int{4}, Int{1}, account(3), Int{1}, Int{989}, Int{4}, Int{0}, Int{0}});
  tell(OpCode::insurance, {Int{7}});
  tell(OpCode::set_parameters, {Int{1}, Int{1000}, Int{500}, Int{3}, Int{0}});
  write("after.mirror", 44);
  ASSERT_EQ(lockstep({"mirror", "diff", file("before.mirror"), file("after.mirror")}), 0);
  EXPECT_THAT(out_, HasSubstr("the states differ in 4 rows, 5 fields; 0 of 3 accounts change, 0 newly liquidatable, 0 "
                              "no longer\n"
                              "    global insurance 0 → 7\n"
                              "    global next_order 4 → 5\n"
                              "    market 1 maker_fee_ppm 0 → 3\n"
                              "    order 3: a row → nothing\n"
                              "    order 4: nothing → a row\n"
                              "all "));
  ASSERT_EQ(lockstep({"--json", "mirror", "diff", file("before.mirror"), file("after.mirror"), "--limit", "4"}), 0);
  using nlohmann::json;
  const json differences = json::parse(out_)["differences"];
  EXPECT_EQ(differences["rows"], "4");
  EXPECT_EQ(differences["fields"], "5");
  ASSERT_EQ(differences["first"].size(), 4U);
  EXPECT_EQ(
      differences["first"][2],
      (json{
          {"table", "market"}, {"key", {{"market", 1}}}, {"field", "maker_fee_ppm"}, {"before", "0"}, {"after", "3"}}));
  EXPECT_EQ(
      differences["first"][3],
      (json{
          {"table", "order"}, {"key", {{"order", "3"}}}, {"field", nullptr}, {"before", "a row"}, {"after", nullptr}}));
  ASSERT_EQ(lockstep({"mirror", "diff", file("before.mirror"), file("after.mirror"), "--limit", "4"}), 0);
  EXPECT_THAT(out_, HasSubstr("    and 1 more (--limit)\n"));
}

TEST_F(MirrorDiff, ValuesOneStateUnderOtherRules) {
  text_file("v2.toml",
            "name = \"v2\"\ncollateral_haircut_bps = 5000\nrounding = { margin = \"bankers\" }\n"
            "[[market]]\nid = 1\ntaker_fee_ppm = 1000\n"
            "tiers = [ { initial_bps = 1000, maintenance_bps = 500 }, { above = 4000, initial_bps = 2000, "
            "maintenance_bps = 1000 } ]\n");
  ASSERT_EQ(
      lockstep({"mirror", "diff", file("before.mirror"), file("before.mirror"), "--rules-after", file("v2.toml")}), 0);
  EXPECT_THAT(out_, HasSubstr("the same state; 2 of 2 accounts change, 1 newly liquidatable"));
  EXPECT_THAT(out_, HasSubstr(to_hex(account(1)) +
                              "  equity 1300 → 650  initial 1000 → 1600  maintenance 500 → 800  closing fee 0 → 10  "
                              "NEWLY LIQUIDATABLE\n    rules of market 1\n    haircut of collateral\n    rounding\n"));
}

TEST_F(MirrorDiff, RefusesWhatItCannotRead) {
  EXPECT_EQ(lockstep({"mirror", "diff", file("none"), file("before.mirror")}), 66);
  text_file("broken.mirror", "LOCKSTEP-MIRROR\nno");
  EXPECT_EQ(lockstep({"mirror", "diff", file("broken.mirror"), file("before.mirror")}), 65);
  EXPECT_THAT(err_, HasSubstr("it is not a snapshot of a mirror"));
  const auto refused = [&](const std::string& rules) {
    text_file("bad.toml", rules);
    EXPECT_EQ(
        lockstep({"mirror", "diff", file("before.mirror"), file("before.mirror"), "--rules-after", file("bad.toml")}),
        65);
    return err_;
  };
  EXPECT_THAT(refused("collateral_haircut_bps = 1\n"), HasSubstr("\"name\" is missing"));
  EXPECT_THAT(refused("name = \"v2\"\nmargin = 1\n"),
              ::testing::AllOf(HasSubstr("unknown key \"margin\""), HasSubstr("bad.toml:2:1)")));
  EXPECT_THAT(refused("name = \"v2\"\n[[market]]\nid = 7\n"), HasSubstr("the mirror has no market 7"));
  EXPECT_THAT(
      refused("name = \"v2\"\n[[market]]\nid = 1\ntiers = [ { above = 5, initial_bps = 1, maintenance_bps = 1 } ]\n"),
      HasSubstr("market 1: its first tier is not above 0"));
  EXPECT_THAT(refused("name = \"v2\"\nrounding = { fee = \"down\" }\n"), HasSubstr("no rounding is called \"down\""));
}

}  // namespace
}  // namespace lockstep::app
