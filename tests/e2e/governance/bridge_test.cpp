// Executors at the end of a bridge: Arbitrum's UpgradeExecutor, Axelar's InterchainGovernance, Aave's
// PayloadsController, Compound's receivers of Comet.
#include "crypto/keccak256.hpp"
#include "tests/e2e/governance/rig.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::Value;

Value text(std::string_view value) {
  return of(BytesView(reinterpret_cast<const std::uint8_t*>(value.data()), value.size()));
}

TEST(UpgradeExecutor, RunsWhatItsTimelockRipened) {
  Rig rig("arbitrum-upgrade-executor");
  const auto timelock = rig.deploy(npm("@openzeppelin/contracts/build/contracts/TimelockController.json"),
                                   "(uint256,address[],address[],address)",
                                   {number(100), list({of(rig.me)}), list({of(rig.me)}), of(Address{})});
  const auto logic =
      rig.deploy(npm("@offchainlabs/upgrade-executor/build/contracts/src/UpgradeExecutor.sol/UpgradeExecutor.json"));
  const auto executor =
      rig.deploy(own("ERC1967Proxy"), "(address,bytes)",
                 {of(logic), bytes(call("initialize(address,address[])", {of(timelock), list({of(timelock)})}))});
  rig.govern({executor, "upgrade-executor"}, settings::GovernanceRef{timelock, "oz-timelock"});
  const auto inner = call("executeCall(address,bytes)", {of(rig.gate), bytes(rig.arm())});
  std::vector<Value> arguments{of(executor), number(0), bytes(inner), of(Hash32{}), of(Hash32{})};
  const Execution run{rig.me, timelock, call("execute(address,uint256,bytes,bytes32,bytes32)", arguments)};
  arguments.push_back(number(100));
  rig.send(rig.me, timelock, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", arguments);
  rig.look("scheduled", Stage::queued, run);
  rig.at(rig.window().from - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(rig.window().from + 1);
  rig.look("ripe", Stage::ready, run);
  EXPECT_EQ("amber", rig.rows().at("timelock-admin"));
  EXPECT_EQ("green", rig.rows().at("timelock-executors"));
  rig.send_raw(rig.me, timelock, run.data);
  rig.look("executed", Stage::executed, run);
  // A delegatecall could do anything: it is told, whatever it is.
  const auto action = rig.code("00");
  std::vector<Value> more{of(executor), number(0),
                          bytes(call("execute(address,bytes)", {of(action), bytes({1, 2, 3, 4})})), of(Hash32{}),
                          of(Hash32{})};
  const auto go = call("execute(address,uint256,bytes,bytes32,bytes32)", more);
  more.push_back(number(100));
  rig.send(rig.me, timelock, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", more);
  rig.at(rig.now() + 100);
  rig.send_raw(rig.me, timelock, go);
  rig.look("an action", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"UpgradeExecuted on timelock"}, rig.told());
}

TEST(Axelar, InterchainGovernanceHasAnEtaAndNoEnd) {
  Rig rig("axelar-interchain-governance");
  const auto gateway = rig.code("600160005260206000f3");  // approves every message
  const auto governance =
      rig.deploy(npm("@axelar-network/axelar-gmp-sdk-solidity/artifacts/contracts/governance/InterchainGovernance.sol/"
                     "InterchainGovernance.json"),
                 "(address,string,string,uint256)", {of(gateway), text("axelar"), text("axelar10d"), number(100)});
  rig.govern({governance, "axelar"});
  const auto order = [&](std::uint64_t command) {
    const auto payload = evm::abi::encode(evm::governance::types({"uint256", "address", "bytes", "uint256", "uint256"}),
                                          {number(command), of(rig.gate), bytes(rig.arm()), number(0), number(0)});
    rig.send(rig.third, governance, "execute(bytes32,string,string,bytes)",
             {of(Hash32{}), text("axelar"), text("axelar10d"), bytes(payload)});
  };
  const Execution run{rig.third, governance,
                      call("executeProposal(address,bytes,uint256)", {of(rig.gate), bytes(rig.arm()), number(0)})};
  order(0);
  rig.look("scheduled", Stage::queued, run);
  rig.at(rig.window().from - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(rig.window().from + 1);
  rig.look("ripe", Stage::ready, run);
  order(1);
  rig.look("cancelled", Stage::cancelled, run);
  order(0);
  rig.look("scheduled again", Stage::queued, run);
  rig.at(rig.window().from);
  rig.look("ripe again", Stage::ready, run);
  rig.send_raw(rig.third, governance, run.data);
  rig.look("executed", Stage::executed, run);
  EXPECT_EQ("green", rig.rows().at("timelock-min-delay"));
}

TEST(Aave, APayloadRunsAfterItsDelayAndBeforeItsGraceEnds) {
  const auto controller_code = elsewhere("PayloadsController"), executor_code = elsewhere("Executor");
  if (!controller_code || !executor_code)
    return;  // tests/golden/governance/aave-payloads.json is replayed all the same
  Rig rig("aave-payloads");
  const auto executor = rig.deploy(*executor_code);
  const auto logic = rig.deploy(*controller_code, "(address,address,uint256)", {of(rig.me), of(rig.other), number(1)});
  const auto begin =
      call("initialize(address,address,(uint8,(address,uint40))[])",
           {of(executor), of(rig.third), list({list({number(1), list({of(executor), number(86400)})})})});
  const auto controller = rig.deploy(own("ERC1967Proxy"), "(address,bytes)", {of(logic), bytes(begin)});
  rig.send(rig.me, executor, "transferOwnership(address)", {of(controller)});
  rig.govern({executor, "aave-executor"}, settings::GovernanceRef{controller, "aave-payloads"});
  const auto action = list({of(rig.gate), number(0), number(1), number(0), text(""), bytes(rig.arm())});
  const auto queue = [&](std::uint64_t id) {
    const auto message = evm::abi::encode(evm::governance::types({"uint40", "uint8", "uint40"}),
                                          {number(id), number(1), number(rig.now())});
    rig.send(rig.me, controller, "receiveCrossChainMessage(address,uint256,bytes)",
             {of(rig.other), number(1), bytes(message)});
  };
  const auto execute = [&](std::uint64_t id) {
    return Execution{rig.me, controller, call("executePayload(uint40)", {number(id)})};
  };
  const auto create = [&] {
    rig.send(rig.me, controller, "createPayload((address,bool,uint8,uint256,string,bytes)[])", {list({action})});
    rig.at(rig.now() + 5);
  };
  create();
  rig.look("created", Stage::proposed, execute(0));
  queue(0);
  rig.look("queued", Stage::queued, execute(0));
  const auto [from, until] = rig.window();
  rig.at(from - 1);
  rig.look("a second early", Stage::queued, execute(0));
  rig.at(from);
  rig.look("ripe", Stage::ready, execute(0));
  rig.at(until);
  rig.look("the last second", Stage::ready, execute(0));
  rig.at(until + 1);
  rig.look("expired", Stage::expired, execute(0));
  create();
  queue(1);
  rig.look("another is queued", Stage::queued, execute(1));
  rig.send(rig.third, controller, "cancelPayload(uint40)", {number(1)});
  rig.look("cancelled by the guardian", Stage::expired, execute(1));
  create();
  queue(2);
  rig.at(rig.now() + 86401);
  rig.look("a third is ripe", Stage::ready, execute(2));
  EXPECT_EQ("green", rig.rows().at("governor-executors"));
  EXPECT_EQ("green", rig.rows().at("timelock-admin"));
  rig.send_raw(rig.me, controller, execute(2).data);
  rig.look("executed", Stage::executed, execute(2));
}

struct Comet {
  Rig& rig;
  Address messenger, receiver, timelock;

  void deliver(const std::vector<std::pair<Address, Bytes>>& calls) const {
    Value targets, values, signatures, calldatas;
    for (const auto& [target, data] : calls) {
      targets.elements.push_back(of(target));
      values.elements.push_back(number(0));
      signatures.elements.push_back(text(""));
      calldatas.elements.push_back(bytes(data));
    }
    rig.send_raw(messenger, receiver,
                 evm::abi::encode(evm::governance::types({"address[]", "uint256[]", "string[]", "bytes[]"}),
                                  {targets, values, signatures, calldatas}));
  }
  Execution execute(std::uint64_t id) const {
    return {rig.third, receiver, call("executeProposal(uint256)", {number(id)})};
  }
};

constexpr std::uint64_t comet_delay = 86400, comet_grace = 14 * 86400;

/// A receiver that nobody has initialized yet, behind a messenger that says everything is from `other`.
std::optional<Comet> comet(Rig& rig) {
  const auto receiver_code = elsewhere("OptimismBridgeReceiver"), timelock_code = elsewhere("CometTimelock");
  if (!receiver_code || !timelock_code) return std::nullopt;  // the recordings are replayed all the same
  const auto messenger = rig.code(("73" + to_hex(rig.other).substr(2) + "60005260206000f3").c_str());
  rig.anvil.rpc("anvil_setBalance", {to_hex(messenger), "0xde0b6b3a7640000"});
  rig.anvil.rpc("anvil_impersonateAccount", {to_hex(messenger)});
  const auto receiver = rig.deploy(*receiver_code, "(address)", {of(messenger)});
  const auto timelock =
      rig.deploy(*timelock_code, "(address,uint256,uint256,uint256,uint256)",
                 {of(receiver), number(comet_delay), number(comet_grace), number(10), number(30 * 86400)});
  return Comet{rig, messenger, receiver, timelock};
}

TEST(Comet, AProposalIsQueuedWhenItArrivesAndGrowsStale) {
  Rig rig("comet-bridge");
  const auto made = comet(rig);
  if (!made) return;
  rig.govern({made->timelock, "compound"}, settings::GovernanceRef{made->receiver, "comet-bridge"});
  EXPECT_EQ("red", rig.rows().at("governor-source")) << "whoever initializes it governs";
  rig.send(rig.me, made->receiver, "initialize(address,address)", {of(rig.other), of(made->timelock)});
  rig.look("initialized", Stage::unseen);
  EXPECT_EQ(std::vector<std::string>{"Initialized on governor"}, rig.told());
  for (const auto* good : {"governor-source", "governor-timelock", "timelock-admin"})
    EXPECT_EQ("green", rig.rows().at(good)) << good;
  made->deliver({{rig.gate, rig.arm()}});
  rig.look("it arrived, and is queued", Stage::queued, made->execute(1));
  const auto [from, until] = rig.window();
  EXPECT_EQ(from + comet_grace, until);
  rig.at(from - 1);
  rig.look("a second early", Stage::queued, made->execute(1));
  rig.at(from);
  rig.look("ripe", Stage::ready, made->execute(1));
  rig.at(until);
  rig.look("the last second", Stage::ready, made->execute(1));
  rig.at(until + 1);
  rig.look("stale", Stage::expired, made->execute(1));
  made->deliver({{rig.third, Bytes(31, 1)}, {rig.gate, rig.arm()}, {rig.other, Bytes(32, 2)}});
  rig.at(rig.now() + comet_delay);
  rig.look("another, a batch, is ripe", Stage::ready, made->execute(2));
  rig.send_raw(rig.third, made->receiver, made->execute(2).data);
  rig.look("executed", Stage::executed, made->execute(2));
}

/// Beside a timelock of a kind that tells nothing of its queue.
TEST(Comet, TheReceiverAloneTellsAProposalFromItsArrivalToItsEffect) {
  Rig rig("comet-bridge-alone");
  const auto made = comet(rig);
  if (!made) return;
  rig.send(rig.me, made->receiver, "initialize(address,address)", {of(rig.other), of(made->timelock)});
  rig.govern({made->timelock, "wormhole-airlock"}, settings::GovernanceRef{made->receiver, "comet-bridge"});
  made->deliver({{rig.gate, rig.arm()}});
  rig.look("queued", Stage::queued, made->execute(1));
  rig.at(rig.window().from);
  rig.look("ripe", Stage::ready, made->execute(1));
  rig.at(rig.window().until + 1);
  rig.look("stale", Stage::expired, made->execute(1));
  made->deliver({{rig.third, Bytes(31, 1)}, {rig.gate, rig.arm()}, {rig.other, Bytes(32, 2)}});
  rig.at(rig.now() + comet_delay - 1);
  rig.look("another is queued", Stage::queued, made->execute(2));
  rig.at(rig.window().from);
  rig.look("and ripe", Stage::ready, made->execute(2));
  rig.send_raw(rig.third, made->receiver, made->execute(2).data);
  rig.look("executed", Stage::executed, made->execute(2));
  const auto change = call("changeCrossDomainMessenger(address)", {of(rig.third)});
  made->deliver({{made->receiver, change}});
  rig.at(rig.now() + comet_delay);
  rig.send_raw(rig.third, made->receiver, made->execute(3).data);
  rig.look("another messenger", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"NewCrossDomainMessenger on governor"}, rig.told());
}

}  // namespace
}  // namespace lockstep::e2e
