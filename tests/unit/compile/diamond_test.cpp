// Plans that cut a diamond.
#include <nlohmann/json.hpp>

#include "adapters/evm/render.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

settings::Protocol diamonds() {
  auto protocol = acme_protocol();
  for (auto& instance : protocol.instances) instance.contracts["market"].proxy = "diamond";
  return protocol;
}

std::string cut(const std::string& facet, unsigned action, const std::string& selectors) {
  return "[\"" + facet + "\", " + std::to_string(action) + ", [" + selectors + "]]";
}

std::string call(const std::string& cuts) {
  return "{ call = \"diamondCut((address,uint8,bytes4[])[],address,bytes)\", args = [[" + cuts + "], \"0x" +
         std::string(40, '0') + "\", \"0x\"] }";
}

const std::string nowhere = "0x" + std::string(40, '0');

/// Function 11111111 moves to another facet, 22222222 comes.
std::string cutting_plan() {
  auto text = replaced(read_file("config/plan.toml"),
                       "{ call = \"upgradeToAndCall(address,bytes)\", args = [\"${impl}\", \"${init}\"] }",
                       call(cut("${impl}", 1, "\"0x11111111\"") + ", " + cut("${impl}", 0, "\"0x22222222\"")));
  text = replaced(text, "{ call = \"upgradeToAndCall(address,bytes)\", args = [\"${old_impl}\", \"0x\"] }",
                  call(cut("${old_impl}", 1, "\"0x11111111\"") + ", " + cut(nowhere, 2, "\"0x22222222\"")));
  const auto loupe = [](const std::string& selector, const std::string& facet) {
    return "{ call = \"facetAddress(bytes4)(address)\", args = [\"" + selector + "\"], equals = \"" + facet + "\" }, ";
  };
  text = replaced(text, "\nreads = [", "\nreads = [" + loupe("0x11111111", "${impl}") + loupe("0x22222222", "${impl}"));
  text = replaced(text, "\nold_reads = [",
                  "\nold_reads = [" + loupe("0x11111111", "${old_impl}") + loupe("0x22222222", nowhere));
  text = replaced(text, "init = \"0x8129fc1c\"\n", "");
  return replaced(text, "  \"erc1967.implementation\",\n", "");
}

TEST(CutPlan, SaysWhichVersionsItGoesBetween) {
  const auto plan = compile_text(cutting_plan(), diamonds());
  ASSERT_TRUE(plan) << join(plan.error());
  for (const auto& instance : plan->instances) {
    EXPECT_TRUE(instance.proxies.empty());
    ASSERT_EQ(1U, instance.diamonds.size());
    EXPECT_EQ("market", instance.diamonds[0].contract);
    EXPECT_EQ("0x" + std::string(64, 'a'), to_hex(instance.diamonds[0].new_version));
    EXPECT_EQ("0x" + std::string(64, 'b'), to_hex(instance.diamonds[0].old_version));
    EXPECT_TRUE(instance.leaf.new_code.empty()) << "a version is no code hash";
  }
  const auto told = nlohmann::json::parse(plan->document).at("instances").at(0).at("diamonds").at(0);
  EXPECT_EQ("0x" + std::string(64, 'a'), told.at("new_version"));
  const auto document = settings::parse_plan(cutting_plan(), "plan.toml", diamonds());
  ASSERT_TRUE(document) << join(document.error());
  const auto page = render_markdown(*plan, *document);
  EXPECT_NE(page.find("a diamond: version `0x" + std::string(64, 'b') + "` → `0x" + std::string(64, 'a')),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("diamondCut"), std::string::npos);
}

/// As the page shows a cut that the plan makes itself: in words, not as bytes of an argument.
TEST(CutPlan, ACutThatATimelockExecutesIsReadable) {
  const auto plain = compile_text(cutting_plan(), diamonds());
  ASSERT_TRUE(plain) << join(plain.error());
  auto protocol = diamonds();
  for (auto& instance : protocol.instances)
    instance.upgrader =
        settings::GovernanceRef{.address = *fixed_from_hex<Address>("0x9000000000000000000000000000000000000009")};
  auto text = cutting_plan();
  for (const auto& instance : plain->instances) {
    const auto heading = "[vars." + instance.chain + "]\n";
    const auto data = [](const std::vector<Call>& calls) { return to_hex(BytesView(calls.at(0).data)); };
    text = replaced(text, heading,
                    heading + "forward = \"" + data(instance.leaf.switch_calls) + "\"\nback = \"" +
                        data(instance.leaf.rollback_calls) + "\"\n");
  }
  const auto executes = [](const std::string& which, const std::string& salt) {
    const std::string word(62, '0');
    return "{ contract = \"upgrader\", call = \"execute(address,uint256,bytes,bytes32,bytes32)\", args = "
           "[\"${contract.market}\", 0, \"${" +
           which + "}\", \"0x00" + word + "\", \"0x" + salt + word + "\"] }";
  };
  text = replaced(text, call(cut("${impl}", 1, "\"0x11111111\"") + ", " + cut("${impl}", 0, "\"0x22222222\"")),
                  executes("forward", "01"));
  text = replaced(text, call(cut("${old_impl}", 1, "\"0x11111111\"") + ", " + cut(nowhere, 2, "\"0x22222222\"")),
                  executes("back", "02"));
  const auto plan = compile_text(text, protocol);
  ASSERT_TRUE(plan) << join(plan.error());
  const auto document = settings::parse_plan(text, "plan.toml", protocol);
  ASSERT_TRUE(document) << join(document.error());
  const auto own = settings::parse_plan(cutting_plan(), "plan.toml", diamonds());
  ASSERT_TRUE(own) << join(own.error());
  for (const auto* side : {"switch_calls", "rollback_calls"}) {
    const auto inner = render_json(*plan, *document).at("instances").at(0).at(side).at(0).at("runs").at(0);
    const auto outer = render_json(*plain, *own).at("instances").at(0).at(side).at(0);
    EXPECT_EQ("diamondCut((address,uint8,bytes4[])[],address,bytes)", inner.at("function"));
    ASSERT_EQ(3U, inner.at("arguments").size());
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(outer.at("arguments").at(i).at("value"), inner.at("arguments").at(i).at("value"));
  }
}

TEST(CutPlan, WhatTheRollbackDoesNotTakeBackIsRefused) {
  EXPECT_NE(outcome(replaced(cutting_plan(), cut(nowhere, 2, "\"0x22222222\""), cut(nowhere, 2, "\"0x33333333\"")),
                    diamonds())
                .find("the rollback of market is not the inverse of its switch"),
            std::string::npos);
  EXPECT_NE(outcome(replaced(cutting_plan(), ", " + cut(nowhere, 2, "\"0x22222222\""), ""), diamonds())
                .find("function 0x22222222 is not left as it was"),
            std::string::npos);
}

TEST(CutPlan, AFacetThatTheGateWouldNotLookAtIsRefused) {
  const auto text =
      replaced(cutting_plan(),
               "{ call = \"facetAddress(bytes4)(address)\", args = [\"0x22222222\"], equals = \"${impl}\" }, ", "");
  const auto said = outcome(text, diamonds());
  EXPECT_NE(said.find("expect.reads of market lacks facetAddress(0x22222222)"), std::string::npos) << said;
  EXPECT_NE(said.find("equals = \"0x6000000000000000000000000000000000000001\""), std::string::npos) << said;
}

TEST(CutPlan, OneThatCutsNothingIsRefused) {
  auto protocol = diamonds();
  const auto said = outcome(read_file("config/plan.toml"), protocol);
  EXPECT_NE(said.find("no switch call cuts the diamond market"), std::string::npos) << said;
}

}  // namespace
}  // namespace lockstep::evm::test
