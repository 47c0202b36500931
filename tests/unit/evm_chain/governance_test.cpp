// What is told about governance, by an actor whose node serves the logs and the state of a timelock.
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>

#include "adapters/evm/chain.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"
#include "tests/unit/evm_chain/fake_chain.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using coordinator::Finality;
using coordinator::GovernanceObserved;
using coordinator::GovernanceStage;
using nlohmann::json;
using tests::FakeChain;
using tests::FakeServer;

std::vector<abi::Type> types(std::initializer_list<const char*> names) {
  std::vector<abi::Type> list;
  for (const auto* name : names) list.push_back(abi::parse_type(name).value());
  return list;
}
constexpr std::uint64_t genesis = 1'800'000'000;  // of the fake chain, a second per block

class GovernanceTest : public ::testing::Test {
 protected:
  GovernanceTest() {
    plan_.plan.protocol = "perps";
    CompiledInstance instance{.chain = "fake"};
    instance.leaf.gate = gate_;
    plan_.instances.push_back(instance);
    plan_.plan.hash = crypto::keccak256(std::string_view("plan"));
    fake_.extend(30);
    fake_.answer("eth_call", [this](const auto&, const json& params) { return call(params); });
    fake_.answer("eth_getLogs", [this](const auto&, const json& params) {
      const auto num = [&](const char* key) { return parse_quantity(params[0][key].get<std::string>()).value(); };
      auto found = json::array();
      for (const auto& log : logs_) {
        const auto at = parse_quantity(log["blockNumber"].get<std::string>()).value();
        if (at >= num("fromBlock") && at <= num("toBlock")) found.push_back(log);
      }
      return found;
    });
  }
  ~GovernanceTest() override {
    if (chain_) chain_->stop();
    std::filesystem::remove_all(state_);
  }

  /// arm() is scheduled in that block; its operation's id is the timelock's hash of it. Before start().
  void schedule(std::uint64_t num) {
    const auto arm = arm_calldata(plan_, 0);
    const auto target = abi::of(gate_), value = abi::of(Uint256(0)), data = abi::of(BytesView(arm));
    const auto none = abi::of(Hash32{});
    const auto id = crypto::keccak256(
        abi::encode(types({"address", "uint256", "bytes", "bytes32", "bytes32"}), {target, value, data, none, none}));
    const auto topic =
        crypto::keccak256(std::string_view("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)"));
    const auto body = abi::encode(types({"address", "uint256", "bytes", "bytes32", "uint256"}),
                                  {target, value, data, none, abi::of(Uint256(5))});
    logs_.push_back({{"address", to_hex(timelock_)},
                     {"topics", {to_hex(topic), to_hex(id), to_hex(Hash32{})}},
                     {"data", to_hex(BytesView(body))},
                     {"blockNumber", to_quantity(Uint256(num))},
                     {"blockHash", fake_.hash(num)},
                     {"transactionHash", fake_.hash(num)},
                     {"transactionIndex", "0x0"},
                     {"logIndex", "0x0"}});
  }
  /// From that block on the timelock's getTimestamp gives that. Before start().
  void timestamp(std::uint64_t from, std::uint64_t value) {
    for (auto num = from; num <= 30; ++num) timestamps_[fake_.hash(num)] = value;
  }
  void start() {
    ChainSetup setup;
    setup.config.id = "fake";
    setup.config.chain_id = 1;
    setup.config.poll_ms = 10;
    setup.config.receipts = settings::Receipts::agreed;
    setup.state_dir = state_;
    InstanceSetup instance{.protocol = "perps", .config = {}, .events = {}, .views = {}};
    instance.config.chain = "fake";
    instance.config.gate = gate_;
    instance.config.timelock.address = timelock_;
    setup.instances.push_back(instance);
    setup.endpoints = {{"node", settings::Secret(server_.url())}};
    auto made = make_chain(std::move(setup));
    ASSERT_TRUE(made.has_value()) << made.error().text();
    chain_ = *std::move(made);
    const auto added = chain_->add_plan(plan_, 0);
    ASSERT_TRUE(added.has_value()) << added.error().text();
    chain_->start([this](ports::News news) {
      const auto* event = std::get_if<coordinator::Event>(&news);
      if (event == nullptr) return;
      const std::lock_guard lock(mutex_);
      if (const auto* seen = std::get_if<GovernanceObserved>(event)) told_.push_back(*seen);
      if (const auto* seen = std::get_if<coordinator::GateObserved>(event); seen && seen->finality == Finality::final)
        final_ = seen->view.block.num;
      changed_.notify_all();
    });
    chain_->follow(plan_.plan.hash, 0);
  }
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), condition);
  }
  /// Governance is told before the gate of the same final block.
  bool finalise(std::uint64_t num) {
    fake_.finalise(num);
    return wait([&] { return final_ == num; });
  }
  bool wait_told(std::size_t count) {
    return wait([&] { return told_.size() == count; });
  }
  std::vector<std::pair<GovernanceStage, UnixSeconds>> told() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<GovernanceStage, UnixSeconds>> list;
    for (const auto& event : told_) list.emplace_back(event.stage, event.executable_at);
    return list;
  }
  std::atomic<unsigned> refusals_{0};  // so many reads of the timelock fail

 private:
  json call(const json& params) {
    if (params[0]["to"] == to_hex(gate_)) return to_hex(BytesView(Bytes(16 * 32, 0)));  // idle
    if (refusals_ > 0) {
      --refusals_;
      return {{"fail", {{"code", -32000}, {"message", "header not found"}}}};
    }
    return to_hex(to_word(Uint256(timestamps_.at(params[1]["blockHash"].get<std::string>()))));
  }

  const Address gate_ = address(1), timelock_ = address(2);
  CompiledPlan plan_;
  std::filesystem::path state_ =
      std::filesystem::temp_directory_path() / ("lockstep-governance-" + std::to_string(::getpid()) +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::vector<json> logs_;
  std::map<std::string, std::uint64_t> timestamps_;  // by block hash
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<GovernanceObserved> told_;
  std::uint64_t final_ = 0;
  FakeChain fake_;
  FakeServer server_{fake_.handler()};
  std::unique_ptr<EvmChain> chain_;
};

TEST_F(GovernanceTest, SeveralStepsInOnePageOfLogsAreToldAsTheStateTheyLeave) {
  schedule(3);
  timestamp(3, genesis + 8);
  timestamp(4, 0);  // cancelled
  schedule(5);
  timestamp(5, genesis + 20);
  timestamp(11, 0);
  schedule(12);
  timestamp(12, genesis + 17);
  timestamp(14, 0);
  schedule(16);
  timestamp(16, genesis + 21);
  timestamp(26, 1);  // executed
  start();
  const auto list = [](auto... pairs) { return std::vector<std::pair<GovernanceStage, UnixSeconds>>{pairs...}; };
  const std::pair queued(GovernanceStage::queued, genesis + 20), ready(GovernanceStage::ready, genesis + 21);
  const std::pair cancelled(GovernanceStage::cancelled, UnixSeconds{0}),
      executed(GovernanceStage::executed, UnixSeconds{0});
  ASSERT_TRUE(finalise(10));
  EXPECT_EQ(list(queued), told()) << "scheduled, cancelled and scheduled again before we looked";
  ASSERT_TRUE(finalise(11));
  EXPECT_EQ(list(queued, cancelled), told());
  ASSERT_TRUE(finalise(15));
  EXPECT_EQ(list(queued, cancelled), told()) << "scheduled and cancelled since: it still is";
  ASSERT_TRUE(finalise(25));
  EXPECT_EQ(list(queued, cancelled, ready), told());
  ASSERT_TRUE(finalise(30));
  EXPECT_EQ(list(queued, cancelled, ready, executed), told());
}

TEST_F(GovernanceTest, IsAskedAgainAtTheSameFinalBlockWhereItCouldNotBeRead) {
  schedule(3);
  timestamp(3, genesis + 8);
  timestamp(20, 0);
  start();
  ASSERT_TRUE(finalise(10));
  refusals_ = 3;
  ASSERT_TRUE(finalise(20)) << "the gate is told though the timelock could not be read";
  ASSERT_TRUE(wait_told(2)) << "and no further block becomes final";
  EXPECT_EQ(GovernanceStage::cancelled, told()[1].first);
  EXPECT_EQ(0U, refusals_);
}

}  // namespace
}  // namespace lockstep::evm
