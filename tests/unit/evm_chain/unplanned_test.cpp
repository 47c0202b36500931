// The watchdog: what others change is told from the head, once, and taken back with its block; and what a plan
// explains.
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/chain.hpp"
#include "adapters/evm/contract_events.hpp"
#include "adapters/evm/explained.hpp"
#include "adapters/evm/watchdog.hpp"
#include "crypto/keccak256.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::FakeChain;
using tests::FakeServer;

Address account(std::uint8_t last) {
  Address value;
  value.bytes[19] = last;
  value.bytes[0] = 0xac;
  return value;
}
Hash32 word_of(const Address& value) { return abi::as_hash(abi::of(value)); }
Hash32 named(const char* text) { return crypto::keccak256(std::string_view(text)); }
const auto the_gate = account(1), the_timelock = account(2), the_market = account(3), the_admin = account(4),
           the_new_code = account(5), the_stranger = account(9);

Log event(const Address& of, const char* signature, std::vector<Hash32> indexed = {}, std::vector<Hash32> data = {}) {
  Log log{.address = of, .topics = {named(signature)}};
  log.topics.insert(log.topics.end(), indexed.begin(), indexed.end());
  for (const auto& word : data) log.data.insert(log.data.end(), word.bytes.begin(), word.bytes.end());
  log.block_num = 7;
  return log;
}

const auto plan_hash_of_test = named("plan");
Log gate_says(const char* signature) { return event(the_gate, signature, {Hash32{}, plan_hash_of_test}); }

CompiledInstance compiled() {
  CompiledInstance instance;
  instance.leaf.gate = the_gate;
  instance.timelock = the_timelock;
  // ProxyAdmin.upgradeAndCall(market, new code, grantRole(KEEPER, admin)); pause() and unpause() of the market.
  Call upgrade{.target = the_admin, .value = 0, .data = {1, 2, 3, 4}};
  for (const auto& word : {word_of(the_market), word_of(the_new_code), named("KEEPER"), word_of(the_admin)})
    upgrade.data.insert(upgrade.data.end(), word.bytes.begin(), word.bytes.end());
  instance.leaf.switch_calls = {upgrade};
  instance.leaf.halt_calls = {{.target = the_market, .value = 0, .data = {8, 4, 5, 6}}};
  instance.leaf.resume_calls = {{.target = the_market, .value = 0, .data = {3, 15, 4, 186}}};
  return instance;
}

/// One letter for each log: explained or not.
std::string told_apart(std::vector<Log> logs) {
  for (std::size_t i = 0; i < logs.size(); ++i) logs[i].index = static_cast<std::uint32_t>(i);
  std::string text;
  for (const bool ours : explained(logs, compiled(), plan_hash_of_test)) text += ours ? 'y' : 'n';
  return text;
}

TEST(Explained, OnlyWhatThePlansCallsSayAndBeforeTheGateSaysThatTheyRan) {
  const auto upgraded = event(the_market, "Upgraded(address)", {word_of(the_new_code)});
  const auto other = event(the_market, "Upgraded(address)", {word_of(the_stranger)});
  const auto granted = event(the_market, "RoleGranted(bytes32,address,address)",
                             {named("KEEPER"), word_of(the_admin), word_of(the_admin)});
  const auto stolen = event(the_market, "RoleGranted(bytes32,address,address)",
                            {named("KEEPER"), word_of(the_stranger), word_of(the_stranger)});
  const auto by_gate = event(the_market, "RoleGranted(bytes32,address,address)",
                             {named("OF THE CODE ITSELF"), word_of(the_stranger), word_of(the_gate)});
  const auto owner =
      event(the_market, "OwnershipTransferred(address,address)", {word_of(the_timelock), word_of(the_stranger)});
  const auto nobody = event(the_market, "OwnershipTransferred(address,address)", {word_of(the_timelock), Hash32{}});
  const auto delay = event(the_timelock, "MinDelayChange(uint256,uint256)", {},
                           {word_of(account(0)), abi::as_hash(abi::of(Uint256(7)))});
  const auto switched = gate_says("Switched(uint64,bytes32)");
  EXPECT_EQ("yyyy", told_apart({upgraded, granted, by_gate, switched}));
  EXPECT_EQ("nynnnnyn", told_apart({stolen, upgraded, other, owner, nobody, delay, switched, upgraded}));
  EXPECT_EQ("nn", told_apart({upgraded, event(the_gate, "Switched(uint64,bytes32)", {Hash32{}, named("other")})}));

  const auto paused = event(the_market, "Paused(address)", {}, {word_of(the_gate)});
  const auto unpaused = event(the_market, "Unpaused(address)", {}, {word_of(the_gate)});
  const auto engaged = gate_says("Engaged(uint64,bytes32)"), closed = gate_says("Closed(uint64,bytes32,uint8)");
  EXPECT_EQ("yy", told_apart({paused, engaged}));
  EXPECT_EQ("yyyynn", told_apart({upgraded, switched, unpaused, closed, owner, granted})) << "what close carries along";
  EXPECT_EQ("ny", told_apart({upgraded, closed})) << "close alone upgrades nothing";
  EXPECT_EQ("ny", told_apart({event(account(8), "Paused(address)", {}, {word_of(the_gate)}), engaged}));
  auto elsewhere = upgraded;
  elsewhere.txn_index = 1;
  auto later = switched;
  later.txn_index = 2;
  EXPECT_EQ("ny", told_apart({elsewhere, later})) << "another transaction";
}

TEST(ContractEvents, HaveTheTopicsOfTheContractsThatEmitThem) {
  const auto name = [](const char* topic0, std::vector<Hash32> more = {}) {
    Log log{.address = the_market, .topics = {fixed_from_hex<Hash32>(topic0).value()}};
    log.topics.insert(log.topics.end(), more.begin(), more.end());
    const auto found = contract_event(log);
    return found ? found->name : std::string("nothing");
  };
  EXPECT_EQ("Upgraded", name("0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b"));
  EXPECT_EQ("Upgraded", name("0x5d611f318680d00598bb735d61bacf0c514c6b50e1e5ad30040a4df2b12791c7")) << "Synthetix";
  EXPECT_EQ("DiamondCut", name("0x8faa70878671ccd212d20771b795c50af8fd3ff6cf27f4bde57e5d4de0aeb673"));
  EXPECT_EQ("OwnershipTransferStarted", name("0x38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e22700"));
  EXPECT_EQ("AuthorityUpdated", name("0x2f658b440c35314f52658ea8a740e05b284cdc84dc9ae01e891f21b8933e7cad"));
  EXPECT_EQ("MinDelayChange", name("0x11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5"));
  EXPECT_EQ("PauseAction", name("0x3be39979091ae7ca962aa1c44e645f2df3c221b79f324afa5f44aedc8d2f690d")) << "Comet";
  EXPECT_EQ("ReservePaused", name("0xe188d542a5f11925d3a3af33703cdd30a43cb3e8066a3cf68b1b57f61a5a94b5")) << "Aave";
  EXPECT_EQ("SystemSuspended", name("0x86b7ed06c3a2c3763514d475ced33f9ac8b1bb8f028ded18de0100b7678f3c4f"));
  EXPECT_EQ("FeatureFlagDenyAllSet", name("0x97f76d2e384948e28ddd4280a4e76e8600acc328a0c0910c93682a0fccc02018"));
  EXPECT_EQ("AddedOwner", name("0x9465fa0c962cc76958e6373a993326400c1c94f8be2fe3a952adfa7f60b2ea26")) << "Safe";
  const auto gmx = "0x137a44067c8961cd7e1d876f4754a5a3a75989b4552f1843fc69c3b372def160";
  EXPECT_EQ("GrantRole", name(gmx, {named("GrantRole"), named("key")}));
  EXPECT_EQ("nothing", name(gmx, {named("PositionIncrease"), named("key")}));
  EXPECT_EQ("nothing", name("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"));
}

Watchdog::Change change(std::uint64_t num, std::uint8_t hash, std::uint32_t index = 0) {
  coordinator::BlockRef block{num, {}, 100};
  block.hash.bytes[0] = hash;
  return {"perps", block, index, "Upgraded"};
}

TEST(Watchdog, TellsEachOnceAndTakesBackWhatIsGone) {
  Watchdog dog;
  EXPECT_FALSE(dog.add(change(3, 3))) << "not begun";
  dog.begin(5);
  EXPECT_FALSE(dog.add(change(5, 5))) << "history";
  EXPECT_TRUE(dog.add(change(6, 6)));
  EXPECT_FALSE(dog.add(change(6, 6)));
  EXPECT_TRUE(dog.add(change(6, 6, 1)));
  EXPECT_TRUE(dog.add(change(8, 8)));
  const auto again = Watchdog::from_json(dog.to_json());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(dog.told(), again->told());
  EXPECT_EQ(5U, again->upto());
  const auto replaced = [](const coordinator::BlockRef& block) { return block.num == 8; };
  EXPECT_TRUE(dog.finish(7, replaced).empty());
  EXPECT_EQ((std::vector{change(8, 8)}), dog.finish(9, replaced)) << "its block is not in the chain any more";
  EXPECT_FALSE(dog.add(change(9, 9)));
  EXPECT_TRUE(dog.add(change(12, 12)));
  EXPECT_EQ((std::vector{change(12, 12)}), dog.retract(11));
  EXPECT_EQ(2U, dog.retract(6).size()) << "a final block was replaced";
  EXPECT_TRUE(dog.add(change(6, 7))) << "what came instead is looked at";
  EXPECT_EQ("what was kept of unplanned changes is damaged", Watchdog::from_json({{"told", 7}}).error().what);
}

class UnplannedTest : public ::testing::Test {
 protected:
  UnplannedTest() {
    fake_.extend(20);
    fake_.answer("eth_call", [](const auto&, const nlohmann::json& params) -> nlohmann::json {
      if (params[0]["to"] == to_hex(the_admin)) return to_hex(word_of(account(7)));  // the owner of the proxy admin
      return to_hex(BytesView(Bytes(16 * 32, 0)));
    });
    fake_.answer("eth_getStorageAt", [](const auto&, const auto&) { return to_hex(word_of(the_admin)); });
  }
  ~UnplannedTest() override { std::filesystem::remove_all(state_); }

  void happens(const Address& where, const char* what) {
    Log log = event(where, what, {word_of(the_stranger)});
    Receipt receipt{.type = 2, .outcome = {1}, .cumulative_gas = 21'000, .bloom = {}, .logs = {log}};
    BloomKey(log.address.view()).add_to(receipt.bloom);
    for (const auto& topic : log.topics) BloomKey(topic.view()).add_to(receipt.bloom);
    fake_.extend_with({receipt});
  }

  std::unique_ptr<EvmChain> start() {
    ChainSetup setup;
    setup.config.id = "fake";
    setup.config.chain_id = 1;
    setup.config.poll_ms = 10;
    setup.state_dir = state_;
    setup.endpoints = {{"node", settings::Secret(server_.url())}};
    InstanceSetup instance{.protocol = "perps", .config = {}, .events = {}, .views = {}};
    instance.config.chain = "fake";
    instance.config.gate = the_gate;
    instance.config.timelock.address = the_timelock;
    instance.config.contracts["market"] = {.address = the_market, .abi = "", .proxy = "erc1967"};
    instance.config.deployed_at = 2;
    setup.instances.push_back(instance);
    auto made = make_chain(std::move(setup));
    EXPECT_TRUE(made.has_value()) << made.error().text();
    (*made)->start([this](ports::News news) {
      const std::lock_guard lock(mutex_);
      if (const auto* health = std::get_if<ports::ChainHealth>(&news)) {
        head_ = health->head.num;
        final_ = health->final.num;
      }
      if (const auto* seen = std::get_if<ports::UnplannedChange>(&news)) {
        const auto* how = seen->told == ports::UnplannedChange::Told::now      ? "now "
                          : seen->told == ports::UnplannedChange::Told::before ? "before "
                                                                               : "taken back ";
        told_ += how + std::to_string(seen->block.num) + " " + seen->detail.substr(0, seen->detail.find(" (")) + "; ";
      }
      changed_.notify_all();
    });
    return std::move(*made);
  }
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }
  void wait_told(const std::string& text) {
    EXPECT_TRUE(wait([&] { return told_ == text; })) << told_;
  }
  void wait_head(std::uint64_t num) {
    EXPECT_TRUE(wait([&] { return head_ == num; })) << head_;
  }

  FakeChain fake_;
  FakeServer server_{fake_.handler()};
  std::filesystem::path state_ =
      std::filesystem::temp_directory_path() / ("lockstep-unplanned-" + std::to_string(::getpid()) +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string told_;
  std::uint64_t head_ = 0, final_ = 0;
};

TEST_F(UnplannedTest, IsToldFromTheHeadWithoutAPlanAndOnceAlsoAfterARestart) {
  fake_.finalise(5);
  {
    const auto chain = start();
    wait_head(20);
    happens(the_market, "Upgraded(address)");  // block 21; nothing past 5 is final
    wait_told("now 21 Upgraded on market; ");
    happens(the_market, "Deposited(address)");
    happens(account(7), "AddedOwner(address)");
    wait_told("now 21 Upgraded on market; now 23 AddedOwner on owner of upgrade admin of market; ");
    chain->stop();
  }
  told_.clear();
  happens(the_admin, "OwnershipTransferred(address,address)");  // 24, while nobody looked
  const auto chain = start();
  wait_told(
      "before 21 Upgraded on market; before 23 AddedOwner on owner of upgrade admin of market; now 24 "
      "OwnershipTransferred on upgrade admin of market; ");
  fake_.finalise(24);
  wait([&] { return final_ == 24; });
  happens(the_timelock, "RoleGranted(bytes32,address,address)");
  wait_told(
      "before 21 Upgraded on market; before 23 AddedOwner on owner of upgrade admin of market; now 24 "
      "OwnershipTransferred on upgrade admin of market; now 25 RoleGranted on timelock; ");  // none came again as final
  chain->stop();
}

TEST_F(UnplannedTest, IsTakenBackWithItsBlockAndSaidAgainOfTheOneThatHasIt) {
  fake_.finalise(5);
  const auto chain = start();
  wait_head(20);
  happens(the_market, "Upgraded(address)");
  wait_told("now 21 Upgraded on market; ");
  fake_.reorganise(1, 2, 7);
  wait_told("now 21 Upgraded on market; taken back 21 Upgraded on market; ");
  happens(the_market, "Upgraded(address)");
  wait_told("now 21 Upgraded on market; taken back 21 Upgraded on market; now 23 Upgraded on market; ");
  chain->stop();
}

TEST_F(UnplannedTest, WhatBecameFinalWhileNobodyLookedIsToldToo) {
  fake_.finalise(5);
  {
    const auto chain = start();
    wait_head(20);
    fake_.finalise(15);
    EXPECT_TRUE(wait([&] { return final_ == 15; }));
    chain->stop();
  }
  happens(the_market, "Paused(address)");  // 21
  fake_.extend(40);
  fake_.finalise(60);
  const auto chain = start();
  wait_told("now 21 Paused on market; ");
  chain->stop();
}

}  // namespace
}  // namespace lockstep::evm
