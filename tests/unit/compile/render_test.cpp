#include "adapters/evm/render.hpp"

#include <nlohmann/json.hpp>

#include "adapters/evm/abi.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

settings::PlanDocument acme_document() {
  return settings::parse_plan(read_file("config/plan.toml"), "plan.toml", acme_protocol()).value();
}

TEST(Render, PageIsTheCommittedOne) {
  const auto page = render_markdown(acme_plan(), acme_document());
  const std::string golden = "tests/golden/acme_plan.page.md";
  if (std::getenv("LOCKSTEP_REWRITE") != nullptr) std::ofstream(source_dir + "/" + golden) << page;
  EXPECT_EQ(page, read_file(golden));
}

TEST(Render, CallsAreDecodedFromTheLeaf) {
  auto plan = acme_plan();
  // The last byte of the first argument, which the plan's text does not know was changed.
  plan.instances[0].leaf.switch_calls[0].data[35] = 0x99;
  const auto page = render_json(plan, acme_document());
  EXPECT_EQ(page["instances"][0]["switch_calls"][0]["arguments"][0]["value"],
            "0x6000000000000000000000000000000000000099");
}

TEST(Render, SaysWhatIsTolerated) {
  auto plan = acme_plan();
  plan.tolerances = {{mirror::Table::account, "collateral", 2, 7}, {mirror::Table::account, "equity", 5, 0}};
  const auto page = render_markdown(plan, acme_document());
  EXPECT_NE(page.find("| tolerated: account collateral | 2 of a row, 7 of all rows together |\n"
                      "| tolerated: account equity | 5 of a row, any sum of all rows together |\n"),
            std::string::npos)
      << page;
  EXPECT_EQ(render_json(plan, acme_document())["policy"]["tolerances"][1]["sum_at_most"], nullptr);
}

TEST(Render, ProposalHasOneActionPerChain) {
  const auto plan = acme_plan();
  const auto proposal = proposal_json(plan);
  ASSERT_EQ(proposal["proposals"].size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& one = proposal["proposals"][i];
    EXPECT_EQ(one["targets"], nlohmann::json::array({abi::checksum(plan.instances[i].leaf.gate)}));
    EXPECT_EQ(one["values"], nlohmann::json::array({"0"}));
    EXPECT_EQ(one["calldatas"], nlohmann::json::array({to_hex(arm_calldata(plan, i))}));
    EXPECT_NE(one["description"].get<std::string>().find(to_hex(plan.plan.hash)), std::string::npos);
  }
}

}  // namespace
}  // namespace lockstep::evm::test
