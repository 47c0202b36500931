// On-chain names that the adapter relies on, each against the constant that contracts emit, accept or store under. The
// constants come from the published contracts (OpenZeppelin 4.x and 5.x, ERC-1967, ERC-7201); "first…last" where a
// source gives only the ends.
#include <gtest/gtest.h>

#include "adapters/evm/abi.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::abi {
namespace {

struct Golden {
  const char* name;
  const char* hash;
};

bool matches(const std::string& computed, const std::string& golden) {
  const auto gap = golden.find("...");
  if (gap == std::string::npos) return computed == golden;
  return computed.starts_with(golden.substr(0, gap)) && computed.ends_with(golden.substr(gap + 3));
}

void expect_topics(std::initializer_list<Golden> events) {
  for (const auto& [signature, golden] : events) {
    const auto event = parse_event(signature);
    ASSERT_TRUE(event) << signature << ": " << event.error().text();
    EXPECT_TRUE(matches(to_hex(event->topic0), golden))
        << signature << " is " << to_hex(event->topic0) << ", not " << golden;
  }
}

void expect_selectors(std::initializer_list<Golden> functions) {
  for (const auto& [signature, golden] : functions) {
    const auto function = parse_function(signature);
    ASSERT_TRUE(function) << signature << ": " << function.error().text();
    EXPECT_EQ(to_hex(function->selector()), golden) << signature;
  }
}

TEST(Signatures, TimelockEvents) {
  expect_topics({
      {"CallScheduled(bytes32 indexed id,uint256 indexed index,address target,uint256 value,bytes data,bytes32 "
       "predecessor,uint256 delay)",
       "0x4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca"},
      {"CallExecuted(bytes32 indexed id,uint256 indexed index,address target,uint256 value,bytes data)",
       "0xc2617efa69bab66782fa219543714338489c4e9e178271560a91b82c3f612b58"},
      {"CallSalt(bytes32 indexed id,bytes32 salt)",
       "0x20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387"},
      {"Cancelled(bytes32 indexed id)", "0xbaa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70"},
      {"MinDelayChange(uint256 oldDuration,uint256 newDuration)",
       "0x11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5"},
      {"RoleGranted(bytes32 indexed role,address indexed account,address indexed sender)", "0x2f878811...6f0d"},
      {"RoleRevoked(bytes32 indexed role,address indexed account,address indexed sender)", "0xf6391f5c...171b"},
  });
}

TEST(Signatures, TimelockCalls) {
  expect_selectors({
      {"schedule(address,uint256,bytes,bytes32,bytes32,uint256)", "0x01d5062a"},
      {"scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)", "0x8f2a0bb0"},
      {"execute(address,uint256,bytes,bytes32,bytes32)", "0x134008d3"},
      {"executeBatch(address[],uint256[],bytes[],bytes32,bytes32)", "0xe38335e5"},
      {"cancel(bytes32)", "0xc4d252f5"},
      {"updateDelay(uint256)", "0x64d62353"},
      {"getMinDelay()", "0xf27a0c92"},
      {"getTimestamp(bytes32)", "0xd45c4435"},
      {"isOperation(bytes32)", "0x31d50750"},
      {"isOperationPending(bytes32)", "0x584b153e"},
      {"isOperationReady(bytes32)", "0x13bc9f20"},
      {"isOperationDone(bytes32)", "0x2ab0f529"},
      {"getOperationState(bytes32)", "0x7958004c"},
      {"hashOperation(address,uint256,bytes,bytes32,bytes32)", "0x8065657f"},
      {"hashOperationBatch(address[],uint256[],bytes[],bytes32,bytes32)", "0xb1c5f427"},
  });
}

TEST(Signatures, TimelockRoles) {
  const Golden roles[] = {{"PROPOSER_ROLE", "0xb09aa5ae...9cc1"},
                          {"EXECUTOR_ROLE", "0xd8aa0f31...9e63"},
                          {"CANCELLER_ROLE", "0xfd643c72...f783"},
                          {"TIMELOCK_ADMIN_ROLE", "0x5f58e3a2...6ca5"}};
  for (const auto& [name, golden] : roles) EXPECT_TRUE(matches(to_hex(crypto::keccak256(name)), golden)) << name;
}

TEST(Signatures, Governor) {
  expect_topics({
      {"ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)",
       "0x7d84a6263ae0d98d3329bd7b46bb4e8d6f98cd35a7adb45c274c8b7fd5ebd5e0"},
      {"ProposalQueued(uint256 id,uint256 eta)", "0x9a2e42fd6722813d69113e7d0079d3d940171428df7373df9c7f7617cfda2892"},
      {"ProposalExecuted(uint256)", "0x712ae1383f79ac853f8d882153778e0260ef8f03b504e2866e0593e04d2b291f"},
      {"ProposalCanceled(uint256)", "0x789cf55be980739dad1d0699b93b58e806b51c9d96619bfa8fe0a28abaa7b30c"},
      {"ProposalExtended(uint256 indexed,uint64)", "0x541f725f..."},
      {"TimelockChange(address,address)", "0x08f74ea4...6401"},
  });
  expect_selectors({
      {"propose(address[],uint256[],bytes[],string)", "0x7d5e81e2"},
      {"queue(address[],uint256[],bytes[],bytes32)", "0x160cbed7"},
      {"execute(address[],uint256[],bytes[],bytes32)", "0x2656227d"},
      {"cancel(address[],uint256[],bytes[],bytes32)", "0x452115d6"},
      {"hashProposal(address[],uint256[],bytes[],bytes32)", "0xc59057e4"},
      {"state(uint256)", "0x3e4f49e6"},
      {"proposalEta(uint256)", "0xab58fb8e"},
      {"proposalNeedsQueuing(uint256)", "0xa9a95294"},
      {"proposalSnapshot(uint256)", "0x2d63f693"},
      {"proposalDeadline(uint256)", "0xc01f9e37"},
      {"timelock()", "0xd33219b4"},
  });
}

TEST(Signatures, ProxiesAndBreakers) {
  expect_topics({
      {"Upgraded(address indexed implementation)",
       "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b"},
      {"AdminChanged(address previousAdmin,address newAdmin)", "0x7e644d79...798f"},
      {"BeaconUpgraded(address indexed beacon)", "0x1cf3b03a...5d3e"},
      {"Upgraded(address indexed self,address implementation)",
       "0x5d611f318680d00598bb735d61bacf0c514c6b50e1e5ad30040a4df2b12791c7"},
      {"DiamondCut((address,uint8,bytes4[])[],address,bytes)",
       "0x8faa70878671ccd212d20771b795c50af8fd3ff6cf27f4bde57e5d4de0aeb673"},
      {"Initialized(uint8)", "0x7f26b83f...2498"},
      {"Initialized(uint64)", "0xc7f505b2...81d2"},
      {"OwnershipTransferred(address indexed,address indexed)", "0x8be0079c...57e0"},
      {"OwnershipTransferStarted(address indexed,address indexed)", "0x38d16b8c...2700"},
      {"Paused(address account)", "0x62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a258"},
      {"Unpaused(address account)", "0x5db9ee0a495bf2e6ff9c91a7834c1ba4fdd244a5e8aa4e537bd38aeae4b073aa"},
      {"PauseAction(bool,bool,bool,bool,bool)", "0x3be39979...690d"},
  });
  expect_selectors({
      {"upgradeTo(address)", "0x3659cfe6"},
      {"upgradeToAndCall(address,bytes)", "0x4f1ef286"},
      {"upgrade(address,address)", "0x99a88ec4"},
      {"upgradeAndCall(address,address,bytes)", "0x9623609d"},
      {"upgrade(address,bytes32,bytes)", "0xa3499c73"},
      {"proxiableUUID()", "0x52d1902d"},
      {"UPGRADE_INTERFACE_VERSION()", "0xad3cb1cc"},
      {"facets()", "0x7a0ed627"},
      {"diamondCut((address,uint8,bytes4[])[],address,bytes)", "0x1f931c1c"},
      {"paused()", "0x5c975abb"},
      {"pause()", "0x8456cb59"},
      {"unpause()", "0x3f4ba83a"},
  });
}

TEST(Signatures, Erc1967Slots) {
  const Golden slots[] = {
      {"eip1967.proxy.implementation", "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"},
      {"eip1967.proxy.admin", "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"},
      {"eip1967.proxy.beacon", "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"},
  };
  for (const auto& [name, golden] : slots)
    EXPECT_EQ(to_hex(to_word(Uint256(from_word(crypto::keccak256(name)) - 1))), golden) << name;
  EXPECT_EQ(to_hex(crypto::keccak256("org.zeppelinos.proxy.implementation")),
            "0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3");
}

TEST(Signatures, Erc7201Slots) {
  const Golden slots[] = {
      {"openzeppelin.storage.Pausable", "0xcd5ed15c6e187e77e9aee88184c21f4f2182ab5827cb3b7e07fbedcd63f03300"},
      {"openzeppelin.storage.Initializable", "0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00"},
      {"openzeppelin.storage.TimelockController", "0x9a37c2aa9d186a0969ff8a8267bf4e07e864c2f2768f5040949e28a624fb3600"},
      {"openzeppelin.storage.AccessControl", "0x02dd7bc7...6800"},
      {"openzeppelin.storage.Governor", "0x7c712897...cb00"},
      {"openzeppelin.storage.Ownable", "0x9016d09d...9300"},
  };
  for (const auto& [name, golden] : slots) {
    const auto inner = to_word(Uint256(from_word(crypto::keccak256(name)) - 1));
    auto slot = crypto::keccak256(inner.view());
    slot.bytes[31] = 0;
    EXPECT_TRUE(matches(to_hex(slot), golden)) << name << " is " << to_hex(slot);
  }
}

}  // namespace
}  // namespace lockstep::evm::abi
