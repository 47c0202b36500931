// The table of dialects, and the topics and selectors it all rests on.
#include "adapters/evm/governance/registry.hpp"

#include <gtest/gtest.h>

#include "adapters/evm/governance/kinds.hpp"
#include "crypto/keccak256.hpp"
#include "settings/table.hpp"

namespace lockstep::evm {
namespace {

using namespace governance;

std::string offered(std::string_view path) {
  for (const auto& rule : settings::protocol_rules()) {
    if (rule.path == path) return std::string(rule.choices);
  }
  return {};
}

TEST(Registry, OffersInAProtocolFileWhatItCanMake) {
  EXPECT_EQ(kinds(Slot::timelock), offered("instance[].timelock.kind"));
  EXPECT_EQ(kinds(Slot::governor), offered("instance[].governor.kind"));
  EXPECT_EQ(kinds(Slot::upgrader), offered("instance[].upgrader.kind"));
}

TEST(Registry, RefusesAKindThatItDoesNotKnowAndNamesThoseItDoes) {
  settings::InstanceConfig instance;
  instance.chain = "ethereum";
  instance.timelock.kind = "maker-pause";
  const auto refused = dialects_of(instance, 1);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ("a timelock of this kind is not known (ethereum): maker-pause. Next: set timelock.kind to one of " +
                kinds(Slot::timelock),
            refused.error().text());
  instance.timelock.kind = "oz";
  instance.governor = settings::GovernanceRef{{}, "compound"};
  EXPECT_FALSE(dialects_of(instance, 1).has_value()) << "a Compound Timelock drives nothing";
  instance.governor->kind = "bravo";
  const auto both = dialects_of(instance, 1);
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ("timelock", (*both)[0]->place().slot);
  EXPECT_EQ("governor", (*both)[1]->place().slot);
}

/// The gate alone executes in it; governance, and the timelock that arms the gate, may propose.
TEST(Registry, PutsAnUpgraderBesideTheTimelockAndTheGovernor) {
  settings::InstanceConfig instance;
  instance.chain = "ethereum";
  instance.gate.bytes[19] = 1;
  instance.timelock.address.bytes[19] = 2;
  instance.upgrader = settings::GovernanceRef{};
  instance.upgrader->address.bytes[19] = 3;
  const auto place = [&] { return dialects_of(instance, 1).value().back()->place(); };
  EXPECT_EQ("upgrader", place().slot);
  EXPECT_EQ(instance.upgrader->address, place().address);
  EXPECT_EQ(instance.gate, place().executor);
  EXPECT_EQ(instance.timelock.address, place().driver);
  instance.governor = settings::GovernanceRef{{}, "oz"};
  instance.governor->address.bytes[19] = 4;
  EXPECT_EQ(instance.governor->address, place().driver);
  EXPECT_EQ(std::vector{instance.timelock.address}, place().peers);
  instance.upgrader->kind = "compound";
  EXPECT_EQ("an upgrader of this kind is not known", dialects_of(instance, 1).error().what);
}

/// Published figures, each of them recomputed here: OpenZeppelin Contracts 4.9.6 and 5.6.1, Compound's Timelock and
/// GovernorBravoDelegate, Chainlink's RBACTimelock and ManyChainMultiSig, Safe 1.3.0, Zodiac Delay, Venus' and
/// LayerZero Labs' OmnichainGovernanceExecutor, Wormhole MultiGov's SpokeMessageExecutor, Comet's BridgeReceiver (their
/// ABIs).
TEST(Registry, TopicsAndSelectorsAreThoseOfTheRealContracts) {
  const auto topic = [](const char* signature) { return to_hex(crypto::keccak256(std::string_view(signature))); };
  const std::pair<const char*, const char*> topics[] = {
      {"CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)",
       "0x4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca"},
      {"CallSalt(bytes32,bytes32)", "0x20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387"},
      {"MinDelayChange(uint256,uint256)", "0x11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5"},
      {"ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)",
       "0x7d84a6263ae0d98d3329bd7b46bb4e8d6f98cd35a7adb45c274c8b7fd5ebd5e0"},
      {"QueueTransaction(bytes32,address,uint256,string,bytes,uint256)",
       "0x76e2796dc3a81d57b0e8504b647febcbeeb5f4af818e164f11eef8131a6a763f"},
      {"ExecuteTransaction(bytes32,address,uint256,string,bytes,uint256)",
       "0xa560e3198060a2f10670c1ec5b403077ea6ae93ca8de1c32b451dc1a943cd6e7"},
      {"CancelTransaction(bytes32,address,uint256,string,bytes,uint256)",
       "0x2fffc091a501fd91bfbff27141450d3acb40fb8e6d8382b243ec7a812a3aaf87"},
      {"OperationScheduled(bytes32,uint32,uint48,address,address,bytes)",
       "0x82a2da5dee54ea8021c6545b4444620291e07ee83be6dd57edb175062715f3b4"},
      {"OperationExecuted(bytes32,uint32)", "0x76a2a46953689d4861a5d3f6ed883ad7e6af674a21f8e162707159fc9dde614d"},
      {"OperationCanceled(bytes32,uint32)", "0xbd9ac67a6e2f6463b80927326310338bcbb4bdb7936ce1365ea3e01067e7b9f7"},
      {"CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,bytes32,uint256)",
       "0x4f4da6666f52e3b6dbc3638d8eae4017722678fe58bca79cd8320817807a65be"},
      {"OpExecuted(uint40,address,bytes,uint256)",
       "0x87d58fdd48be753fb9ef4ec8a5895086c401506da8b4d752abc90602c3e62d1d"},
      {"ExecutionSuccess(bytes32,uint256)", "0x442e715f626346e8c54381002da614f62bee8d27386535b2521ec8540898556e"},
      {"ExecutionFailure(bytes32,uint256)", "0x23428b18acfb3ea64b08dc0c1d296ea9c09702c09083ca5272e64d115b687d23"},
      {"TransactionAdded(uint256,bytes32,address,uint256,bytes,uint8)",
       "0x4c8a9c748e976c17c2eb2c2bc50da76eac9cd90ff529f0fe900e0c10a179f031"},
      {"TargetCallExecuted(address,uint256,bytes)",
       "0x4d7dbdcc249630ec373f584267f10abf44938de920c32562f5aee93959c25258"},
      {"UpgradeExecuted(address,uint256,bytes)", "0x49f6851d1cd01a518db5bdea5cffbbe90276baa2595f74250b7472b96806302e"},
      {"ProposalReceived(uint256,address[],uint256[],string[],bytes[],uint8)",
       "0xc37d19c9a6a9a568b5071658f9b5082ff8f142df3cf090385c5621ab11938065"},
      {"ProposalCreated(address,uint256,address[],uint256[],string[],bytes[],uint256)",
       "0x216ba108683905cf17ff4c7b04b9711edbdf8ebf5cc06eeecee4b5d5e7c3c6d2"},
      {"ReceivePayloadFailed(uint16,bytes,uint64,bytes)",
       "0x41d73ce7be31a588d59fe9013cdcfe583bc0aab25093d042b64cade0df730656"},
      {"RetryMessageSuccess(uint16,bytes,uint64,bytes32)",
       "0xc264d91f3adc5588250e1551f547752ca0cfa8f6b530d243b9f9f4cab10ea8e5"},
      {"TimelockAdded(uint8,address,address)", "0xfc45ae51ac4893a3f843d030fbfd4037c0c196109c9e667645b8f144c83c16ea"},
      {"ProposalExecuted(bytes)", "0x5f1c84a01d3bb49fae8cd2b12e5cbc6b36654a70f3ae95106da35a58753a7111"},
      {"ProposalFailed(uint16,bytes,uint64,bytes)",
       "0x9c8956b55a8d2adbd435a058f8e11a447b2bf5c72abb98457e20050587ba9b96"},
      {"ProposalExecuted(uint16,bytes32,uint256)",
       "0x8fb074e448fa8d98c2c64604a9ab88e4d6f5803b0b778e5589651d1f2f231c5d"},
      {"HubDispatcherUpdated(bytes32,bytes32)", "0xaee332a411e5c1df61109986b4894b79d1b2ad9827ac556e3f28da255354b091"}};
  for (const auto& [signature, published] : topics) EXPECT_EQ(published, topic(signature)) << signature;
  const std::pair<const char*, const char*> selectors[] = {
      {"getTimestamp(bytes32)", "0xd45c4435"},
      {"queuedTransactions(bytes32)", "0xf2b06537"},
      {"GRACE_PERIOD()", "0xc1a287e2"},
      {"getActions(uint256)", "0x328dd982"},
      {"state(uint256)", "0x3e4f49e6"},
      {"getSchedule(bytes32)", "0x3adc277a"},
      {"getNonce(bytes32)", "0x4136a33c"},
      {"scheduleBatch((address,uint256,bytes)[],bytes32,bytes32,uint256)", "0xa944142d"},
      {"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", "0x6a761202"},
      {"getTxCreatedAt(uint256)", "0x3aa76906"},
      {"executeCall(address,bytes)", "0xbca8c7b5"},
      {"getPayloadById(uint40)", "0x58007a4e"},
      {"proposals(uint256)", "0x013cf08b"},
      {"proposalTimelocks(uint256)", "0xee9799ee"},
      {"receiveMessage(bytes)", "0xf953cec7"},
      {"messageReceived(bytes32)", "0xebc3b1ba"}};
  for (const auto& [signature, published] : selectors)
    EXPECT_EQ(published, topic(signature).substr(0, 10)) << signature;
}

}  // namespace
}  // namespace lockstep::evm
