// Who may upgrade or unpause an instance's contracts, found out from contracts that a node serves.
#include <gtest/gtest.h>

#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/readiness.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"
#include "tests/support/bare_readiness.hpp"
#include "tests/unit/transport/fake_server.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using governance::calldata;
using nlohmann::json;
using tests::FakeServer;

const Address gate = address(1), timelock = address(2), market = address(3), implementation = address(4),
              team = address(5), upgrader = address(6), admin = address(7), guardian = address(8);

class HoldersTest : public ::testing::Test {
 protected:
  HoldersTest() {
    plan_.compiled.leaf.gate = gate;
    plan_.index = 0;
    dialects_.push_back(governance::oz_timelock({.address = timelock}));
    dialects_.push_back(governance::oz_timelock({.address = upgrader, .slot = "upgrader", .executor = gate}));
    answer(gate, calldata("guardian()"), abi::of(guardian));
  }

  void answer(const Address& to, const Bytes& data, const abi::Value& word) {
    const auto type = word.bytes.size() == 20 ? "address" : "uint256";
    answers_[to_hex(to) + to_hex(data)] = to_hex(BytesView(abi::encode({abi::parse_type(type).value()}, {word})));
  }
  void owned_by(const Address& owner, const Address& contract = market) {
    answer(contract, calldata("owner()"), abi::of(to_number(owner)));
  }
  void pausable() { answer(market, calldata("paused()"), abi::of(Uint256(0))); }
  /// A call that begins so is accepted from that account, and refused to others by naming them.
  void lets(const Address& who, const char* function, const Address& contract = market) {
    guarded_[to_hex(contract) + to_hex(BytesView(abi::parse_function(function)->selector()))].insert(to_hex(who));
  }
  void grant(const char* role, const Address& account, bool still = true) {
    const auto of = governance::role_hash(role);
    Log log;
    log.address = market;
    log.topics = {crypto::keccak256(std::string_view(governance::role_granted)), of, to_word(to_number(account)), {}};
    observe(roles_, log);
    answer(market, calldata("hasRole(bytes32,address)", {abi::of(of), abi::of(account)}), abi::of(Uint256(still)));
    answer(market, calldata("hasRole(bytes32,address)", {abi::of(Hash32{}), abi::of(Address{})}), abi::of(Uint256(0)));
  }

  std::vector<CheckRow> rows(ProxySight sight = {.implementation = implementation}) {
    sight.name = "market";
    sight.address = market;
    EndpointPool pool({{"node", server_.url()}}, {.chain_id = 1});
    EXPECT_TRUE(pool.connect());
    const tests::BareReadiness bare{pool, plan_, dialects_, roles_};
    Rows out;
    const auto done = add_holder_rows(out, bare.context(), {7, {}, 0}, {sight});
    EXPECT_TRUE(done.has_value()) << done.error().text();
    return out.take();
  }
  void expect(const char* name, Colour colour, const std::string& words, const ProxySight& sight = usual()) {
    bool seen = false;
    for (const auto& row : rows(sight)) {
      if (row.name != name) continue;
      seen = true;
      EXPECT_EQ(colour, row.colour) << row.detail;
      EXPECT_NE(std::string::npos, row.detail.find(words)) << row.detail;
    }
    EXPECT_TRUE(seen) << name;
  }
  static ProxySight usual() { return {.implementation = implementation}; }

  FollowedPlan plan_;
  governance::RoleBooks roles_;

 private:
  static Uint256 to_number(const Address& account) {
    Uint256 number = 0;
    for (const auto byte : account.bytes) number = number * 256 + byte;
    return number;
  }
  json call(const json& params) const {
    const auto to = params[0]["to"].get<std::string>(), data = params[0]["data"].get<std::string>();
    if (const auto it = answers_.find(to + data); it != answers_.end()) return it->second;
    const auto it = guarded_.find(to + data.substr(0, 10));
    const auto from = params[0].value("from", "");
    if (it == guarded_.end()) return {{"fail", {{"code", 3}, {"message", "execution reverted"}}}};
    if (it->second.contains(from)) return "0x";
    const auto text = "AccessControl: account " + from + " is missing a role";
    const auto error = abi::encode({abi::parse_type("string").value()}, {abi::of(BytesView(to_bytes(text)))});
    return {{"fail",
             {{"code", 3},
              {"message", "execution reverted"},
              {"data", "0x08c379a0" + to_hex(BytesView(error)).substr(2)}}}};
  }

  governance::Dialects dialects_;
  std::map<std::string, std::string> answers_;            // of any account: by contract and calldata
  std::map<std::string, std::set<std::string>> guarded_;  // who is let in: by contract and selector
  FakeServer server_{tests::rpc_handler([this](const std::string& method, const json& params) -> json {
    if (method == "eth_chainId") return "0x1";
    if (method == "eth_getBlockByNumber") return {{"hash", "0xaa"}};
    if (method == "eth_getCode") return "0x60";
    return call(params);
  })};
};

TEST_F(HoldersTest, TheGateAloneIsGreen) {
  lets(gate, "upgradeToAndCall(address,bytes)");
  expect("instance-upgraders", Colour::green, "the gate, and nobody that owner(), roles or authority() tell of");
  owned_by(gate);
  expect("instance-upgraders", Colour::green, "its owner(): the gate");
}

TEST_F(HoldersTest, AnOwnerThatCanUpgradeIsRedAndOneThatIsRefusedAmber) {
  owned_by(team);
  lets(gate, "upgradeTo(address)");
  expect("instance-upgraders", Colour::amber, to_hex(team) + ", its owner(), who is refused today");
  lets(team, "upgradeTo(address)");
  expect("instance-upgraders", Colour::red, to_hex(team) + ", its owner(): not the gate");
}

TEST_F(HoldersTest, NobodyKnownIsAmberAndAnybodyRed) {
  expect("instance-upgraders", Colour::amber, "nobody is known who could");
  Address stranger;
  std::copy_n(crypto::keccak256(std::string_view("lockstep: a stranger")).bytes.begin(), 20, stranger.bytes.begin());
  lets(stranger, "upgradeTo(address)");
  expect("instance-upgraders", Colour::red, "anybody may upgrade it");
  lets(stranger, "lockstepHasNoSuchFunction()");
  expect("instance-upgraders", Colour::amber, "nobody is known who could");
}

TEST_F(HoldersTest, OfATransparentProxyTheAdminsOwnerCounts) {
  const ProxySight transparent{.admin = admin, .implementation = implementation};
  expect("instance-upgraders", Colour::red, to_hex(admin) + ", its admin: not the gate", transparent);
  owned_by(team, admin);
  expect("instance-upgraders", Colour::red, to_hex(team) + ", owner of its admin", transparent);
  owned_by(timelock, admin);
  expect("instance-upgraders", Colour::amber, "governance, whose queue is watched", transparent);
  owned_by(upgrader, admin);
  expect("instance-upgraders", Colour::green, "only the plan's executor may execute there", transparent);
  owned_by(gate, admin);
  expect("instance-upgraders", Colour::green, "the gate", transparent);
}

TEST_F(HoldersTest, RolesAreReadByEventsAndCalls) {
  pausable();
  lets(gate, "unpause()");
  lets(gate, "upgradeToAndCall(address,bytes)");
  grant("", gate);
  grant("PAUSER_ROLE", team, false);
  expect("instance-unpausers", Colour::green, "the gate");
  grant("PAUSER_ROLE", team);
  expect("instance-unpausers", Colour::amber, "holder of PAUSER_ROLE, who is refused today");
  lets(team, "unpause()");
  expect("instance-unpausers", Colour::red, to_hex(team) + ", holder of PAUSER_ROLE: not the gate");
  expect("instance-upgraders", Colour::amber, "holder of PAUSER_ROLE, who is refused today");
  grant("", guardian);
  expect("instance-unpausers", Colour::red, to_hex(guardian) + ", holder of DEFAULT_ADMIN_ROLE: the gate's guardian");
}

TEST_F(HoldersTest, RolesWhoseFirstGrantWasNotSeenAreNotTold) {
  lets(gate, "upgradeToAndCall(address,bytes)");
  answer(market, calldata("hasRole(bytes32,address)", {abi::of(Hash32{}), abi::of(Address{})}), abi::of(Uint256(0)));
  expect("instance-upgraders", Colour::amber, "roles that were granted before block 0 are not seen");
}

TEST_F(HoldersTest, ThePlansOwnResumeCallsAreTried) {
  plan_.compiled.leaf.resume_calls = {{.target = market, .data = calldata("open()")}};
  owned_by(team);
  lets(gate, "open()");
  lets(team, "open()");
  expect("instance-unpausers", Colour::red, to_hex(team), {});
}

TEST_F(HoldersTest, WhatCanNeitherBeUpgradedNorPausedHasNoRow) {
  owned_by(team);
  EXPECT_TRUE(rows({}).empty());
}

}  // namespace
}  // namespace lockstep::evm
