// Executors at the end of LayerZero: Venus' OmnichainGovernanceExecutor, which queues in Compound-like timelocks, and
// LayerZero Labs' own, which runs what arrives. LOCKSTEP_ARTIFACTS.
#include "tests/e2e/governance/rig.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::Value;
using evm::governance::types;

constexpr std::uint64_t source_chain = 102, grace = 14 * 86400;
constexpr std::uint64_t delays[] = {172800, 7200, 3600};
constexpr const char* arm_signature =
    "arm(bytes32,(uint256),(bytes32,bytes32[]))";  // another selector; long enough to be kept outside its slot

Value text(std::string_view value) {
  return of(BytesView(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
}

/// The endpoint, which delivers whatever it is given, and the sender on the other chain.
struct Bridge {
  Rig& rig;
  Address endpoint, receiver;
  std::uint64_t nonce = 0;

  Bytes path() const {
    Bytes path(rig.other.bytes.begin(), rig.other.bytes.end());
    append(path, receiver.view());
    return path;
  }
  void deliver(const Bytes& payload) {
    rig.send(endpoint, receiver, "lzReceive(uint16,bytes,uint64,bytes)",
             {number(source_chain), bytes(path()), number(++nonce), bytes(payload)});
  }
  void trust() const {
    rig.send(rig.me, receiver, "setTrustedRemoteAddress(uint16,bytes)",
             {number(source_chain), bytes({rig.other.bytes.begin(), rig.other.bytes.end()})});
  }
};

Address endpoint_of(Rig& rig) {
  const auto endpoint = rig.code("00");
  rig.anvil.rpc("anvil_setBalance", {to_hex(endpoint), "0xde0b6b3a7640000"});
  rig.anvil.rpc("anvil_impersonateAccount", {to_hex(endpoint)});
  return endpoint;
}

struct Venus {
  Rig& rig;
  Bridge bridge;
  Address executor;
  std::vector<Address> timelocks;

  Value routes(std::initializer_list<std::size_t> order) const {
    Value list;
    for (const auto index : order) list.elements.push_back(of(timelocks[index]));
    return list;
  }
  static Bytes message(std::uint64_t id, std::uint64_t type, const std::vector<std::pair<Address, Bytes>>& calls,
                       const char* signature = "") {
    Value targets, values, signatures, calldatas;
    for (const auto& [target, data] : calls) {
      targets.elements.push_back(of(target));
      values.elements.push_back(number(0));
      signatures.elements.push_back(text(signature));
      calldatas.elements.push_back(bytes(data));
    }
    const auto proposal = evm::abi::encode(types({"address[]", "uint256[]", "string[]", "bytes[]", "uint8"}),
                                           {targets, values, signatures, calldatas, number(type)});
    return evm::abi::encode(types({"bytes", "uint256"}), {bytes(proposal), number(id)});
  }
  void arm(std::uint64_t id, std::uint64_t type = 0) { bridge.deliver(message(id, type, {{rig.gate, rig.arm()}})); }
  Execution execute(std::uint64_t id) const { return {rig.third, executor, call("execute(uint256)", {number(id)})}; }
  void owner(const char* signature, const std::vector<Value>& arguments) const {
    rig.send(rig.me, executor, signature, arguments);
  }
};

/// Owned by `me`, cancelled by `other`; a gate that obeys the first timelock alone.
std::optional<Venus> venus(Rig& rig) {
  const auto code = elsewhere("OmnichainGovernanceExecutor"), timelock = elsewhere("TimelockV8");
  if (!code || !timelock) return std::nullopt;  // the recordings are replayed all the same
  const auto endpoint = endpoint_of(rig);
  const auto executor =
      rig.deploy(*code, "(address,address,uint16)", {of(endpoint), of(rig.other), number(source_chain)});
  Venus made{rig, {rig, endpoint, executor}, executor, {}};
  for (const auto delay : delays)
    made.timelocks.push_back(rig.deploy(*timelock, "(address,uint256)", {of(executor), number(delay)}));
  made.owner("addTimelocks(address[])", {made.routes({0, 1, 2})});
  made.owner("setMaxDailyReceiveLimit(uint256)", {number(100)});
  made.bridge.trust();
  const auto obeys = to_hex(made.timelocks[0]).substr(2);
  rig.anvil.rpc("anvil_setCode", {to_hex(rig.gate), "0x3373" + obeys + "14601e57600080fd5b00"});
  return made;
}

TEST(Venus, AProposalIsQueuedInTheTimelockOfItsTypeAndGrowsStale) {
  Rig rig("venus-omnichain");
  auto made = venus(rig);
  if (!made) return;
  auto& venus = *made;
  rig.govern({venus.timelocks[0], "compound"}, settings::GovernanceRef{venus.executor, "venus-omnichain"});
  venus.arm(7);
  rig.look("it arrived, and is queued", Stage::queued, venus.execute(7));
  const auto [from, until] = rig.window();
  EXPECT_EQ(from + grace, until);
  rig.at(from - 1);
  rig.look("a second early", Stage::queued, venus.execute(7));
  rig.at(from);
  rig.look("ripe", Stage::ready, venus.execute(7));
  rig.at(until);
  rig.look("the last second", Stage::ready, venus.execute(7));
  rig.at(until + 1);
  rig.look("stale", Stage::expired, venus.execute(7));
  venus.arm(8, 2);
  rig.look("another waits in a timelock that the gate does not obey", Stage::proposed, venus.execute(8));
  rig.at(rig.now() + delays[2]);
  rig.look("and would be refused", Stage::proposed, venus.execute(8));
  EXPECT_NE(std::string::npos, rig.detail().find("whose calls the gate refuses")) << rig.detail();
  venus.arm(9);
  rig.at(rig.now() + delays[0]);
  rig.look("a third is ripe", Stage::ready, venus.execute(9));
  EXPECT_EQ("green", rig.rows().at("timelock-admin"));
  rig.send_raw(rig.third, venus.executor, venus.execute(9).data);
  rig.look("executed", Stage::executed, venus.execute(9));
}

/// Beside a timelock of a kind that tells nothing of its queue.
TEST(Venus, TheExecutorAloneTellsAProposalFromItsArrivalToItsEffect) {
  Rig rig("venus-omnichain-alone");
  auto made = venus(rig);
  if (!made) return;
  auto& venus = *made;
  rig.govern({venus.timelocks[0], "wormhole-airlock"}, settings::GovernanceRef{venus.executor, "venus-omnichain"});
  venus.arm(1);
  rig.look("queued", Stage::queued, venus.execute(1));
  rig.send(rig.other, venus.executor, "cancel(uint256)", {number(1)});
  rig.look("cancelled by the guardian", Stage::cancelled, venus.execute(1));
  venus.arm(2);
  const auto stale = rig.now() + delays[0] + grace + 1;
  rig.at(stale);
  rig.look("a second is stale", Stage::expired, venus.execute(2));
  const auto [from, until] = rig.window();
  EXPECT_EQ(stale - 1, until);
  EXPECT_EQ(from + grace, until);
  venus.bridge.deliver(
      Venus::message(3, 0, {{rig.third, Bytes(31, 1)}, {rig.gate, rig.arm()}, {rig.other, Bytes(32, 2)}}));
  rig.look("a third is a batch", Stage::queued, venus.execute(3));
  rig.at(rig.window().from - 1);
  rig.look("a second early", Stage::queued, venus.execute(3));
  rig.at(rig.window().from);
  rig.look("ripe", Stage::ready, venus.execute(3));
  venus.owner("addTimelocks(address[])", {venus.routes({1, 0, 2})});
  rig.look("its type has another timelock, which does not hold it", Stage::cancelled, venus.execute(3));
  EXPECT_EQ(3U, rig.told().size()) << "TimelockAdded, of each type";
  venus.owner("addTimelocks(address[])", {venus.routes({0, 1, 2})});
  rig.look("and the former one again", Stage::ready, venus.execute(3));
  rig.send_raw(rig.third, venus.executor, venus.execute(3).data);
  rig.look("executed", Stage::executed, venus.execute(3));
}

TEST(Venus, SaysWhatFailedToArriveAndWhoMayChangeWhat) {
  Rig rig("venus-omnichain-rules");
  auto made = venus(rig);
  if (!made) return;
  auto& venus = *made;
  rig.govern({venus.timelocks[0], "compound"}, settings::GovernanceRef{venus.executor, "venus-omnichain"});
  const auto told = [&](const char* what, const std::string& event) {
    rig.look(what, Stage::unseen);
    EXPECT_EQ(std::vector<std::string>{event + " on governor"}, rig.told());
  };
  rig.look("as it was set up", Stage::unseen);
  auto rows = rig.rows();
  for (const auto* good : {"timelocks", "source", "paused", "receive-limit"})
    EXPECT_EQ("green", rows.at(std::string("governor-") + good)) << good;
  EXPECT_EQ("amber", rows.at("governor-guardian"));
  EXPECT_EQ("red", rows.at("governor-admin")) << "no code";
  venus.owner("pause()", {});
  told("paused", "Paused");
  EXPECT_EQ("red", rig.rows().at("governor-paused"));
  const auto message = Venus::message(5, 0, {{rig.other, {1, 2, 3, 4}}}, arm_signature);
  venus.bridge.deliver(message);
  rig.look("a message failed", Stage::unseen);
  ASSERT_EQ(1U, rig.pending().size());
  EXPECT_EQ("message 1 of LayerZero chain 102 failed when it arrived; its owner may run it, whatever it holds",
            rig.pending()[0]);
  venus.owner("unpause()", {});
  told("unpaused", "Unpaused");
  venus.owner("retryMessage(uint16,bytes,uint64,bytes)",
              {number(source_chain), bytes(venus.bridge.path()), number(1), bytes(message)});
  rig.look("it was run again", Stage::unseen);
  EXPECT_EQ(2U, rig.pending().size()) << "proposal 5, as the executor and as the timelock tell it";
  venus.owner("setMaxDailyReceiveLimit(uint256)", {number(1)});
  told("one call a day, and that has come", "SetMaxDailyReceiveLimit");
  EXPECT_EQ("amber", rig.rows().at("governor-receive-limit"));
  venus.owner("setMaxDailyReceiveLimit(uint256)", {number(0)});
  told("none at all", "SetMaxDailyReceiveLimit");
  EXPECT_EQ("red", rig.rows().at("governor-receive-limit"));
  venus.owner("setGuardian(address)", {of(rig.third)});
  told("another guardian", "NewGuardian");
  venus.owner("setTimelockPendingAdmin(address,uint8)", {of(rig.third), number(0)});
  rig.look("another admin of the timelock is under way", Stage::unseen);
  EXPECT_EQ((std::vector<std::string>{"NewPendingAdmin on timelock", "SetTimelockPendingAdmin on governor"}),
            rig.told());
  venus.owner("setTrustedRemote(uint16,bytes)", {number(source_chain), bytes(Bytes(40, 7))});
  told("a path that ends elsewhere", "SetTrustedRemote");
  EXPECT_EQ("red", rig.rows().at("governor-source"));
  venus.bridge.trust();
  told("the sender again", "SetTrustedRemoteAddress");
  EXPECT_EQ("green", rig.rows().at("governor-source"));
  venus.owner("setSrcChainId(uint16)", {number(10)});
  told("a chain of which nobody is trusted", "SetSrcChainId");
  EXPECT_EQ("red", rig.rows().at("governor-source"));
  venus.owner("addTimelocks(address[])", {venus.routes({1, 1, 2})});
  rig.look("the timelock is none of its own", Stage::unseen);
  EXPECT_EQ("red", rig.rows().at("governor-timelocks"));
  venus.owner("transferOwnership(address)", {of(venus.timelocks[0])});
  told("its timelock owns it", "OwnershipTransferred");
  EXPECT_EQ("green", rig.rows().at("governor-admin"));
}

Bytes payload(const Address& target, const Bytes& data) {
  return evm::abi::encode(types({"address[]", "uint256[]", "string[]", "bytes[]"}),
                          {list({of(target)}), list({number(0)}), list({text("")}), list({bytes(data)})});
}

TEST(LayerZero, AMessageRunsWhenItArrives) {
  const auto code = elsewhere("LayerZeroExecutor");
  if (!code) return;
  Rig rig("layerzero-executor");
  const auto endpoint = endpoint_of(rig);
  Bridge bridge{rig, endpoint, rig.deploy(*code, "(address)", {of(endpoint)})};
  rig.govern({bridge.receiver, "layerzero"});
  rig.look("nobody is trusted", Stage::unseen);
  EXPECT_EQ("red", rig.rows().at("timelock-source"));
  bridge.trust();
  rig.look("somebody is", Stage::unseen);
  EXPECT_EQ(std::vector<std::string>{"SetTrustedRemoteAddress on timelock"}, rig.told());
  EXPECT_EQ("green", rig.rows().at("timelock-source"));
  EXPECT_EQ("red", rig.rows().at("timelock-admin")) << "no code";
  bridge.deliver(payload(rig.gate, rig.arm()));
  rig.look("it ran", Stage::executed);
  const auto refuses = rig.code("600080fd");
  const auto message = payload(refuses, {1, 2, 3, 4});
  bridge.deliver(message);
  rig.look("another failed", Stage::executed);
  ASSERT_EQ(1U, rig.pending().size());
  EXPECT_EQ("message 2 of LayerZero chain 102 failed when it arrived; anybody may run it, whatever it holds",
            rig.pending()[0]);
  rig.anvil.rpc("anvil_setCode", {to_hex(refuses), "0x00"});
  rig.send(rig.third, bridge.receiver, "retryMessage(uint16,bytes,uint64,bytes)",
           {number(source_chain), bytes(bridge.path()), number(2), bytes(message)});
  rig.look("and ran later", Stage::executed);
  EXPECT_TRUE(rig.pending().empty());
  rig.send(rig.me, bridge.receiver, "setTrustedRemote(uint16,bytes)", {number(110), bytes(bridge.path())});
  rig.send(rig.me, bridge.receiver, "transferOwnership(address)", {of(bridge.receiver)});
  rig.look("two are trusted, and it owns itself", Stage::executed);
  EXPECT_EQ("amber", rig.rows().at("timelock-source"));
  EXPECT_EQ("green", rig.rows().at("timelock-admin"));
}

/// Angle's way: what arrives is put into an OpenZeppelin timelock.
TEST(LayerZero, WhatItQueuesIsFollowedThroughItsTimelock) {
  const auto code = elsewhere("LayerZeroExecutor");
  if (!code) return;
  Rig rig("layerzero-executor-timelock");
  const auto endpoint = endpoint_of(rig);
  Bridge bridge{rig, endpoint, rig.deploy(*code, "(address)", {of(endpoint)})};
  bridge.trust();
  const auto timelock = rig.deploy(npm("@openzeppelin/contracts/build/contracts/TimelockController.json"),
                                   "(uint256,address[],address[],address)",
                                   {number(100), list({of(bridge.receiver)}), list({of(rig.me)}), of(Address{})});
  rig.send(rig.me, bridge.receiver, "transferOwnership(address)", {of(timelock)});
  rig.govern({timelock, "oz"}, settings::GovernanceRef{bridge.receiver, "layerzero"});
  std::vector<Value> arguments{of(rig.gate), number(0), bytes(rig.arm()), of(Hash32{}), of(Hash32{})};
  const Execution run{rig.me, timelock, call("execute(address,uint256,bytes,bytes32,bytes32)", arguments)};
  arguments.push_back(number(100));
  bridge.deliver(payload(timelock, call("schedule(address,uint256,bytes,bytes32,bytes32,uint256)", arguments)));
  rig.look("queued", Stage::queued, run);
  rig.at(rig.window().from);
  rig.look("ripe", Stage::ready, run);
  const auto rows = rig.rows();
  EXPECT_EQ("green", rows.at("timelock-proposers"));
  EXPECT_EQ("green", rows.at("governor-admin"));
  rig.send_raw(rig.me, timelock, run.data);
  rig.look("executed", Stage::executed, run);
}

}  // namespace
}  // namespace lockstep::e2e
