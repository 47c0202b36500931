// Safes and what stands beside them: Zodiac's Delay modifier, Chainlink's RBACTimelock driven by a ManyChainMultiSig.
#include "crypto/keccak256.hpp"
#include "crypto/secp256k1.hpp"
#include "tests/e2e/governance/rig.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::Value;

struct Version {
  const char* name;
  const char* singleton;
  const char* proxy;
};

const char* const exec_signature =
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)";

/// A Safe and who signs for it.
struct Multisig {
  Rig& rig;
  Address safe;
  std::vector<Address> owners;

  static Multisig make(Rig& rig, const Version& version, std::vector<Address> owners) {
    const auto singleton = rig.deploy(npm(version.singleton));
    const auto proxy = rig.deploy(npm(version.proxy), "(address)", {of(singleton)});
    Value list_of_owners;
    for (const auto& owner : owners) list_of_owners.elements.push_back(of(owner));
    rig.send(rig.me, proxy, "setup(address[],uint256,address,bytes,address,address,uint256,address)",
             {list_of_owners, number(owners.size()), of(Address{}), bytes({}), of(Address{}), of(Address{}), number(0),
              of(Address{})});
    std::ranges::sort(owners);
    return {rig, proxy, owners};
  }
  std::vector<Value> request(const Address& to, const Bytes& data) const {
    return {of(to), number(0), bytes(data), number(0), number(0), number(0), number(0), of(Address{}), of(Address{})};
  }
  Hash32 hash(const Address& to, const Bytes& data, std::uint64_t nonce) const {
    auto v = request(to, data);
    v.push_back(number(nonce));
    return to_word(rig.read_word(
        safe,
        "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)(bytes32)", v));
  }
  void approve(const Address& owner, const Hash32& hash) const {
    rig.send(owner, safe, "approveHash(bytes32)", {of(hash)});
  }
  /// Signed by having approved its hash.
  Bytes calldata(const Address& to, const Bytes& data) const {
    auto v = request(to, data);
    Bytes signatures;
    for (const auto& owner : owners) {
      append(signatures, to_word(to_uint256(owner)).view());
      append(signatures, Hash32{}.view());
      signatures.push_back(1);
    }
    v.push_back(bytes(signatures));
    return call(exec_signature, v);
  }
  void run(const Address& to, const Bytes& data) const {
    const auto wanted = hash(to, data, static_cast<std::uint64_t>(rig.read_word(safe, "nonce()(uint256)")));
    for (const auto& owner : owners) approve(owner, wanted);
    rig.send_raw(rig.me, safe, calldata(to, data));
  }
  static Uint256 to_uint256(const Address& address) {
    Hash32 word;
    std::copy(address.bytes.begin(), address.bytes.end(), word.bytes.begin() + 12);
    return from_word(word);
  }
};

constexpr Version safe_13{
    "1.3.0", "@gnosis.pm/safe-contracts/build/artifacts/contracts/GnosisSafe.sol/GnosisSafe.json",
    "@gnosis.pm/safe-contracts/build/artifacts/contracts/proxies/GnosisSafeProxy.sol/GnosisSafeProxy.json"};
constexpr Version safe_14{"1.4.1", "@safe-global/safe-contracts/build/artifacts/contracts/Safe.sol/Safe.json",
                          "@safe-global/safe-contracts/build/artifacts/contracts/proxies/SafeProxy.sol/SafeProxy.json"};

void follow_safe(const Version& version) {
  Rig rig(std::string("safe-") + version.name);
  const auto multisig = Multisig::make(rig, version, {rig.me, rig.other});
  const auto& safe = multisig.safe;
  rig.govern({safe, "safe"});
  EXPECT_EQ("green", rig.rows().at("timelock-threshold"));
  EXPECT_EQ("green", rig.rows().at("timelock-modules"));
  EXPECT_EQ("green", rig.rows().at("timelock-version"));
  const Execution run{rig.me, safe, multisig.calldata(rig.gate, rig.arm())};
  rig.look("set up", Stage::unseen, run);
  const auto at_1 = multisig.hash(rig.gate, rig.arm(), 1);
  multisig.approve(rig.me, at_1);
  rig.look("one of two approved it, for the nonce after next", Stage::proposed, run);
  multisig.approve(rig.other, at_1);
  rig.look("both approved it, and another goes first", Stage::queued, run);
  multisig.run(safe, call("addOwnerWithThreshold(address,uint256)", {of(rig.third), number(2)}));
  rig.look("the other ran", Stage::ready, run);
  EXPECT_EQ(std::vector<std::string>{"AddedOwner on timelock"}, rig.told());
  rig.send_raw(rig.me, safe, run.data);
  rig.look("executed", Stage::executed, run);
  multisig.run(safe, call("enableModule(address)", {of(rig.third)}));
  rig.look("a module", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"EnabledModule on timelock"}, rig.told());
  EXPECT_EQ("amber", rig.rows().at("timelock-modules"));
}

TEST(Safe, OfVersion13IsFollowed) { follow_safe(safe_13); }
TEST(Safe, OfVersion14IsFollowed) { follow_safe(safe_14); }

TEST(ZodiacDelay, IsFirstInFirstOutWithAWindow) {
  const auto artifact = elsewhere("Delay");
  if (!artifact) return;  // tests/golden/governance/zodiac-delay.json is replayed all the same
  Rig rig("zodiac-delay");
  const auto multisig = Multisig::make(rig, safe_13, {rig.me});
  const auto& safe = multisig.safe;
  const auto delay = rig.deploy(*artifact, "(address,address,address,uint256,uint256)",
                                {of(safe), of(safe), of(safe), number(100), number(3600)});
  multisig.run(safe, call("enableModule(address)", {of(delay)}));
  multisig.run(delay, call("enableModule(address)", {of(rig.other)}));
  rig.govern({safe, "safe"}, settings::GovernanceRef{delay, "zodiac-delay"});
  const Bytes something{0x12, 0x34, 0x56, 0x78};
  const auto arguments = [&](const Bytes& data) {
    return std::vector<Value>{of(rig.gate), number(0), bytes(data), number(0)};
  };
  const auto add = [&](const Bytes& data) {
    rig.send(rig.other, delay, "execTransactionFromModule(address,uint256,bytes,uint8)", arguments(data));
  };
  const auto next = [&](const Bytes& data) {
    return Execution{rig.third, delay, call("executeNextTx(address,uint256,bytes,uint8)", arguments(data))};
  };
  const auto run = next(rig.arm());
  add(something);
  add(rig.arm());
  rig.look("queued behind another", Stage::queued, run);
  const auto [from, until] = rig.window();
  EXPECT_EQ(from + 3600, until);
  rig.at(from);
  rig.look("ripe behind another", Stage::queued, run);
  rig.send_raw(rig.third, delay, next(something).data);
  rig.look("the other is executed", Stage::ready, run);
  rig.at(until);
  rig.look("the last second", Stage::ready, run);
  rig.at(until + 1);
  rig.look("expired", Stage::expired, run);
  rig.send(rig.third, delay, "skipExpired()", {});
  add(rig.arm());
  rig.look("queued again", Stage::queued, run);
  multisig.run(delay, call("setTxNonce(uint256)", {number(3)}));
  rig.look("skipped by the owner", Stage::cancelled);
  EXPECT_EQ(std::vector<std::string>{"TxNonceSet on governor"}, rig.told());
  add(rig.arm());
  rig.at(rig.now() + 99);
  rig.look("a second early", Stage::queued, run);
  rig.at(rig.now() + 1);
  rig.look("ripe", Stage::ready, run);
  rig.send_raw(rig.third, delay, run.data);
  rig.look("executed", Stage::executed, run);
  EXPECT_EQ("green", rig.rows().at("governor-avatar"));
  EXPECT_EQ("green", rig.rows().at("governor-admin"));
}

struct Chainlink {
  Rig& rig;
  Address timelock;
  Value calls(const Bytes& data) const { return list({list({of(rig.gate), number(0), bytes(data)})}); }
  Bytes schedule(const Bytes& data) const {
    return call("scheduleBatch((address,uint256,bytes)[],bytes32,bytes32,uint256)",
                {calls(data), of(Hash32{}), of(Hash32{}), number(100)});
  }
  Execution execute(const Bytes& data) const {
    return {rig.me, timelock,
            call("executeBatch((address,uint256,bytes)[],bytes32,bytes32)", {calls(data), of(Hash32{}), of(Hash32{})})};
  }
};

Chainlink rbac(Rig& rig, const Artifact& artifact, const Address& proposer) {
  const auto me = list({of(rig.me)});
  return {rig, rig.deploy(artifact, "(uint256,address,address[],address[],address[],address[])",
                          {number(100), of(rig.me), list({of(proposer)}), me, me, me})};
}

TEST(Rbac, TimelockHashesStructsAndKnowsBypassers) {
  const auto artifact = elsewhere("RBACTimelock");
  if (!artifact) return;
  Rig rig("chainlink-rbac-timelock");
  const auto timelock = rbac(rig, *artifact, rig.me);
  rig.govern({timelock.timelock, "rbac"});
  const auto run = timelock.execute(rig.arm());
  rig.send_raw(rig.me, timelock.timelock, timelock.schedule(rig.arm()));
  rig.look("scheduled", Stage::queued, run);
  const auto eta = rig.window().from;
  rig.at(eta - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(eta);
  rig.look("ripe", Stage::ready, run);
  const auto id =
      rig.read_word(timelock.timelock, "hashOperationBatch((address,uint256,bytes)[],bytes32,bytes32)(bytes32)",
                    {timelock.calls(rig.arm()), of(Hash32{}), of(Hash32{})});
  EXPECT_NE(std::string::npos, rig.detail().find(to_hex(to_word(id)))) << rig.detail();
  rig.send(rig.me, timelock.timelock, "cancel(bytes32)", {of(to_word(id))});
  rig.look("cancelled", Stage::cancelled, run);
  rig.send_raw(rig.me, timelock.timelock, timelock.schedule(rig.arm()));
  rig.at(rig.now() + 100);
  rig.send_raw(rig.me, timelock.timelock, run.data);
  rig.look("executed", Stage::executed, run);
  auto rows = rig.rows();
  EXPECT_EQ("red", rows.at("timelock-admin")) << "no code";
  EXPECT_EQ("red", rows.at("timelock-bypassers")) << "no code";
  EXPECT_EQ("green", rows.at("timelock-blocked-selectors"));
  const auto arm = rig.arm();
  Hash32 selector;
  std::copy_n(arm.begin(), 4, selector.bytes.begin());
  rig.send(rig.me, timelock.timelock, "blockFunctionSelector(bytes4)", {of(selector)});
  rig.send(rig.me, timelock.timelock, "bypasserExecuteBatch((address,uint256,bytes)[])",
           {timelock.calls({1, 2, 3, 4})});
  rig.look("arm is blocked, and a call went past it all", Stage::executed);
  EXPECT_EQ((std::vector<std::string>{"FunctionSelectorBlocked on timelock", "BypasserCallExecuted on timelock"}),
            rig.told());
  EXPECT_EQ("red", rig.rows().at("timelock-blocked-selectors"));
}

Hash32 pair_hash(const Hash32& a, const Hash32& b) {
  Bytes both;
  append(both, std::min(a, b).view());
  append(both, std::max(a, b).view());
  return crypto::keccak256(BytesView(both));
}

TEST(Mcms, IsSeenQueueingInTheTimelockItDrives) {
  const auto multisig_code = elsewhere("ManyChainMultiSig"), timelock_code = elsewhere("RBACTimelock");
  if (!multisig_code || !timelock_code) return;
  Rig rig("chainlink-mcms");
  const auto multisig = rig.deploy(*multisig_code);
  const auto timelock = rbac(rig, *timelock_code, multisig);
  rig.govern({timelock.timelock, "rbac"}, settings::GovernanceRef{multisig, "mcms"});
  Value quorums, parents;
  for (unsigned i = 0; i < 32; ++i) {
    quorums.elements.push_back(number(i == 0 ? 1 : 0));
    parents.elements.push_back(number(0));
  }
  rig.send(rig.me, multisig, "setConfig(address[],uint8[],uint8[32],uint8[32],bool)",
           {list({of(rig.me)}), list({number(0)}), quorums, parents, number(0)});
  const auto until = rig.now() + 1000;
  const auto words = [](std::initializer_list<const char*> names) { return evm::governance::types(names); };
  const auto domain = [](const char* name) { return of(crypto::keccak256(std::string_view(name))); };
  const auto metadata = list({number(chain_id), of(multisig), number(0), number(1), number(0)});
  const auto op = list({number(chain_id), of(multisig), number(0), of(timelock.timelock), number(0),
                        bytes(timelock.schedule(rig.arm()))});
  const auto head =
      crypto::keccak256(evm::abi::encode(words({"bytes32", "(uint256,address,uint40,uint40,bool)"}),
                                         {domain("MANY_CHAIN_MULTI_SIG_DOMAIN_SEPARATOR_METADATA"), metadata}));
  const auto leaf =
      crypto::keccak256(evm::abi::encode(words({"bytes32", "(uint256,address,uint40,address,uint256,bytes)"}),
                                         {domain("MANY_CHAIN_MULTI_SIG_DOMAIN_SEPARATOR_OP"), op}));
  const auto root = pair_hash(head, leaf);
  const auto message = crypto::keccak256(evm::abi::encode(words({"bytes32", "uint32"}), {of(root), number(until)}));
  const std::string_view prefix =
      "\x19"
      "Ethereum Signed Message:\n32";
  Bytes prefixed(prefix.begin(), prefix.end());
  append(prefixed, message.view());
  const auto key = crypto::PrivateKey::from_bytes(bytes_from_hex(dev_key).value()).value();
  const auto signature = key.sign(crypto::keccak256(BytesView(prefixed)));
  Hash32 r, s;
  std::copy_n(signature.begin(), 32, r.bytes.begin());
  std::copy_n(signature.begin() + 32, 32, s.bytes.begin());
  rig.send(rig.me, multisig,
           "setRoot(bytes32,uint32,(uint256,address,uint40,uint40,bool),bytes32[],(uint8,bytes32,bytes32)[])",
           {of(root), number(until), metadata, list({of(leaf)}),
            list({list({number(signature[64] < 27 ? signature[64] + 27U : signature[64]), of(r), of(s)})})});
  rig.look("a root is set", Stage::unseen);
  EXPECT_EQ("green", rig.rows().at("governor-root"));
  rig.send(rig.third, multisig, "execute((uint256,address,uint40,address,uint256,bytes),bytes32[])",
           {op, list({of(head)})});
  const auto run = timelock.execute(rig.arm());
  rig.look("it queued arm in its timelock", Stage::queued, run);
  rig.at(rig.window().from);
  rig.look("ripe", Stage::ready, run);
  rig.send_raw(rig.me, timelock.timelock, run.data);
  rig.look("executed", Stage::executed, run);
  EXPECT_EQ("green", rig.rows().at("timelock-proposers"));
  rig.send(rig.me, multisig, "setConfig(address[],uint8[],uint8[32],uint8[32],bool)",
           {list({of(rig.other)}), list({number(0)}), quorums, parents, number(0)});
  rig.look("other signers", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"ConfigSet on governor"}, rig.told());
}

}  // namespace
}  // namespace lockstep::e2e
