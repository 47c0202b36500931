// What an actor reads and tells after a restart, by a node that counts what it is asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/chain.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using nlohmann::json;
using tests::FakeChain;
using tests::FakeServer;
namespace fs = std::filesystem;

const Address market = address(3), brake = address(4);

Receipt receipt_of(std::uint8_t name, const Log& log) {
  Receipt receipt{.type = 2, .outcome = {1}, .cumulative_gas = 21'000, .bloom = {}, .logs = {log}};
  BloomKey(log.address.view()).add_to(receipt.bloom);
  for (const auto& topic : log.topics) BloomKey(topic.view()).add_to(receipt.bloom);
  receipt.txn.bytes[0] = name;
  return receipt;
}

std::vector<Receipt> deposit(std::uint8_t amount) {
  Log log;
  log.address = market;
  log.topics = {crypto::keccak256(std::string_view("Deposited(address,uint256)")), abi::as_hash(abi::of(address(9)))};
  log.data.assign(32, 0);
  log.data.back() = amount;
  return {receipt_of(amount, log)};
}

std::vector<Receipt> pause() {
  Log log;
  log.address = brake;
  log.topics = {crypto::keccak256(std::string_view("Paused(address)"))};
  return {receipt_of(200, log)};
}

class RestartTest : public ::testing::Test {
 protected:
  /// Blocks 3, 4, 6 and 10 have a deposit each, block 8 a pause of the brake; 11 blocks.
  RestartTest() {
    plan_.plan.protocol = "perps";
    plan_.plan.hash = crypto::keccak256(std::string_view("plan"));
    CompiledInstance instance{.chain = "fake"};
    instance.leaf.gate = gate_;
    instance.leaf.halt_calls = {{.target = brake}};
    plan_.instances.push_back(instance);
    fake_.answer("eth_call", [](const auto&, const json&) { return to_hex(BytesView(Bytes(16 * 32, 0))); });  // idle
    fill(0);
  }
  ~RestartTest() override { fs::remove_all(state_); }

  void fill(std::uint8_t branch) {
    fake_.extend(2, branch);
    fake_.extend_with(deposit(3));
    fake_.extend_with(deposit(4));
    fake_.extend(1, branch);
    fake_.extend_with(deposit(6));
    fake_.extend(1, branch);
    fake_.extend_with(pause());
    fake_.extend(1, branch);
    fake_.extend_with(deposit(10));
    fake_.extend(1, branch);
  }

  struct Run {
    std::string told;                // "from-upto:amounts " of each piece of the mirror's feed
    std::vector<std::string> asked;  // blocks whose receipts were asked for, by hash
    std::vector<std::string> interference;
    std::string trouble;
    std::size_t beginnings = 0;
    std::string amounts() const {
      std::string text;
      for (std::size_t at = 0; (at = told.find(':', at)) != std::string::npos;) {
        const auto end = told.find(' ', at);
        text += told.substr(at + 1, end - at - 1);
        at = end;
      }
      return text;
    }
  };
  /// One life of an actor, until `upto` is final and read. With the plan it also lives until its gate was told there.
  Run run(std::uint64_t upto, bool with_plan = false) {
    fake_.finalise(upto);
    asked_.clear();
    Run run;
    bool read = false, gate_told = !with_plan;
    auto made = make_chain(setup());
    EXPECT_TRUE(made.has_value()) << made.error().text();
    auto& chain = **made;
    if (with_plan) {
      EXPECT_TRUE(chain.add_plan(plan_, 0).has_value());
      chain.follow(plan_.plan.hash, 0);
    }
    chain.start([&](ports::News news) {
      const std::lock_guard lock(mutex_);
      if (const auto* health = std::get_if<ports::ChainHealth>(&news)) {
        run.trouble = health->endpoints[0].last_error;
      } else if (const auto* feed = std::get_if<ports::MirrorFeed>(&news)) {
        run.told += std::to_string(feed->from_num) + "-" + std::to_string(feed->upto.num) + ":";
        for (const auto& operation : feed->operations)
          run.told += std::to_string(static_cast<int>(std::get<mirror::Int>(operation.args[1]))) + ",";
        run.told += " ";
        EXPECT_EQ(fake_.hash(feed->upto.num), to_hex(feed->upto.hash));
        run.beginnings += feed->begins ? 1 : 0;
        read = feed->upto.num == upto;
        if (read && !feed_again_.empty()) {
          chain.refeed(std::exchange(feed_again_, {}));
          read = false;
        }
      } else if (const auto* event = std::get_if<coordinator::Event>(&news)) {
        if (const auto* seen = std::get_if<coordinator::InterferenceObserved>(event))
          run.interference.push_back(seen->detail.substr(0, 33));
        const auto* view = std::get_if<coordinator::GateObserved>(event);
        if (view != nullptr && view->finality == coordinator::Finality::final) gate_told = true;
      }
      changed_.notify_all();
    });
    {
      std::unique_lock lock(mutex_);
      EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return read && gate_told; })) << run.told;
    }
    chain.stop();
    run.asked = asked_;
    std::ranges::sort(run.asked);  // several are asked for at a time
    return run;
  }
  std::vector<std::string> blocks(std::initializer_list<std::uint64_t> nums) {
    std::vector<std::string> hashes;
    for (const auto num : nums) hashes.push_back(fake_.hash(num));
    std::ranges::sort(hashes);
    return hashes;
  }
  fs::path kept() const { return state_ / "logs"; }
  void damage(std::uintmax_t at) const {
    std::fstream file(kept(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 1));
  }

  ChainSetup setup() {
    ChainSetup setup;
    setup.config.id = "fake";
    setup.config.chain_id = 1;
    setup.config.poll_ms = 10;
    setup.config.logs_range = range_;
    setup.state_dir = state_;
    InstanceSetup instance{.protocol = "perps", .config = {}, .events = {}, .views = {}};
    instance.events.push_back({"market",
                               "Deposited(address indexed account, uint256 amount)",
                               "deposit",
                               {{"account", "account"}, {"amount", "amount"}},
                               "here"});
    instance.config.chain = "fake";
    instance.config.gate = gate_;
    instance.config.timelock.address = address(2);
    instance.config.contracts["market"] = {.address = market, .abi = ""};
    instance.config.deployed_at = 2;
    setup.instances.push_back(instance);
    setup.endpoints = {{"node", settings::Secret(server_.url())}};
    return setup;
  }

  std::uint32_t range_ = 3;  // blocks in a page
  std::string feed_again_;   // protocol, once everything was read
  Address gate_ = address(1);
  CompiledPlan plan_;
  fs::path state_ = fs::temp_directory_path() / ("lockstep-restart-" + std::to_string(::getpid()) +
                                                 ::testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeChain fake_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> asked_;  // touched by the server while an actor lives, by run() while none does
  FakeServer server_{[this](const std::string& body) {
    const auto asked = json::parse(body);
    if (asked.is_object() && asked["method"] == "eth_getBlockReceipts") asked_.push_back(asked["params"][0]);
    return fake_.handler()(body);
  }};
};

constexpr const char* all_amounts = "3,4,6,10,";

TEST_F(RestartTest, NothingThatWasReadIsReadAgain) {
  const auto first = run(11);
  EXPECT_EQ(all_amounts, first.amounts());
  EXPECT_EQ(blocks({3, 4, 6, 10}), first.asked);
  const auto second = run(11);
  EXPECT_EQ(all_amounts, second.amounts());
  EXPECT_EQ(blocks({}), second.asked);
  fake_.extend_with(deposit(12));
  fake_.extend(1);
  const auto third = run(13);
  EXPECT_EQ("3,4,6,10,12,", third.amounts());
  EXPECT_EQ(blocks({12}), third.asked);
  EXPECT_EQ(blocks({}), run(13).asked);
}

TEST_F(RestartTest, WhereverTheFileEndsOrIsDamagedAllIsToldOnceAndNothingElse) {
  run(11);
  const auto copy = fs::path(state_).concat("-copy");
  fs::copy_file(kept(), copy, fs::copy_options::overwrite_existing);
  const auto size = fs::file_size(copy);
  std::size_t least = 4, most = 0;
  for (std::uintmax_t at = 0; at < size; at += 151) {
    for (const bool cut : {true, false}) {
      fs::copy_file(copy, kept(), fs::copy_options::overwrite_existing);
      if (cut)
        fs::resize_file(kept(), at);
      else
        damage(at);
      const auto again = run(11);
      ASSERT_EQ(all_amounts, again.amounts()) << at;
      ASSERT_EQ(blocks({}), run(11).asked) << "and it is kept again";
      least = std::min(least, again.asked.size());
      most = std::max(most, again.asked.size());
    }
  }
  fs::remove(copy);
  EXPECT_EQ(4U, most);
  EXPECT_LT(least, 4U);
}

TEST_F(RestartTest, FedAgainWithinOneLifeItBeginsAnewAndNothingIsReadAgain) {
  EXPECT_EQ(1U, run(11).beginnings);
  fs::remove(kept());
  for (const auto* protocol : {"perps", "another"}) {
    feed_again_ = protocol;
    const auto life = run(11);
    EXPECT_EQ(std::string(all_amounts) + all_amounts, life.amounts()) << protocol;
    EXPECT_EQ(protocol == std::string("perps") ? 2U : 1U, life.beginnings);
    EXPECT_EQ("", life.trouble);
  }
  EXPECT_EQ(blocks({}), run(11).asked) << "and what was kept is kept still";
}

TEST_F(RestartTest, WithoutAFileItIsReadAgain) {
  fs::create_directories(kept() / "in the way");
  feed_again_ = "perps";
  const auto life = run(11);
  EXPECT_EQ(std::string(all_amounts) + all_amounts, life.amounts());
  EXPECT_EQ(blocks({3, 3, 4, 4, 6, 6, 10, 10}), life.asked);
}

TEST_F(RestartTest, WhatWasReadOfAnotherHistoryIsForgotten) {
  run(11);
  fs::remove(state_ / "final.json");  // so that it cannot be known from elsewhere
  fake_.reorganise(11, 0, 0);
  fake_.extend(2, 7);
  fake_.extend_with(deposit(30));
  fake_.extend(8, 7);
  const auto again = run(11);
  EXPECT_EQ("30,", again.amounts());
  EXPECT_EQ(blocks({3}), again.asked);
  EXPECT_EQ("events had been read up to block 11 of another history: all are read again", again.trouble);
}

TEST_F(RestartTest, AFinalBlockThatWasReplacedTakesEverythingAlong) {
  run(11);
  fake_.reorganise(5, 0, 0);
  fake_.extend(1, 7);
  fake_.extend_with(deposit(80));
  fake_.extend(3, 7);
  const auto again = run(11);
  EXPECT_EQ("3,4,6,80,", again.amounts());
  EXPECT_EQ(blocks({}), run(11).asked);
}

TEST_F(RestartTest, WhatOthersWouldReadIsReadFromTheBeginning) {
  run(11);
  range_ = 4;  // in how many steps makes no difference
  EXPECT_EQ(blocks({}), run(11).asked);
  gate_ = address(7);
  EXPECT_EQ(blocks({3, 4, 6, 10}), run(11).asked);
  EXPECT_EQ(blocks({}), run(11).asked);
}

/// A plan's brakes are read while the plan is known. What was read when it was not is of no use to it.
TEST_F(RestartTest, LogsOfABrakeThatWereNotReadAreReadWhenTheyCount) {
  EXPECT_EQ(blocks({3, 4, 6}), run(6, true).asked);  // the plan is watched from block 7 on
  EXPECT_EQ(blocks({10}), run(11).asked) << "without the plan";
  const auto again = run(11, true);
  EXPECT_EQ(std::vector<std::string>{"Paused on a breaker of the plan ("}, again.interference);
  EXPECT_EQ(blocks({8, 10}), again.asked);
  EXPECT_EQ(all_amounts, again.amounts());
  const auto last = run(11, true);
  EXPECT_EQ(std::vector<std::string>{"Paused on a breaker of the plan ("}, last.interference);
  EXPECT_EQ(blocks({}), last.asked);
}

}  // namespace
}  // namespace lockstep::evm
