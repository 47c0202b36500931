// What only the compiler can refuse: signatures, values, bindings, writes, deltas.
#include "adapters/evm/compile_check.hpp"
#include "tests/unit/compile/acme.hpp"

namespace lockstep::evm::test {
namespace {

const std::string plan_text = read_file("config/plan.toml");

void expect_refused(const std::string& from, const std::string& to, const std::string& says) {
  const auto text = outcome(replaced(plan_text, from, to));
  EXPECT_NE(text.find(says), std::string::npos) << from << " -> " << to << "\n" << text;
}

TEST(Compile, ExampleIsAccepted) { EXPECT_EQ(outcome(plan_text), "ok"); }

TEST(Compile, CallsMustFitTheirSignatures) {
  expect_refused("version()(uint256)", "version(", "signature \"version(\" does not parse");
  expect_refused("args = [\"${old_impl}\", \"0x\"]", "args = [\"${old_impl}\"]",
                 "upgradeToAndCall(address,bytes) takes 2 arguments, 1 are given");
  expect_refused("0x8129fc1c", "0x8129fc1", "argument 2 of upgradeToAndCall(address,bytes) is not a bytes");
  expect_refused("0x6000000000000000000000000000000000000002", "0x60",
                 "argument 1 of upgradeToAndCall(address,bytes) is not a address");
  expect_refused("contract = \"feed\"", "contract = \"feeed\"", "contract \"feeed\" is not known on ethereum");
}

TEST(Compile, ReadsCompareOneWord) {
  expect_refused("version()(uint256)", "version()(string)", "version() does not return a plain word number 0");
  expect_refused("version()(uint256)", "version()", "version() does not return a plain word number 0");
  expect_refused("equals = 2", "equals = \"two\"", "\"two\" is not a uint256");
  expect_refused("version()(uint256)\", equals = 2", "version()(int256)\", at_least = 2",
                 "at_least cannot compare a int256");
  expect_refused("updatedAt()(uint64)", "updatedAt()(bool)", "updatedAt() does not return a time");
}

TEST(Compile, WritesAreDeclaredOnce) {
  expect_refused("  \"erc1967.implementation\",\n", "",
                 "expect.writes of market on ethereum lacks erc1967.implementation");
  expect_refused("\"initializable.version=2\"", "\"erc1967.implementation\"",
                 "slot erc1967.implementation of market is declared twice on ethereum");
  expect_refused("\"initializable.version=2\"", "\"erc1967.implementatin\"",
                 "storage slot \"erc1967.implementatin\" is not known");
  expect_refused("\"initializable.version=2\"", "\"initializable.version=0\"",
                 "write initializable.version has no number");
  expect_refused("value = \"750000\"", "value = \"lots\"", "value \"lots\" of a declared write is not a word");
}

TEST(Compile, InitializableVersionFollowsAnIntegerToVersion) {
  const auto plan = compile_text(replaced(plan_text, "\"initializable.version=2\"", "\"initializable.version\""));
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_EQ(plan->instances[0].writes[1].value, 2);
  EXPECT_EQ(to_hex(plan->instances[0].writes[1].slot),
            "0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00");
}

TEST(Compile, DeltasSpeakTheMirrorsWords) {
  expect_refused("table = \"market\"", "table = \"markets\"", "mirror table \"markets\" is not known");
  expect_refused("field = \"maintenance_bps\"", "field = \"maintenance\"",
                 "mirror table market has no field \"maintenance\"");
  expect_refused("key = { market = 1 }", "key = { account = 1 }", "key of a delta of table market is wrong");
  expect_refused("key = { market = 1 }", "key = { market = 4294967296 }", "key of a delta of table market is wrong");
  expect_refused("value = 300", "value = \"3%\"", "value \"3%\" of delta maintenance_bps is not a number");
}

TEST(Compile, LayoutsAreOfBothVersionsAndBesideTheProtocolFile) {
  const std::string expect = "codehash = \"${impl_codehash}\" ";
  const auto with = [&](const std::string& more) { return replaced(plan_text, expect, more + "\n" + expect); };
  const auto plan = compile_text(with("layout = \"layouts/V2.json\"\nold_layout = \"layouts/V1.json\""));
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_EQ(source_dir + "/config/protocols/layouts/V2.json", plan->instances[0].proxies.at(0).new_layout);
  EXPECT_EQ(source_dir + "/config/protocols/layouts/V1.json", plan->instances[0].proxies[0].old_layout);
  EXPECT_EQ(acme_plan().plan.hash, plan->plan.hash) << "each operator's own evidence, no part of what is signed";
  const auto refused = [&](const std::string& more, const std::string& says) {
    const auto text = outcome(with(more));
    EXPECT_NE(std::string::npos, text.find(says)) << text;
  };
  refused("layout = \"V2.json\"", "a storage layout has nothing to be compared with");
  refused("layout = \"../V2.json\"\nold_layout = \"V1.json\"", "leads out of the protocol file's folder");
  refused("layout = \"V2.json\"\nold_layout = \"/etc/passwd\"", "leads out of the protocol file's folder");
}

TEST(Compile, ImplementationsAgreeWithTheCalls) {
  const std::string expect = "codehash = \"${impl_codehash}\" ";
  expect_refused(expect, "implementation = \"0x6000000000000000000000000000000000000009\"\n" + expect,
                 "expect.implementation is 0x6000000000000000000000000000000000000009, but the switch call installs");
  expect_refused("switch   = { call = \"upgradeToAndCall(address,bytes)\"",
                 "switch   = { call = \"upgradeNow(address,bytes)\"", "expect.implementation is missing");
  expect_refused("args = [\"${old_impl}\", \"0x\"]", "args = [\"${impl}\", \"${old_impl}\"]",
                 "market on ethereum would not change");
}

TEST(Compile, WhatAGateWouldRefuseIsRefusedHere) {
  expect_refused("switch   = { call = \"upgradeToAndCall(address,bytes)\",",
                 "switch   = { contract = \"gate\", call = \"upgradeToAndCall(address,bytes)\",",
                 "one of the switch calls is on the gate itself");
  expect_refused("0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                 "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", "is that of no code");
  expect_refused("after = \"120s\"", "after = \"8d\"", "the last resume stage is later than 7 days after the close");
}

TEST(Compile, StagesOpenCumulatively) {
  const auto plan = acme_plan();
  const auto& stages = plan.instances[0].leaf.stages;
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].mask, 0x09u);  // DEPOSIT, CANCEL
  EXPECT_EQ(stages[1].mask, 0x19u);  // and REDUCE
  EXPECT_EQ(stages[2].mask, 0xffu);
  EXPECT_EQ(plan.instances[0].leaf.halted_mask, 0x04u);
  EXPECT_EQ(plan.plan.last_stage_s, 120u);
}

TEST(Compile, NoOraclesMeansNoAge) {
  auto text = replaced(plan_text, "oracle = [{ contract = \"feed\", call = \"updatedAt()(uint64)\" }]", "oracle = []");
  const auto plan = compile_text(text);
  ASSERT_TRUE(plan) << join(plan.error());
  EXPECT_EQ(plan->instances[0].leaf.oracle_max_age, 0u);
}

TEST(Compile, HashCoversEveryWord) {
  const auto hash = acme_plan().plan.hash;
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"name = \"funding-v2\"", "name = \"funding-v3\""},
        {"soak = \"2h\"", "soak = \"3h\""},
        {"value = 300", "value = 301"},
        {"newly_liquidatable_max = 0", "newly_liquidatable_max = 1"},
        {"newly_liquidatable_max = 0",
         "newly_liquidatable_max = 0\ntolerance = [{ table = \"account\", field = \"equity\", at_most = 1 }]"},
        {"value = \"750000\"", "value = \"750001\""},
        {"arm_by = \"10m\"", "arm_by = \"11m\""}}) {
    const auto changed = compile_text(replaced(plan_text, from, to));
    ASSERT_TRUE(changed) << join(changed.error());
    EXPECT_NE(changed->plan.hash, hash) << to;
  }
}

std::string with_tolerances(const std::string& list) {
  return replaced(plan_text, "newly_liquidatable_max = 0", "newly_liquidatable_max = 0\ntolerance = [" + list + "]");
}

TEST(Compile, TolerancesAreKeptInOrderAndHashed) {
  const std::string equity = R"({ table = "account", field = "equity", at_most = 5 })",
                    collateral = R"({ table = "account", field = "collateral", at_most = "200", sum_at_most = "300" })";
  const auto plan = compile_text(with_tolerances(equity + ", " + collateral));
  ASSERT_TRUE(plan) << join(plan.error());
  const std::vector<mirror::Tolerance> wanted{{mirror::Table::account, "collateral", 200, 300},
                                              {mirror::Table::account, "equity", 5, 0}};
  EXPECT_EQ(plan->tolerances, wanted);
  const auto other = compile_text(with_tolerances(collateral + ", " + equity));
  ASSERT_TRUE(other) << join(other.error());
  EXPECT_EQ(other->plan.hash, plan->plan.hash);
  EXPECT_NE(plan->document.find(
                R"("tolerances":[{"at_most":"200","field":"collateral","sum_at_most":"300","table":"account"})"),
            std::string::npos);
  EXPECT_EQ(acme_plan().document.find("tolerances"), std::string::npos) << "plans without keep their hash";
}

TEST(Compile, ATolerancesRefusalSaysWhatWhereWhyAndWhatNext) {
  const auto refuse = [](const std::string& list, const std::vector<std::string>& says) {
    const auto plan = compile_text(with_tolerances(list));
    ASSERT_FALSE(plan) << list;
    for (const auto& part : says) EXPECT_NE(join(plan.error()).find(part), std::string::npos) << join(plan.error());
  };
  refuse(R"({ table = "accounts", field = "equity", at_most = 5 })", {"mirror table \"accounts\" is not known"});
  refuse(R"({ table = "account", field = "wealth", at_most = 5 })",
         {"mirror table account has no field \"wealth\"", "its fields are: collateral, equity"});
  refuse(R"({ table = "account", field = "equity", at_most = -5 })",
         {"tolerance of account equity cannot be", "plan.toml:", "at_most is not within 0", "leave it out"});
  refuse(R"({ table = "account", field = "equity", at_most = "some" })", {"a bound is no whole number"});
  refuse(R"({ table = "market", field = "mark", at_most = 5, sum_at_most = 5 })", {"its sum is not conserved"});
  refuse(R"({ table = "order", field = "account", at_most = 5 })", {"is compared exactly"});
  refuse(
      R"({ table = "account", field = "equity", at_most = 5 }, { table = "account", field = "equity", at_most = 6 })",
      {"tolerance of account equity is declared twice", "keep one"});
}

TEST(CheckProtocol, BindingsMustMeet) {
  const auto refuse = [](auto change, const std::string& says) {
    auto protocol = acme_protocol();
    change(protocol);
    const auto text = join(check_protocol(protocol));
    EXPECT_NE(text.find(says), std::string::npos) << text;
  };
  EXPECT_EQ(join(check_protocol(acme_protocol())), "");
  refuse([](auto& p) { p.events[0].op = "deposits"; }, "mirror operation \"deposits\" is not known");
  refuse([](auto& p) { p.events[0].bind.erase("amount"); }, "field amount of deposit is not bound");
  refuse([](auto& p) { p.events[0].bind["amount"] = "amnt"; }, "has no parameter \"amnt\"");
  refuse([](auto& p) { p.events[0].bind["size"] = "amount"; }, "deposit has no field \"size\"");
  refuse([](auto& p) { p.events[0].signature = "Deposited(address"; },
         "event signature \"Deposited(address\" does not parse");
  refuse([](auto& p) { p.events[0].contract = "nowhere"; }, "contract \"nowhere\" is not known on ethereum");
  refuse([](auto& p) { p.views[0].table = "accounts"; }, "mirror table \"accounts\" is not known");
  refuse([](auto& p) { p.views[0].bind["initial_margin"] = "init"; }, "returns nothing named \"init\"");
  refuse([](auto& p) { p.views[0].table = "position"; }, "takes too few parameters for table position");
  refuse([](auto& p) { p.events[0].when = "account == treasury"; },
         "has no parameter \"treasury\", and no instance a contract of that name");
  refuse([](auto& p) { p.events[0].when = "account == 1"; }, "a condition compares what cannot be compared");
  refuse([](auto& p) { p.views[0].args["now"] = "1"; }, "has no parameter \"now\"");
  refuse([](auto& p) { p.views[0].args["account"] = "me"; }, "args.account = \"me\" is no address");
  refuse([](auto& p) { p.views[0].at = "market"; }, "contract and at are both given");
  refuse([](auto& p) { p.views[0].contract = ""; }, "neither contract nor at is given");
  refuse(
      [](auto& p) {
        p.views[0].at = "market";
        p.views[0].contract = "";
      },
      "a row of table account has no market to ask");
}

TEST(CheckProtocol, MarketsThatTheChainNamesByAddressMustBeListed) {
  auto protocol = acme_protocol();
  protocol.events = {{"market", "Added(address indexed token)", "add_pool", {{"market", "token"}}, "acme.toml:1:1"}};
  protocol.views = {{"market",
                     "pool_position",
                     "sizeOf(address account, address market) view returns (int256 size)",
                     {{"size", "size"}},
                     "acme.toml:2:1"},
                    {"",
                     "pool",
                     "price(uint32 interval) view returns (uint256 p)",
                     {{"mark", "p"}},
                     "acme.toml:3:1",
                     "market",
                     {{"interval", "market"}},
                     true}};
  const auto text = join(check_protocol(protocol));
  EXPECT_NE(text.find("market = \"token\" is an address (acme.toml:1:1)"), std::string::npos) << text;
  EXPECT_NE(text.find("parameter \"market\" of sizeOf(address,address) is an address (acme.toml:2:1)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("a market has no address to ask (acme.toml:3:1)"), std::string::npos) << text;
  EXPECT_NE(text.find("args.interval = \"market\" is no uint32 (acme.toml:3:1)"), std::string::npos) << text;
  for (auto& instance : protocol.instances) {
    if (!instance.contracts.empty()) instance.markets["vETH"] = {.id = 1, .address = instance.gate};
  }
  protocol.views[1].args["interval"] = "900";
  EXPECT_EQ(join(check_protocol(protocol)), "");
}

TEST(CheckProtocol, PerpCurieIsBoundAsItsFileSays) {
  const auto protocol = settings::load_protocol(source_dir + "/config/protocols/perp-curie.toml");
  ASSERT_TRUE(protocol.has_value()) << join(protocol.error());
  EXPECT_EQ(join(check_protocol(*protocol)), "");
}

}  // namespace
}  // namespace lockstep::evm::test
