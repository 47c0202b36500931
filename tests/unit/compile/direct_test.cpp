// Plans for instances without a gate: what the account will send, and what only a gate could keep is refused.
#include <nlohmann/json.hpp>

#include "adapters/evm/render.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

const Address account = *fixed_from_hex<Address>("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");

settings::Protocol direct_protocol() {
  auto protocol = acme_protocol();
  protocol.operators = {.addresses = {account}, .threshold = 1, .faulty = 0};
  for (auto& instance : protocol.instances) {
    instance.direct = settings::DirectConfig{.account = account,
                                             .contracts = {"market"},
                                             .pause = "pause()",
                                             .unpause = "unpause()",
                                             .paused = "paused()(bool)"};
    instance.gate = account;
  }
  return protocol;
}

std::string direct_plan() {
  auto text = read_file("config/plan.toml");
  const auto from = text.find("halted_allow"), to = text.find("[[upgrade]]");
  return text.substr(0, from) + "oracle = []\nresume = [{ after = \"0s\", allow = [\"ALL\"] }]\n\n" + text.substr(to);
}

CompiledPlan compiled(const std::string& text) {
  auto plan = compile_text(text, direct_protocol());
  if (!plan) ADD_FAILURE() << join(plan.error());
  return plan.value();
}

TEST(Direct, TheAccountSendsPausesAndTwoOperationsOfTheTimelock) {
  const auto plan = compiled(direct_plan());
  EXPECT_TRUE(is_direct(plan));
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& instance = plan.instances[i];
    ASSERT_TRUE(instance.direct);
    const auto& setup = *instance.direct;
    EXPECT_TRUE(plan.plan.instances[i].push_breaker && plan.plan.instances[i].switches &&
                plan.plan.instances[i].revocable);
    EXPECT_EQ(account, instance.leaf.gate);
    ASSERT_EQ(1U, instance.leaf.halt_calls.size());
    EXPECT_EQ("0x8456cb59", to_hex(BytesView(instance.leaf.halt_calls[0].data))) << "pause()";
    EXPECT_EQ("0x3f4ba83a", to_hex(BytesView(instance.leaf.resume_calls[0].data))) << "unpause()";
    EXPECT_EQ("0x5c975abb", to_hex(BytesView(setup.contracts.at(0).paused))) << "paused()";
    ASSERT_EQ(1U, instance.leaf.switch_calls.size());
    EXPECT_EQ(instance.timelock, instance.leaf.switch_calls[0].target);
    EXPECT_EQ("0xe38335e5", to_hex(BytesView(instance.leaf.switch_calls[0].data)).substr(0, 10)) << "executeBatch";
    EXPECT_EQ(setup.forward.id, setup.back.predecessor) << "back cannot run first";
    EXPECT_NE(setup.forward.id, setup.back.id);
    EXPECT_EQ(declared_switch(instance).at(0).target, setup.contracts[0].address)
        << "people see the upgrade, not its wrapping";
    EXPECT_EQ(1U, instance.proxies.size());
    EXPECT_EQ(0U, instance.leaf.halted_mask);
  }
}

TEST(Direct, WhoQueuesTheOperationsAgreesToTheTimes) {
  const auto plan = compiled(direct_plan());
  const auto later = compiled(replaced(direct_plan(), "decide_by = \"45m\"", "decide_by = \"46m\""));
  EXPECT_NE(plan.instances[0].direct->forward.id, later.instances[0].direct->forward.id);
  EXPECT_NE(plan.instances[0].direct->back.id, later.instances[0].direct->back.id);
  EXPECT_NE(plan.plan.hash, later.plan.hash);
}

TEST(Direct, ThePageSaysThatTheAssuranceIsDegraded) {
  const auto document = settings::parse_plan(direct_plan(), "plan.toml", direct_protocol());
  ASSERT_TRUE(document) << join(document.error());
  const auto plan = compiled(direct_plan());
  const auto page = render_markdown(plan, *document);
  EXPECT_NE(page.find("**Assurance: degraded.**"), std::string::npos);
  EXPECT_NE(page.find(to_hex(plan.instances[0].direct->forward.id)), std::string::npos);
  EXPECT_EQ("degraded", render_json(plan, *document).at("assurance"));
  const auto proposal = proposal_json(plan).at("proposals").at(0);
  EXPECT_EQ(2U, proposal.at("operations").size());
  EXPECT_EQ(proposal["operations"][0]["id"], proposal["operations"][1]["predecessor"]);
  EXPECT_TRUE(
      render_json(acme_plan(), *settings::parse_plan(read_file("config/plan.toml"), "plan.toml", acme_protocol()))
          .at("assurance")
          .is_null());
}

TEST(Direct, WhatOnlyAGateCouldKeepIsRefused) {
  const auto refused = [](const std::string& from, const std::string& to) {
    return outcome(replaced(direct_plan(), from, to), direct_protocol());
  };
  EXPECT_EQ("ok", outcome(direct_plan(), direct_protocol()));
  EXPECT_NE(refused("resume = [{ after = \"0s\"", "resume = [{ after = \"9s\"").find("opens everything at once"),
            std::string::npos);
  EXPECT_NE(refused("resume = [", "halted_allow = [\"ORACLE\"]\nresume = [").find("nothing by class"),
            std::string::npos);
  EXPECT_NE(refused("oracle = []",
                    "oracle_age_max = \"60s\"\noracle = [{ contract = \"feed\", call = \"updatedAt()(uint64)\" }]")
                .find("while prices are old"),
            std::string::npos);
  EXPECT_NE(refused("rollback = {", "halt = { call = \"stop()\" }\nresume = { call = \"go()\" }\nrollback = {")
                .find("are the protocol file's"),
            std::string::npos);
  EXPECT_NE(refused("switch   = { call", "switch   = { value = 1, call").find("sends value"), std::string::npos);
  EXPECT_NE(refused("rollback = { call = \"upgradeToAndCall(address,bytes)\", args = [\"${old_impl}\", \"0x\"] "
                    "}\n\n[upgrade.expect]",
                    "revocable = false\n\n[upgrade.expect]\nold_implementation = \"${old_impl}\"")
                .find("needs a switch and a rollback"),
            std::string::npos);
}

TEST(Direct, ACallWithArgumentsPausesNothing) {
  auto protocol = direct_protocol();
  protocol.instances[0].direct->pause = "pause(uint8)";
  EXPECT_NE(outcome(direct_plan(), protocol).find("pause(uint8) takes arguments"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::evm::test
