// Wormhole MultiGov on another chain than the hub's: a SpokeMessageExecutor behind a Wormhole core of one guardian,
// whose key is here. LOCKSTEP_ARTIFACTS.
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"
#include "tests/e2e/governance/rig.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::Value;

constexpr std::uint64_t hub_chain = 2, spoke_chain = 24;

void append_number(Bytes& out, std::uint64_t value, unsigned width) {
  for (unsigned shift = width * 8; shift > 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
}

struct Hub {
  crypto::PrivateKey guardian;
  Hash32 dispatcher;
  std::uint64_t sent = 0;

  /// What the hub's dispatcher would have published, signed.
  Bytes message(const Address& target, const Bytes& data) {
    ++sent;
    Bytes body;
    append_number(body, 1'700'000'000, 4);  // when it was published
    append_number(body, 0, 4);              // nonce
    append_number(body, hub_chain, 2);
    append(body, dispatcher.view());
    append_number(body, sent, 8);  // sequence
    append_number(body, 1, 1);     // consistency level
    append(body, evm::abi::encode(
                     evm::governance::types({"uint256", "uint16", "address[]", "uint256[]", "bytes[]"}),
                     {number(sent), number(spoke_chain), list({of(target)}), list({number(0)}), list({bytes(data)})}));
    auto signature = guardian.sign(crypto::keccak256(crypto::keccak256(body).view()));
    signature[64] -= 27;
    Bytes vaa;
    append_number(vaa, 1, 1);  // version
    append_number(vaa, 0, 4);  // guardian set
    append_number(vaa, 1, 1);  // signatures
    append_number(vaa, 0, 1);  // by guardian 0
    append(vaa, signature);
    append(vaa, body);
    return call("receiveMessage(bytes)", {bytes(vaa)});
  }
};

Address wormhole_core(Rig& rig, const Address& guardian) {
  const auto implementation = rig.deploy(*elsewhere("WormholeImplementation"));
  const auto setup = rig.deploy(*elsewhere("WormholeSetup"));
  const auto begin =
      call("setup(address,address[],uint16,uint16,bytes32,uint256)",
           {of(implementation), list({of(guardian)}), number(spoke_chain), number(1), number(4), number(chain_id)});
  return rig.deploy(*elsewhere("Wormhole"), "(address,bytes)", {of(setup), bytes(begin)});
}

TEST(Wormhole, AMessageOfTheHubRunsWhenSomebodyBringsIt) {
  const auto logic_code = elsewhere("SpokeMessageExecutor");
  if (!logic_code) return;  // tests/golden/governance/wormhole-multigov.json is replayed all the same
  Rig rig("wormhole-multigov");
  Hub hub{crypto::PrivateKey::from_bytes(Bytes(32, 0x11)).value(), to_word(Uint256(0xd15))};
  const auto core = wormhole_core(rig, hub.guardian.address());
  const auto logic = rig.deploy(*logic_code, "(address)", {of(rig.me)});
  const auto begin = call("initialize(bytes32,uint16,address)", {of(hub.dispatcher), number(hub_chain), of(core)});
  const auto executor = rig.deploy(own("ERC1967Proxy"), "(address,bytes)", {of(logic), bytes(begin)});
  const auto airlock = evm::to_address(rig.read_word(executor, "airlock()"));
  rig.govern({airlock, "wormhole-airlock"}, settings::GovernanceRef{executor, "wormhole-executor"});
  rig.look("nothing of it is on this chain", Stage::unseen);
  auto rows = rig.rows();
  for (const auto* good : {"timelock-admin", "governor-airlock", "governor-source"}) EXPECT_EQ("green", rows.at(good));
  EXPECT_EQ("amber", rows.at("governor-delay"));
  rig.send_raw(rig.third, executor, hub.message(rig.other, {1, 2, 3, 4}));
  rig.look("somebody else's message ran", Stage::unseen);
  rig.send_raw(rig.third, executor, hub.message(rig.gate, rig.arm()));
  rig.look("ours ran", Stage::executed);
  EXPECT_EQ(0U, rig.detail().find("message 2 of Wormhole chain 2")) << rig.detail();
  rig.send_raw(rig.third, executor,
               hub.message(executor, call("upgradeToAndCall(address,bytes)", {of(logic), bytes({})})));
  rig.look("its code was replaced", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"Upgraded on governor"}, rig.told());
  rig.send_raw(rig.third, executor, hub.message(executor, call("setAirlock(address)", {of(rig.third)})));
  rig.look("another airlock, of which no event tells", Stage::executed);
  EXPECT_TRUE(rig.told().empty());
  EXPECT_EQ("red", rig.rows().at("governor-airlock"));
  rig.send(rig.third, executor, "setHubDispatcher(bytes32)", {of(Hash32{})});
  rig.look("no dispatcher", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"HubDispatcherUpdated on governor"}, rig.told());
  EXPECT_EQ("red", rig.rows().at("governor-source"));
}

}  // namespace
}  // namespace lockstep::e2e
