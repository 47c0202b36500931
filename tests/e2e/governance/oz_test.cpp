// OpenZeppelin's TimelockController, Governor and AccessManager, from the npm packages themselves.
#include "crypto/keccak256.hpp"
#include "tests/e2e/governance/rig.hpp"

namespace lockstep::e2e {
namespace {

using evm::abi::Value;

Hash32 role(const char* name) { return crypto::keccak256(std::string_view(name)); }

struct Version {
  const char* name;
  const char* package;
  bool has_admin;  // a fourth constructor argument
};
void PrintTo(const Version& version, std::ostream* out) { *out << version.name; }

class Timelock : public ::testing::TestWithParam<Version> {
 protected:
  Timelock() : rig("oz-timelock-" + std::string(GetParam().name) + "-" + story()) {
    const auto artifact = npm(std::string(GetParam().package) + "/build/contracts/TimelockController.json");
    const auto only_me = list({of(rig.me)});
    std::vector<Value> arguments{number(100), only_me, only_me};
    if (GetParam().has_admin) arguments.push_back(of(Address{}));
    timelock = rig.deploy(
        artifact, GetParam().has_admin ? "(uint256,address[],address[],address)" : "(uint256,address[],address[])",
        arguments);
    rig.govern({timelock, "oz"});
  }

  static std::string story() {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    return name.substr(0, name.find('/'));
  }
  struct Batch {
    std::vector<Bytes> calls;
    Hash32 predecessor, salt;
  };
  std::vector<Value> batch_arguments(const Batch& batch) const {
    Value targets, values, payloads;
    for (const auto& data : batch.calls) {
      targets.elements.push_back(of(rig.gate));
      values.elements.push_back(number(0));
      payloads.elements.push_back(bytes(data));
    }
    return {targets, values, payloads, of(batch.predecessor), of(batch.salt)};
  }
  Execution execute_batch(const Batch& batch) const {
    return {rig.me, timelock,
            call("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)", batch_arguments(batch))};
  }
  std::vector<Value> single(const Address& target, const Bytes& data, const Hash32& salt) const {
    return {of(target), number(0), bytes(data), of(Hash32{}), of(salt)};
  }
  Execution execute_single(const Address& target, const Bytes& data, const Hash32& salt) const {
    return {rig.me, timelock, call("execute(address,uint256,bytes,bytes32,bytes32)", single(target, data, salt))};
  }
  void schedule(const Address& target, const Bytes& data, const Hash32& salt, std::uint64_t delay) {
    auto arguments = single(target, data, salt);
    arguments.push_back(number(delay));
    rig.send(rig.me, timelock, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", arguments);
  }
  Hash32 id_of(const Address& target, const Bytes& data, const Hash32& salt) {
    return to_word(rig.read_word(timelock, "hashOperation(address,uint256,bytes,bytes32,bytes32)(bytes32)",
                                 single(target, data, salt)));
  }
  /// An operation of the timelock on itself, all the way.
  void administer(const Bytes& data, const char* salt) {
    schedule(timelock, data, role(salt), 100);
    rig.at(rig.now() + 100);
    rig.send_raw(rig.me, timelock, execute_single(timelock, data, role(salt)).data);
  }

  Rig rig;
  Address timelock;
};

TEST_P(Timelock, SingleIsQueuedReadyAndCancelled) {
  const auto salt = role("salt");
  const auto run = execute_single(rig.gate, rig.arm(), salt);
  rig.look("nothing yet", Stage::unseen, run);
  schedule(rig.gate, rig.arm(), salt, 100);
  rig.look("scheduled", Stage::queued, run);
  const auto eta = rig.window().from;
  EXPECT_EQ(rig.now() + 100, eta);
  EXPECT_EQ(0U, rig.window().until) << "never expires";
  rig.at(eta - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(eta);
  rig.look("ripe", Stage::ready, run);
  rig.at(eta + 365 * 86400);
  rig.look("a year later", Stage::ready, run);
  rig.send(rig.me, timelock, "cancel(bytes32)", {of(id_of(rig.gate, rig.arm(), salt))});
  rig.look("cancelled", Stage::cancelled, run);
}

TEST_P(Timelock, BatchWaitsForItsPredecessorAndIsExecuted) {
  const Bytes something{0x12, 0x34, 0x56, 0x78};
  const auto first_salt = role("first");
  const Batch batch{{something, rig.arm()}, id_of(rig.gate, something, first_salt), role("batch")};
  schedule(rig.gate, something, first_salt, 100);
  auto arguments = batch_arguments(batch);
  arguments.push_back(number(100));
  rig.send(rig.me, timelock, "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)", arguments);
  rig.look("scheduled", Stage::queued, execute_batch(batch));
  rig.at(rig.window().from);
  rig.look("ripe behind another", Stage::queued, execute_batch(batch));
  EXPECT_NE(std::string::npos, rig.detail().find("predecessor")) << rig.detail();
  rig.send_raw(rig.me, timelock, execute_single(rig.gate, something, first_salt).data);
  rig.look("the other is executed", Stage::ready, execute_batch(batch));
  rig.send_raw(rig.me, timelock, execute_batch(batch).data);
  rig.look("executed", Stage::executed, execute_batch(batch));
}

TEST_P(Timelock, SaysHowItIsConfiguredAndWhenThatChanges) {
  auto rows = rig.rows();
  EXPECT_EQ("green", rows.at("timelock-open-executor"));
  EXPECT_EQ("green", rows.at("timelock-min-delay"));
  rig.look("deployed", Stage::unseen);
  const bool vulnerable = std::string(GetParam().name) == "4.3.0";
  rows = rig.rows();
  EXPECT_EQ(vulnerable ? "red" : "green", rows.at("timelock-version")) << "CVE-2021-39168";
  administer(call("updateDelay(uint256)", {number(50)}), "delay");
  rig.look("delay changed", Stage::unseen);
  EXPECT_EQ(std::vector<std::string>{"MinDelayChange on timelock"}, rig.told());
  administer(call("grantRole(bytes32,address)", {of(role("EXECUTOR_ROLE")), of(Address{})}), "open");
  rig.look("opened", Stage::unseen);
  EXPECT_EQ(std::vector<std::string>{"RoleGranted on timelock"}, rig.told());
  EXPECT_EQ("red", rig.rows().at("timelock-open-executor"));
  const auto admin = GetParam().has_admin && GetParam().name[0] == '5' ? Hash32{} : role("TIMELOCK_ADMIN_ROLE");
  administer(call("grantRole(bytes32,address)", {of(admin), of(rig.other)}), "admin");
  rig.look("an admin without code", Stage::unseen);
  EXPECT_EQ("red", rig.rows().at("timelock-admin"));
}

INSTANTIATE_TEST_SUITE_P(Versions, Timelock,
                         ::testing::Values(Version{"4.3.0", "@openzeppelin/contracts-4.3", false},
                                           Version{"4.8.3", "@openzeppelin/contracts-4.8", true},
                                           Version{"4.9.6", "@openzeppelin/contracts-4.9", true},
                                           Version{"5.6.1", "@openzeppelin/contracts", true}),
                         [](const auto& version) {
                           std::string name = version.param.name;
                           std::ranges::replace(name, '.', '_');
                           return name;
                         });

TEST(Governor, OfVersion5IsFollowedFromProposalToEffect) {
  Rig rig("oz-governor-5.6.1");
  const auto votes = rig.deploy(own("DemoToken"), "(address,uint256)", {of(rig.me), of(Uint256(1'000'000))});
  const auto timelock =
      rig.deploy(npm("@openzeppelin/contracts/build/contracts/TimelockController.json"),
                 "(uint256,address[],address[],address)", {number(100), list({}), list({of(Address{})}), of(rig.me)});
  const auto governor = rig.deploy(own("DemoGovernor"), "(address,address,uint48,uint32)",
                                   {of(votes), of(timelock), number(10), number(50)});
  for (const auto* name : {"PROPOSER_ROLE", "CANCELLER_ROLE"})
    rig.send(rig.me, timelock, "grantRole(bytes32,address)", {of(role(name)), of(governor)});
  rig.send(rig.me, votes, "delegate(address)", {of(rig.me)});
  rig.govern({timelock, "oz"}, settings::GovernanceRef{governor, "oz"});
  const auto propose = [&](const char* description) {
    const auto text = of(BytesView(reinterpret_cast<const std::uint8_t*>(description), std::strlen(description)));
    rig.send(rig.me, governor, "propose(address[],uint256[],bytes[],string)",
             {list({of(rig.gate)}), list({number(0)}), list({bytes(rig.arm())}), text});
    return std::vector<Value>{list({of(rig.gate)}), list({number(0)}), list({bytes(rig.arm())}),
                              of(crypto::keccak256(std::string_view(description)))};
  };
  const auto arguments = propose("arm");
  const Execution run{rig.me, governor, call("execute(address[],uint256[],bytes[],bytes32)", arguments)};
  const auto id = rig.read_word(governor, "getProposalId(address[],uint256[],bytes[],bytes32)(uint256)", arguments);
  rig.look("proposed", Stage::proposed);
  rig.at(rig.now() + 11);
  rig.send(rig.me, governor, "castVote(uint256,uint8)", {of(id), number(1)});
  rig.look("voted", Stage::proposed);
  rig.at(rig.now() + 51);
  rig.look("succeeded", Stage::proposed);
  rig.send(rig.me, governor, "queue(address[],uint256[],bytes[],bytes32)", arguments);
  rig.look("queued", Stage::queued, run);
  const auto eta = rig.window().from;
  rig.at(eta - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(eta);
  rig.look("ripe", Stage::ready, run);
  EXPECT_EQ("red", rig.rows().at("timelock-open-executor"));
  EXPECT_EQ("green", rig.rows().at("timelock-proposers"));
  EXPECT_EQ("green", rig.rows().at("governor-timelock"));
  rig.send_raw(rig.me, governor, run.data);
  rig.look("executed", Stage::executed, run);
}

TEST(AccessManager, ExecutesInItsWindowOnlyAndCountsItsIds) {
  Rig rig("oz-access-manager-5.6.1");
  const auto manager =
      rig.deploy(npm("@openzeppelin/contracts/build/contracts/AccessManager.json"), "(address)", {of(rig.me)});
  rig.govern({manager, "access-manager"});
  const auto arm = rig.arm();
  Hash32 selector;
  std::copy_n(arm.begin(), 4, selector.bytes.begin());
  const std::uint64_t expiration = 7 * 86400;
  EXPECT_EQ(expiration, rig.read_word(manager, "expiration()(uint32)"));
  rig.send(rig.me, manager, "grantRole(uint64,address,uint32)", {number(7), of(rig.other), number(100)});
  rig.send(rig.me, manager, "setTargetFunctionRole(address,bytes4[],uint64)",
           {of(rig.gate), list({of(selector)}), number(7)});
  rig.look("configured", Stage::unseen);
  EXPECT_EQ((std::vector<std::string>{"RoleGranted on timelock", "RoleGranted on timelock",
                                      "TargetFunctionRoleUpdated on timelock"}),
            rig.told());
  EXPECT_EQ("red", rig.rows().at("timelock-admin")) << "an account without code, and without delay";
  EXPECT_EQ("green", rig.rows().at("timelock-open-executor"));
  const Execution run{rig.other, manager, call("execute(address,bytes)", {of(rig.gate), bytes(arm)})};
  const auto schedule = [&] {
    rig.send(rig.other, manager, "schedule(address,bytes,uint48)", {of(rig.gate), bytes(arm), number(0)});
  };
  schedule();
  rig.look("scheduled", Stage::queued, run);
  rig.at(rig.window().from - 1);
  rig.look("a second early", Stage::queued, run);
  rig.at(rig.window().from);
  rig.look("ripe", Stage::ready, run);
  rig.send(rig.other, manager, "cancel(address,address,bytes)", {of(rig.other), of(rig.gate), bytes(arm)});
  rig.look("cancelled", Stage::cancelled, run);
  schedule();
  rig.look("scheduled again under the same id", Stage::queued, run);
  EXPECT_EQ(rig.window().from + expiration - 1, rig.window().until);
  rig.at(rig.window().until);
  rig.look("the last second", Stage::ready, run);
  rig.at(rig.window().until + 1);
  rig.look("expired", Stage::expired, run);
  schedule();
  rig.look("and again", Stage::queued, run);
  rig.at(rig.window().from);
  rig.look("ripe again", Stage::ready, run);
  rig.send_raw(rig.other, manager, run.data);
  rig.look("executed", Stage::executed, run);
  rig.send(rig.me, manager, "setTargetClosed(address,bool)", {of(rig.gate), number(1)});
  rig.look("closed", Stage::executed);
  EXPECT_EQ(std::vector<std::string>{"TargetClosed on timelock"}, rig.told());
  EXPECT_EQ("red", rig.rows().at("timelock-target"));
}

}  // namespace
}  // namespace lockstep::e2e
