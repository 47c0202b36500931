#include "tests/unit/settings/bad.hpp"

namespace lockstep::settings::test {
namespace {

Protocol acme() {
  auto protocol = load_protocol(source_dir + "/config/protocols/acme-perps.toml");
  if (!protocol) ADD_FAILURE() << text_of(protocol.error());
  return protocol.value();
}

std::string plan_refusals(const std::string& text) {
  static const auto protocol = acme();
  const auto plan = parse_plan(text, "plan.toml", protocol);
  return plan ? "" : text_of(plan.error());
}

std::string protocol_refusals(const std::string& text) {
  const Folder folder;
  const auto loaded = load_protocol(folder.put("acme.toml", text));
  return loaded ? "" : text_of(loaded.error(), folder.path());
}

TEST(Plan, ExampleParses) {
  const auto plan = parse_plan(read_file("config/plan.toml"), "plan.toml", acme());
  ASSERT_TRUE(plan) << text_of(plan.error());
  EXPECT_EQ(plan->halt_at, 1796133600u);
  EXPECT_EQ(plan->arm_by, plan->halt_at - 600);
  EXPECT_EQ(plan->switch_by, plan->halt_at + 1800);
  EXPECT_EQ(plan->decide_by, plan->halt_at + 2700);
  EXPECT_EQ(plan->soak_s, 7200u);
  ASSERT_EQ(plan->instances.size(), 2u);
  EXPECT_EQ(plan->instances[1].chain, "base");
  EXPECT_EQ(plan->instances[0].switch_calls[0].args[0], "0x6000000000000000000000000000000000000001");
  EXPECT_EQ(plan->instances[1].switch_calls[0].args[0], "0x6000000000000000000000000000000000000002");
  EXPECT_EQ(plan->instances[0].switch_calls[0].contract, "market");
  EXPECT_EQ(plan->instances[0].new_reads[0].operand, "2");
  EXPECT_EQ(plan->instances[0].new_reads[1].args, std::vector<std::string>{"1"});
  EXPECT_EQ(plan->instances[0].writes[1].value, "2");
  EXPECT_EQ(plan->instances[0].deltas[0].key.at("market"), "1");
}

TEST(Plan, TimeMayBeText) {
  const auto text = replaced(read_file("config/plan.toml"), "2026-12-01T14:00:00Z", "\"2026-12-01T15:00:00+01:00\"");
  const auto plan = parse_plan(text, "plan.toml", acme());
  ASSERT_TRUE(plan) << text_of(plan.error());
  EXPECT_EQ(plan->halt_at, 1796133600u);
}

TEST(Plan, WhatIsSwitchedLastIsRolledBackFirst) {
  auto text = read_file("config/plan.toml") + R"toml(
[[upgrade]]
chains = ["base"]
contract = "feed"
switch = [{ call = "setSource(address)", args = ["${contract.market}"] }, { call = "on()" }]
rollback = [{ call = "off()" }, { call = "setSource(address)", args = ["${timelock}"] }]
expect = { codehash = "${impl_codehash}", old_codehash = "${impl_codehash}" }
)toml";
  const auto plan = parse_plan(text, "plan.toml", acme());
  ASSERT_TRUE(plan) << text_of(plan.error());
  EXPECT_EQ(plan->instances[0].switch_calls.size(), 1u);
  const auto& base = plan->instances[1];
  ASSERT_EQ(base.switch_calls.size(), 3u);
  EXPECT_EQ(base.switch_calls[1].args[0], "0x4000000000000000000000000000000000000002");
  ASSERT_EQ(base.rollback.size(), 3u);
  EXPECT_EQ(base.rollback[0].signature, "off()");
  EXPECT_EQ(base.rollback[1].args[0], "0x2000000000000000000000000000000000000002");
  EXPECT_EQ(base.rollback[2].contract, "market");
}

TEST(Plan, NestedArgumentsBecomeJson) {
  const auto text =
      replaced(read_file("config/plan.toml"), "args = [1], not_zero", "args = [[1, [\"${init}\", true]]], not_zero");
  const auto plan = parse_plan(text, "plan.toml", acme());
  ASSERT_TRUE(plan) << text_of(plan.error());
  EXPECT_EQ(plan->instances[0].new_reads[1].args[0], R"([1,["0x8129fc1c",true]])");
}

TEST(Plan, RefusalsSayWhatWhereWhyNext) {
  const std::string rollback =
      "rollback = { call = \"upgradeToAndCall(address,bytes)\", args = [\"${old_impl}\", \"0x\"] }\n";
  const std::string oracle =
      "oracle = [{ contract = \"feed\", call = \"updatedAt()(uint64)\" }]    # write [] to accept prices of any age\n";
  expect_golden(
      "tests/golden/plan_refusals.txt", read_file("config/plan.toml"),
      {{"unknown key", "halt_at =", "haltat ="},
       {"unknown key in an upgrade", "contract = \"market\" ", "contrat = \"market\" "},
       {"rollback missing", rollback, "\n"},
       {"rollback empty", rollback, "rollback = []\n"},
       {"another protocol", "protocol = \"acme-perps\"", "protocol = \"acme\""},
       {"epoch zero", "epoch = 1", "epoch = 0"},
       {"time without offset", "2026-12-01T14:00:00Z", "2026-12-01T14:00:00"},
       {"time with a fraction", "2026-12-01T14:00:00Z", "2026-12-01T14:00:00.5Z"},
       {"duration", "\"30m\"", "\"30 minutes\""},
       {"no notice", "\"10m\"", "\"0s\""},
       {"windows that do not meet", "decide_by = \"45m\"", "decide_by = \"30m\""},
       {"decide before switch", "decide_by = \"45m\"", "decide_by = \"10m\""},
       {"no time to switch", "switch_by = \"30m\"", "switch_by = \"2s\""},
       {"stages out of order", "after = \"60s\"", "after = \"121s\""},
       {"two stages at once", "after = \"60s\"", "after = \"0s\""},
       {"last stage is not ALL", "allow = [\"ALL\"]", "allow = [\"TRADE\"]"},
       {"liquidate first", "allow = [\"CANCEL\", \"DEPOSIT\"]", "allow = [\"LIQUIDATE\", \"DEPOSIT\"]"},
       {"unknown class", "\"REDUCE\"", "\"REDUCES\""},
       {"trade while halted", "halted_allow = [\"ORACLE\"]", "halted_allow = [\"TRADE\"]"},
       {"oracle missing", oracle, "\n"},
       {"oracle age missing", "oracle_age_max = \"60s\"\n", "\n"},
       {"codehash missing", "codehash = \"${impl_codehash}\" ", "# "},
       {"codehash zero", "impl_codehash = \"0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        "impl_codehash = \"0x0000000000000000000000000000000000000000000000000000000000000000\""},
       {"codehash short", "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0xaaaa"},
       {"codehash unchanged", "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
       {"variable unset", "[vars.base]\nimpl =", "[vars.base]\nimpll ="},
       {"variable unused", "[vars]\n", "[vars]\nspare = 1\n"},
       {"variable unclosed", "\"${init}\"", "\"${init\""},
       {"vars of no chain", "[vars.base]", "[vars.bse]"},
       {"chain unknown", "chains = [\"*\"]", "chains = [\"ethereum\", \"bse\"]"},
       {"instance without an upgrade", "chains = [\"*\"]", "chains = [\"ethereum\"]"},
       {"read without comparison", ", equals = 2 }", " }"},
       {"read with two", ", equals = 2 }", ", equals = 2, at_least = 1 }"},
       {"not_zero false", "not_zero = true", "not_zero = false"},
       {"halt without resume", "[upgrade.expect]", "halt = { call = \"pause()\" }\n[upgrade.expect]"},
       {"float argument", "args = [1], not_zero", "args = [1.5], not_zero"},
       {"duplicate key", "epoch = 1", "epoch = 1\nepoch = 2"},
       {"kind", "epoch = 1", "epoch = 1\nkind = \"fork\""},
       {"network plan with an upgrade", "epoch = 1", "epoch = 1\nkind = \"network\""},
       {"network without the kind", "[policy]\n",
        "[network]\nchain = \"base\"\nactivation = { block = 7 }\n[policy]\n"},
       {"activation twice", "epoch = 1",
        "epoch = 1\nkind = \"network\"\nnetwork = { chain = \"bse\", activation = { block = 7, time = "
        "2026-12-01T14:00:30Z } }"},
       {"activation after the window", "epoch = 1",
        "epoch = 1\nkind = \"network\"\nnetwork = { chain = \"base\", activation = { time = 2026-12-01T14:40:00Z } }"},
       {"deviations of none", "epoch = 1",
        "epoch = 1\nkind = \"network\"\nnetwork = { chain = \"base\", activation = { block = 7 }, margin_deviations = "
        "0 }"},
       {"unchanged and upgraded", "epoch = 1", "epoch = 1\nunchanged = [\"base\"]"},
       {"two that cannot go back", rollback, "revocable = false\n"},
       {"irrevocable with a rollback", "[upgrade.expect]", "revocable = false\n[upgrade.expect]"}},
      plan_refusals);
}

TEST(Protocol, RefusalsSayWhatWhereWhyNext) {
  const std::string second_operator = ", \"0x70997970C51812dc3A010C7d01b50e0d17dc79C8\"";
  expect_golden(
      "tests/golden/protocol_refusals.txt", read_file("config/protocols/acme-perps.toml"),
      {{"home unknown", "home = \"ethereum\"", "home = \"etherum\""},
       {"no operators", "[operators] ", "[operator] "},
       {"operator twice", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"},
       {"threshold too low", "threshold = 2", "threshold = 1"},
       {"threshold too high", "threshold = 2", "threshold = 3"},
       {"zero gate", "0x1000000000000000000000000000000000000001", "0x0000000000000000000000000000000000000000"},
       {"bad gate", "0x1000000000000000000000000000000000000001", "0x10"},
       {"no gate", "gate = \"0x1000000000000000000000000000000000000001\"", ""},
       {"one without a gate", "gate = \"0x1000000000000000000000000000000000000001\"",
        "direct = { account = \"0x1000000000000000000000000000000000000001\", contracts = [\"market\", \"vault\"] }"},
       {"upgrader that arms", "gate = \"0x1000000000000000000000000000000000000001\"",
        "gate = \"0x1000000000000000000000000000000000000001\"\nupgrader = { address = "
        "\"0x2000000000000000000000000000000000000001\" }"},
       {"upgrader without a gate", "gate = \"0x1000000000000000000000000000000000000001\"",
        "direct = { account = \"0x1000000000000000000000000000000000000001\", contracts = [\"market\"] }\nupgrader = { "
        "address = \"0x9000000000000000000000000000000000000001\", kind = \"rbac\" }"},
       {"gate and direct", "gate = \"0x1000000000000000000000000000000000000001\"",
        "gate = \"0x1000000000000000000000000000000000000001\"\ndirect = { account = "
        "\"0x1000000000000000000000000000000000000001\", contracts = [] }"},
       {"kind of timelock", "timelock = { address = \"0x2000000000000000000000000000000000000001\", kind = \"oz\" }",
        "timelock = { address = \"0x2000000000000000000000000000000000000001\", kind = \"aave\" }"},
       {"proxy kind", "proxy = \"erc1967\"", "proxy = \"beacon\""},
       {"chain twice", "chain = \"base\"", "chain = \"ethereum\""},
       {"reserved name", "feed = {", "gate = {"},
       {"no bind", "bind = { account = \"account\", amount = \"amount\" }\n", "\n"},
       {"unknown key", "op = \"deposit\"", "operation = \"deposit\""},
       {"bad arithmetic", "amount = \"amount\" }", "amount = \"down(amount, 1e12\" }"},
       {"no comparison", "op = \"deposit\"", "op = \"deposit\"\nwhen = \"account = vault && amount > 0\""},
       {"no expression in a condition", "op = \"deposit\"", "op = \"deposit\"\nwhen = \"amount > 0 && amount * > 1\""},
       {"market twice", "[[mirror.event]]",
        "[instance.markets]\nvETH = { id = 1, address = \"0x5000000000000000000000000000000000000001\" }\nvBTC = { id "
        "= "
        "1, address = \"0x5000000000000000000000000000000000000002\" }\n[[mirror.event]]"},
       {"market without an address", "[[mirror.event]]",
        "[instance.markets]\nvETH = { id = 4294967296 }\n[[mirror.event]]"},
       {"view of another thing", "[[mirror.view]]", "[[mirror.view]]\nat = \"pool\""},
       {"no function", "maintenance_margin = \"maintenance\"", "maintenance_margin = \"2 * round(maintenance, 10)\""}},
      protocol_refusals);
}

}  // namespace
}  // namespace lockstep::settings::test
