// Kinds of proxies, as readiness finds them out: OpenZeppelin's own from npm, and an answer to facets() in the place of
// a diamond (U7).
#include "adapters/evm/follower.hpp"
#include "tests/e2e/governance/rig.hpp"
#include "tests/support/bare_readiness.hpp"

namespace lockstep::e2e {
namespace {

TEST(ProxyKinds, ThoseThatAreNotFollowedAreRed) {
  Rig rig("proxies");
  const std::string oz = "@openzeppelin/contracts/build/contracts/";
  const auto logic = rig.deploy(own("PerpExchangeV1"));
  const auto beacon = rig.deploy(npm(oz + "UpgradeableBeacon.json"), "(address,address)", {of(logic), of(rig.me)});
  settings::InstanceConfig instance;
  instance.chain = "local";
  const auto add = [&](const char* name, const Address& address, const char* proxy) {
    instance.contracts[name] = {.address = address, .abi = "", .proxy = proxy};
  };
  add("beacon", rig.deploy(npm(oz + "BeaconProxy.json"), "(address,bytes)", {of(beacon), bytes({})}), "none");
  const auto known = rig.deploy(npm(oz + "UpgradeableBeacon.json"), "(address,address)", {of(logic), of(rig.me)});
  add("source", known, "none");
  add("followed", rig.deploy(npm(oz + "BeaconProxy.json"), "(address,bytes)", {of(known), bytes({})}), "none");
  add("transparent",
      rig.deploy(npm(oz + "TransparentUpgradeableProxy.json"), "(address,address,bytes)",
                 {of(logic), of(rig.me), bytes(call("version()", {}))}),
      "erc1967");
  const auto plain =
      rig.deploy(npm(oz + "ERC1967Proxy.json"), "(address,bytes)", {of(logic), bytes(call("version()", {}))});
  add("hidden", plain, "none");
  add("logic", logic, "none");
  add("empty", logic, "erc1967");
  const auto facets = evm::abi::encode(evm::governance::types({"(address,bytes4[])[]"}),
                                       {list({list({of(logic), list({of(Hash32{})})})})});
  ASSERT_EQ(0xe0U, facets.size());
  const auto diamond = rig.code(("60e0600c60003960e06000f3" + to_hex(BytesView(facets)).substr(2)).c_str());
  add("diamond", diamond, "none");
  add("declared", diamond, "diamond");
  add("dull", logic, "diamond");

  evm::EndpointPool pool({{"node", rig.anvil.url()}}, {.chain_id = chain_id, .quorum = 1, .timeout_ms = 20'000});
  ASSERT_TRUE(pool.connect());
  rig.at(rig.now() + 1);
  const auto head = evm::as_header(pool.ask({evm::block_by_tag("latest")}).value().at(0)).value();
  const evm::FollowedPlan plan;
  const evm::governance::Dialects dialects;
  const evm::governance::RoleBooks roles;
  const tests::BareReadiness bare{.pool = pool,
                                  .plan = plan,
                                  .dialects = dialects,
                                  .roles = roles,
                                  .final = head,
                                  .head = head,
                                  .instance = instance};
  evm::Rows rows;
  const auto done = evm::add_proxy_kind_rows(rows, bare.context(), head.hash);
  ASSERT_TRUE(done.has_value()) << done.error().text();
  std::map<std::string, std::string> colours;
  for (const auto& row : rows.take())
    colours[row.detail.substr(0, row.detail.find(' '))] = coordinator::to_text(row.colour);
  const std::map<std::string, std::string> expected{
      {"beacon", "red"},     {"diamond", "red"},  {"empty", "red"},    {"declared", "green"}, {"dull", "red"},
      {"followed", "amber"}, {"source", "green"}, {"hidden", "amber"}, {"logic", "green"},    {"transparent", "green"}};
  EXPECT_EQ(expected, colours);
}

}  // namespace
}  // namespace lockstep::e2e
