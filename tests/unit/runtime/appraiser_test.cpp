// Mirrors valued beside the writer thread: what is told of them, and what is shown.
#include "runtime/appraiser.hpp"

#include <gtest/gtest.h>

#include <future>

#include "mirror/state.hpp"
#include "runtime/log.hpp"
#include "runtime/runtime.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;
using mirror::Delta;
using mirror::Int;
using mirror::OpCode;
using mirror::Operation;
using mirror::Table;

const Address trader = operator_address(7);

Operation add_market(std::uint64_t block) {
  return {OpCode::add_market, {Int{1}, Int{500}, Int{300}, Int{100}, Int{200}}, block, 0};
}
Operation deposit(std::uint64_t block, Int amount) { return {OpCode::deposit, {trader, amount}, block, 1}; }
Operation add_call(std::uint64_t block) {
  return {OpCode::add_series, {Int{2}, Int{1}, Int{1}, Int{100}, Int{2'000'000'000}, Int{500}, Int{300}}, block, 2};
}
std::vector<Delta> collateral_of_trader(Int amount) {
  return {{{.table = Table::account, .account = trader}, "collateral", amount}};
}
Appraisable told(std::uint64_t block, std::vector<Operation> operations, Int declared) {
  return {.place = {"perps", "alpha"},
          .block_num = block,
          .time = 1'000 * block,
          .operations = std::move(operations),
          .plans = {{crypto::keccak256("plan"), collateral_of_trader(declared)}}};
}

TEST(ReplicaTest, FollowsAndSaysWhatThePlanWouldChange) {
  Replica replica;
  auto first = told(5, {}, 40);
  first.begin.emplace();
  replica.take(std::move(first));
  auto found = replica.appraise();
  ASSERT_EQ(found.shadows.size(), 1U);
  EXPECT_NE(found.shadows[0].error.find("there is no such account"), std::string::npos) << found.shadows[0].error;
  replica.take(told(8, {add_market(6), deposit(7, 100)}, 40));
  found = replica.appraise();
  ASSERT_NE(found.shadows.at(0).drift, nullptr) << found.shadows[0].error;
  EXPECT_EQ(found.shadows[0].since_num, 5U);
  EXPECT_EQ(found.shadows[0].block_num, 8U);
  EXPECT_EQ(found.shadows[0].operations, 2U);
  const auto& worth = found.shadows[0].drift->worth;
  ASSERT_EQ(worth.accounts.size(), 1U);
  EXPECT_EQ(worth.accounts[0].before.equity, 100);
  EXPECT_EQ(worth.accounts[0].after.equity, 40);
  EXPECT_EQ(found.portfolio, nullptr);
  auto closed = told(9, {add_call(9)}, 40);
  closed.plans.clear();
  replica.take(std::move(closed));
  found = replica.appraise();
  EXPECT_TRUE(found.shadows.empty());
  ASSERT_NE(found.portfolio, nullptr);
  EXPECT_EQ(found.portfolio->at, 9'000U);
}

/// A runtime whose only plan declares another collateral; the test is told when a snapshot is as it wants it.
class AppraisedRuntime : public ::testing::Test {
 protected:
  AppraisedRuntime() {
    log::configure(log::Level::error, log::Format::text);
    Parts parts;
    parts.journal = &journal_;
    parts.chains["alpha"] = &chain_;
    parts.deltas = [](const Hash32&, InstanceIndex) { return collateral_of_trader(30); };
    parts.domain = [](const Plan&) { return Hash32{}; };
    parts.wall_ms = [] { return 5000; };
    Limits limits;
    limits.tick = std::chrono::milliseconds(0);
    runtime_ = std::make_unique<Runtime>(parts, Identity{"test", "1", "single"}, limits);
    EXPECT_TRUE(runtime_->start());
  }
  void feed(std::uint64_t from, std::uint64_t upto, std::vector<Operation> operations) {
    EXPECT_TRUE(
        runtime_->post(ports::MirrorFeed{"perps", "alpha", from, {upto, {}, 1}, std::move(operations), from == 1}));
  }
  /// The first mirror that is as wanted.
  view::MirrorSummary shown(const std::function<bool(const view::MirrorSummary&)>& wanted) {
    const auto promise = std::make_shared<std::promise<view::MirrorSummary>>();
    const auto done = std::make_shared<std::atomic<bool>>(false);
    const auto look = [=](const view::SnapshotPtr& snapshot) {
      if (snapshot->mirrors.empty() || !wanted(snapshot->mirrors[0]) || done->exchange(true)) return;
      promise->set_value(snapshot->mirrors[0]);
    };
    const auto subscription = runtime_->publisher().subscribe(look);
    if (const auto now = runtime_->publisher().current()) look(now);
    auto answer = promise->get_future();
    if (answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready) return answer.get();
    ADD_FAILURE() << "never shown";
    return {};
  }
  MemoryJournal journal_;
  SilentChain chain_;
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(AppraisedRuntime, ShowsTheDriftOfAnOpenPlanAndNothingWithoutOne) {
  feed(1, 4, {add_market(2), deposit(3, 100)});
  const auto before = shown([](const auto& mirror) { return mirror.block_num == 4; });
  EXPECT_TRUE(before.shadows.empty());
  EXPECT_TRUE(runtime_->commit(PlanSubmitted{plan_of("plan", 1, 1)}));
  feed(5, 6, {deposit(6, 20)});
  const auto after = shown([](const auto& mirror) { return !mirror.shadows.empty(); });
  ASSERT_NE(after.shadows[0].drift, nullptr) << after.shadows[0].error;
  EXPECT_EQ(after.shadows[0].drift->worth.before.collateral, 120);
  EXPECT_EQ(after.shadows[0].drift->worth.after.collateral, 30);
  feed(7, 7, {deposit(7, 1)});
  const auto next =
      shown([](const auto& mirror) { return !mirror.shadows.empty() && mirror.shadows[0].block_num == 7; });
  EXPECT_EQ(next.shadows[0].since_num, 6U);
  EXPECT_EQ(next.shadows[0].operations, 1U);
  EXPECT_EQ(next.shadows[0].drift->worth.before.collateral, 121);
  EXPECT_TRUE(runtime_->commit(command(plan_of("plan", 1, 1), CommandKind::abort)));
  feed(8, 8, {});
  shown([](const auto& mirror) { return mirror.block_num == 8 && mirror.shadows.empty(); });
}

TEST_F(AppraisedRuntime, ShowsNothingOfAClosedPlanWhenItsMirrorCameToBeOtherwise) {
  feed(1, 4, {add_market(2), deposit(3, 100)});
  EXPECT_TRUE(runtime_->commit(PlanSubmitted{plan_of("plan", 1, 1)}));
  feed(5, 6, {deposit(6, 20)});
  shown([](const auto& mirror) { return !mirror.shadows.empty(); });
  EXPECT_TRUE(runtime_->commit(command(plan_of("plan", 1, 1), CommandKind::abort)));
  feed(7, 7, std::vector<Operation>(InstanceMirror::most_recorded + 1, deposit(7, 1)));
  shown([](const auto& mirror) { return mirror.block_num == 7 && mirror.shadows.empty(); });
}

TEST_F(AppraisedRuntime, PricesWhatEndsBesideTheWriter) {
  feed(1, 4, {add_market(2), deposit(3, 100), add_call(4)});
  const auto priced = shown([](const auto& mirror) { return mirror.portfolio != nullptr; });
  EXPECT_TRUE(priced.has_expiring);
  EXPECT_EQ(priced.priced_num, 4U);
}

}  // namespace
}  // namespace lockstep::runtime
