// Plans that do not switch every instance, and what their instances count as.
#include <nlohmann/json.hpp>
#include <set>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/render.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

const std::string plan_text = read_file("config/plan.toml");

const std::string network_text = read_file("tests/golden/network_plan.toml");
const std::string market_code = "0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

std::string network_plan(const std::string& activation) {
  return replaced(network_text, "{ time = 2026-12-01T14:10:00Z }", activation);
}

settings::Protocol with_bare_home() {
  auto protocol = acme_protocol();
  protocol.instances[0].contracts.clear();
  return protocol;
}

TEST(PlanKinds, AProtocolPlanSwitchesEverywhereAndCanGoBack) {
  const auto plan = acme_plan();
  EXPECT_EQ(coordinator::PlanKind::protocol, plan.plan.kind);
  EXPECT_FALSE(plan.network || plan.plan.halt_on_interference);
  for (const auto& instance : plan.plan.instances) EXPECT_TRUE(instance.switches && instance.revocable);
}

TEST(PlanKinds, ANetworkPlanSwitchesNothingAndCountsFromTheActivation) {
  const auto plan = compile_text(network_plan("{ time = 2026-12-01T14:10:00Z }"));
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_EQ(coordinator::PlanKind::network, plan->plan.kind);
  for (const auto& instance : plan->plan.instances) EXPECT_TRUE(!instance.switches && instance.revocable);
  const auto halt_at = plan->plan.window.halt_at;
  EXPECT_EQ(halt_at, plan->instances[0].onset.time) << "the other chain: its halt";
  EXPECT_EQ(halt_at + 600, plan->instances[1].onset.time);
  EXPECT_EQ(0U, plan->instances[1].onset.num);
  EXPECT_EQ(1U, plan->network.value().instance);
  EXPECT_EQ(4U, plan->network->block_interval_max_s);
  for (const auto& instance : plan->instances) {
    const auto& leaf = instance.leaf;
    EXPECT_TRUE(leaf.switch_calls.empty() && leaf.rollback_calls.empty() && leaf.halt_calls.size() == 1);
    ASSERT_EQ(1U, instance.observed.size());
    EXPECT_EQ(market_code, to_hex(leaf.new_code.at(0).code_hash));
    EXPECT_EQ(leaf.new_code.at(0).code_hash, leaf.old_code.at(0).code_hash);
    EXPECT_EQ(leaf.new_reads.at(0).operand, leaf.old_reads.at(0).operand);
  }
  const auto document = nlohmann::json::parse(plan->document);
  EXPECT_EQ("network", document.at("kind"));
  EXPECT_EQ(halt_at + 600, document.at("network").at("activation").at("time"));

  const auto by_block = compile_text(network_plan("{ block = 25000000 }"));
  ASSERT_TRUE(by_block) << join(by_block.error());
  EXPECT_EQ(halt_at, by_block->instances[1].onset.time) << "not before the halt either";
  EXPECT_EQ(25'000'000U, by_block->instances[1].onset.num);
  EXPECT_NE(plan->plan.hash, by_block->plan.hash);

  const auto margins = compile_text(replaced(network_text, "block_interval_max = \"4s\"", "margin_deviations = 4"));
  ASSERT_TRUE(margins) << join(margins.error());
  EXPECT_EQ(4U, margins->network->margin_deviations);
  EXPECT_EQ(4, nlohmann::json::parse(margins->document).at("network").at("margin_deviations"));
  auto unmirrored = acme_protocol();
  unmirrored.events.clear();
  const auto refused =
      compile_text(replaced(network_text, "block_interval_max = \"4s\"", "margin_deviations = 4"), unmirrored);
  ASSERT_FALSE(refused);
  EXPECT_NE(join(refused.error()).find("margins cannot be judged: acme-perps has no mirror"), std::string::npos)
      << join(refused.error());
}

TEST(PlanKinds, ABareHomeOnlyOrdersTheDecision) {
  auto text = replaced(plan_text, "chains = [\"*\"]", "chains = [\"base\"]");
  const auto vars = text.find("[vars.ethereum]"), next = text.find("[vars.base]");
  text = text.substr(0, vars) + text.substr(next);
  const auto plan = compile_text(text, with_bare_home());
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_FALSE(plan->plan.instances[0].switches);
  EXPECT_TRUE(plan->plan.instances[1].switches);
  EXPECT_TRUE(plan->instances[0].bare && plan->instances[0].leaf.oracles.empty());
  EXPECT_EQ(plan->plan.window.halt_at, plan->instances[0].onset.time);
  // With contracts it must be said, so that a chain is not forgotten.
  EXPECT_NE(outcome(text).find("no [[upgrade]] for chain \"ethereum\""), std::string::npos);
  const auto said = compile_text("unchanged = [\"ethereum\"]\n" + text);
  ASSERT_TRUE(said) << join(said.error());
  EXPECT_FALSE(said->plan.instances[0].switches);
}

TEST(PlanKinds, ABeaconIsAnyCallAndTheCodeItNamesIsObserved) {
  auto protocol = acme_protocol();
  const auto place = [](const char* digits) {
    return fixed_from_hex<Address>("0x" + std::string(38, '0') + digits).value();
  };
  for (std::size_t i = 0; i < 2; ++i) {
    auto& contracts = protocol.instances[i].contracts;
    contracts["market"].proxy = "none";
    contracts["beacon"] = {.address = place("b0"), .abi = ""};
    contracts["new"] = {.address = place("c2"), .abi = ""};
    contracts["old"] = {.address = place("c1"), .abi = ""};
  }
  auto text = replaced(plan_text, "contract = \"market\"", "contract = \"beacon\"");
  text = replaced(text, "upgradeToAndCall(address,bytes)\", args = [\"${impl}\", \"${init}\"]",
                  "upgradeTo(address)\", args = [\"${contract.new}\"]");
  text = replaced(text, "upgradeToAndCall(address,bytes)\", args = [\"${old_impl}\", \"0x\"]",
                  "upgradeTo(address)\", args = [\"${contract.old}\"]");
  text = replaced(text, "codehash = \"${impl_codehash}\"", "codehash = \"" + market_code + "\"");  // the beacon's own
  text = replaced(text, "old_codehash = \"${old_codehash}\"", "old_codehash = \"" + market_code + "\"");
  text = replaced(text, "init = \"0x8129fc1c\"\n", "");
  const auto vars = text.find("[vars.ethereum]"), rest = text.find("# Not every instance");
  text = text.substr(0, vars) + text.substr(rest);
  text = replaced(text, "  \"erc1967.implementation\",\n  \"initializable.version=2\",\n", "");
  text = replaced(text, "07\", value = \"750000\"", "01\", value = \"194\"");  // 0xc2
  text = replaced(text, "[vars]\n", R"([[observe]]
chains = ["*"]
contract = "market"
[[observe]]
chains = ["*"]
contract = "new"
codehash = "${impl_codehash}"
[[observe]]
chains = ["*"]
contract = "old"
codehash = "${old_codehash}"

[vars]
)");
  const auto plan = compile_text(text, protocol);
  ASSERT_TRUE(plan) << join(plan.error());
  for (const auto& instance : plan->instances) {
    EXPECT_TRUE(instance.proxies.empty());
    ASSERT_EQ(1U, instance.writes.size());
    EXPECT_EQ(place("b0"), instance.writes[0].account);
    EXPECT_EQ(Uint256(0xc2), instance.writes[0].value);
    EXPECT_EQ(3U, instance.observed.size());
    EXPECT_EQ(place("b0"), instance.leaf.switch_calls.at(0).target);
    for (const auto* codes : {&instance.leaf.new_code, &instance.leaf.old_code}) {
      std::set<Address> accounts;
      for (const auto& code : *codes) accounts.insert(code.account);
      EXPECT_EQ((std::set<Address>{place("b0"), place("c1"), place("c2")}), accounts)
          << "all are there before and after";
    }
  }
}

/// The gate only executes what governance queued in a timelock that was there before.
TEST(PlanKinds, WhatATimelockExecutesIsSeenThrough) {
  auto protocol = acme_protocol();
  const auto upgrader = *fixed_from_hex<Address>("0x9000000000000000000000000000000000000009");
  for (auto& instance : protocol.instances) instance.upgrader = settings::GovernanceRef{.address = upgrader};
  const auto plain = acme_plan();
  auto text = plan_text;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& leaf = plain.instances[i].leaf;
    const auto heading = "[vars." + plain.instances[i].chain + "]\n";
    const auto data = [](const std::vector<Call>& calls) { return to_hex(BytesView(calls.at(0).data)); };
    text = replaced(
        text, heading,
        heading + "forward = \"" + data(leaf.switch_calls) + "\"\nback = \"" + data(leaf.rollback_calls) + "\"\n");
  }
  const auto executes = [](const char* which, const char* salt) {
    const std::string word(62, '0');
    return "{ contract = \"upgrader\", call = \"executeBatch(address[],uint256[],bytes[],bytes32,bytes32)\", args = "
           "[[\"${contract.market}\"], [0], [\"${" +
           std::string(which) + "}\"], \"0x00" + word + "\", \"0x" + salt + word + "\"] }";
  };
  text = replaced(text, "{ call = \"upgradeToAndCall(address,bytes)\", args = [\"${impl}\", \"${init}\"] }",
                  executes("forward", "01"));
  text = replaced(text, "{ call = \"upgradeToAndCall(address,bytes)\", args = [\"${old_impl}\", \"0x\"] }",
                  executes("back", "02"));
  for (const auto* unused : {"init = \"0x8129fc1c\"\n", "impl = \"0x6000000000000000000000000000000000000001\"\n",
                             "impl = \"0x6000000000000000000000000000000000000002\"\n",
                             "old_impl = \"0x7000000000000000000000000000000000000001\"\n",
                             "old_impl = \"0x7000000000000000000000000000000000000002\"\n"})
    text = replaced(text, unused, "");
  const auto plan = compile_text(text, protocol);
  ASSERT_TRUE(plan) << join(plan.error());
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& leaf = plan->instances[i].leaf;
    ASSERT_EQ(1U, plan->instances[i].proxies.size());
    EXPECT_EQ(plain.instances[i].proxies.at(0).new_implementation, plan->instances[i].proxies[0].new_implementation);
    EXPECT_EQ(plain.instances[i].proxies[0].old_implementation, plan->instances[i].proxies[0].old_implementation);
    EXPECT_EQ(upgrader, leaf.switch_calls.at(0).target);
    const auto execution = direct::execution_of(leaf.switch_calls[0]).value();
    EXPECT_EQ(upgrader, execution.timelock);
    EXPECT_EQ(direct::operation_id(execution.operation), execution.operation.id);
    EXPECT_EQ(plain.instances[i].leaf.switch_calls.at(0).data, execution.operation.calls.at(0).data);
    EXPECT_FALSE(direct::execution_of(execution.operation.calls[0]).has_value());
  }
  const auto document = settings::parse_plan(text, "plan.toml", protocol);
  ASSERT_TRUE(document) << join(document.error());
  const auto page = render_json(*plan, *document);
  const auto& shown = page.at("instances").at(0).at("switch_calls").at(0).at("runs").at(0);
  EXPECT_EQ("upgradeToAndCall(address,bytes)", shown.at("function"));
  EXPECT_EQ(abi::checksum(plan->instances[0].proxies[0].new_implementation),
            shown.at("arguments").at(0).at("value").get<std::string>());
  EXPECT_NE(std::string::npos, render_markdown(*plan, *document).find("   - which runs, on `"));
}

std::string irrevocable(const std::string& chains) {
  auto text = replaced(plan_text,
                       "rollback = { call = \"upgradeToAndCall(address,bytes)\", args = [\"${old_impl}\", \"0x\"] }\n",
                       "revocable = false\n");
  text = replaced(text, "codehash = \"${impl_codehash}\" ",
                  "old_implementation = \"${old_impl}\"\ncodehash = \"${impl_codehash}\" ");
  return replaced(text, "chains = [\"*\"]", "chains = [" + chains + "]");
}

TEST(PlanKinds, OneChainMayBeUnableToGoBack) {
  auto text = irrevocable("\"base\"");
  const auto vars = text.find("[vars.ethereum]"), next = text.find("[vars.base]");
  text = "unchanged = [\"ethereum\"]\n" + text.substr(0, vars) + text.substr(next);
  const auto plan = compile_text(text);
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_TRUE(plan->plan.instances[0].revocable) << "there is nothing to take back";
  EXPECT_TRUE(plan->plan.instances[1].switches);
  EXPECT_FALSE(plan->plan.instances[1].revocable);
  EXPECT_TRUE(plan->instances[1].leaf.rollback_calls.empty());
  EXPECT_EQ(false, nlohmann::json::parse(plan->document).at("instances").at(1).at("revocable"));
  EXPECT_NE(outcome(irrevocable("\"*\"")).find("more than one chain cannot be rolled back: ethereum, base"),
            std::string::npos);
}

TEST(PlanKinds, HaltOnInterferenceIsPartOfWhatIsHashed) {
  const auto plan = compile_text(replaced(plan_text, "[policy]\n", "[policy]\nhalt_on_interference = true\n"));
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_TRUE(plan->plan.halt_on_interference);
  EXPECT_NE(acme_plan().plan.hash, plan->plan.hash);
  const auto off = compile_text(replaced(plan_text, "[policy]\n", "[policy]\nhalt_on_interference = false\n"));
  ASSERT_TRUE(off) << join(off.error());
  EXPECT_EQ(acme_plan().plan.hash, off->plan.hash);
}

TEST(PlanKinds, ThePageSaysWhatIsObservedAndWhatCannotGoBack) {
  const auto protocol = acme_protocol();
  const auto document = settings::parse_plan(network_plan("{ block = 25000000 }"), "plan.toml", protocol);
  ASSERT_TRUE(document) << join(document.error());
  const auto plan = compile(*document, protocol, chain_ids);
  ASSERT_TRUE(plan) << join(plan.error());
  const auto page = render_markdown(*plan, *document);
  for (const auto* part :
       {"**the base layer of base changes** | at block 25000000", "mean block interval after it | at most 4 s",
        "finality lag after it | no bound", "maintenance margin after it | not judged", "nothing is switched here",
        "none of its storage may change"})
    EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
  const auto json = render_json(*plan, *document);
  EXPECT_EQ("network", json.at("kind"));
  EXPECT_EQ(60, json.at("policy").at("oracle_age_max_s"));
}

}  // namespace
}  // namespace lockstep::evm::test
