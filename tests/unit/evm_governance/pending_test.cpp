// What waits in a queue besides the plan: all of it is asked for, page by page, and nothing twice that is over.
#include <gtest/gtest.h>

#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/governance/kinds.hpp"
#include "adapters/evm/governance/watch.hpp"
#include "crypto/keccak256.hpp"
#include "tests/support/address.hpp"

namespace lockstep::evm {
namespace {

using tests::address;

using namespace governance;

const Address timelock = address(1), gate = address(2), market = address(3), elsewhere = address(4);
constexpr UnixSeconds now = 1'000, decided = 2'000;

class PendingTest : public ::testing::Test {
 protected:
  PendingTest() { add({timelock}); }

  void add(Place place) {
    place.address = timelock;
    dialects_.clear();
    dialects_.push_back(oz_timelock(std::move(place)));
  }

  /// An operation of one call; `number` makes it its own.
  Hash32 announce(const Address& target, std::uint64_t number, Bytes data = {}) {
    const auto of_number = to_word(Uint256(number));
    if (data.empty()) data.assign(of_number.bytes.begin(), of_number.bytes.end());
    const auto body = std::vector{abi::of(target), abi::of(Uint256(0)), abi::of(BytesView(data)), abi::of(Hash32{})};
    auto hashed = body;
    hashed.push_back(abi::of(Hash32{}));
    const auto id =
        crypto::keccak256(abi::encode(types({"address", "uint256", "bytes", "bytes32", "bytes32"}), hashed));
    auto told = body;
    told.push_back(abi::of(Uint256(5)));
    Log log;
    log.address = timelock;
    log.topics = {
        crypto::keccak256(std::string_view("CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)")), id,
        Hash32{}};
    log.data = abi::encode(types({"address", "uint256", "bytes", "bytes32", "uint256"}), told);
    dialects_.front()->observe(log);
    return id;
  }

  Pending look() {
    asked_ = 0;
    const Reader read(
        [this](const std::vector<RpcCall>& calls) -> Result<std::vector<RpcAnswer>> {
          std::vector<RpcAnswer> answers;
          for (const auto& call : calls) {
            asked_++;
            const auto data = *bytes_from_hex(call.params[0]["data"].get<std::string>());
            Hash32 id;
            std::copy_n(data.begin() + 4, Hash32::size, id.bytes.begin());
            answers.emplace_back(to_hex(to_word(Uint256(timestamps_[id]))));
          }
          return answers;
        },
        {7, {}, now});
    return unplanned({crypto::keccak256(std::string_view("plan")), gate, {}}, dialects_, {gate, timelock, market}, read,
                     decided)
        .value();
  }

  Dialects dialects_;
  std::map<Hash32, UnixSeconds> timestamps_;  // 0 unset, 1 done
  std::size_t asked_ = 0;
};

TEST_F(PendingTest, OldOperationsAreAskedForPageByPageAndWhatIsOverOnce) {
  const auto oldest = announce(market, 0);
  timestamps_[oldest] = now - 500;
  for (std::uint64_t number = 1; number < 150; ++number) timestamps_[announce(elsewhere, number)] = 1;
  auto pending = look();
  EXPECT_EQ(64U, asked_);
  EXPECT_EQ(86U, pending.unread);
  EXPECT_EQ(Colour::amber, colour_of(pending)) << "nothing was found, and not everything was asked for";
  pending = look();
  EXPECT_EQ(64U, asked_);
  EXPECT_EQ(22U, pending.unread);
  EXPECT_EQ(Colour::amber, colour_of(pending));
  pending = look();
  EXPECT_EQ(22U, asked_);
  EXPECT_EQ(0U, pending.unread);
  ASSERT_EQ(1U, pending.lines.size());
  EXPECT_EQ("timelock operation " + to_hex(oldest) + " is ready and calls " + to_hex(market), pending.lines[0]);
  EXPECT_EQ(Colour::red, colour_of(pending)) << "it is the oldest of 150, and ripe";
  timestamps_[oldest] = 1;
  EXPECT_EQ(Colour::green, colour_of(look()));
  EXPECT_EQ(1U, asked_);
  look();
  EXPECT_EQ(0U, asked_);
}

TEST_F(PendingTest, WhatWasCancelledAndIsScheduledAgainIsAskedForAgain) {
  const auto id = announce(market, 1);
  EXPECT_EQ(Colour::green, colour_of(look()));
  look();
  EXPECT_EQ(0U, asked_);
  announce(market, 1);
  timestamps_[id] = now - 1;
  EXPECT_EQ(Colour::red, colour_of(look()));
}

TEST_F(PendingTest, RedIsOnlyWhatCallsTheInstanceAndCanBeExecutedBeforeThePlanIsDecided) {
  timestamps_[announce(elsewhere, 1)] = now - 1;
  EXPECT_EQ(Colour::amber, colour_of(look()));
  const auto id = announce(market, 2);
  timestamps_[id] = decided + 1;
  EXPECT_EQ(Colour::amber, colour_of(look()));
  EXPECT_TRUE(look().touches);
  timestamps_[id] = decided;
  EXPECT_EQ(Colour::red, colour_of(look()));
  timestamps_[id] = 1;
  timestamps_[announce(timelock, 3)] = now;
  EXPECT_EQ(Colour::red, colour_of(look())) << "its own delay and roles are governance of the instance too";
}

TEST_F(PendingTest, AnotherPlansArmIsNoMoreThanAmber) {
  auto arm = arm_calldata(CompiledPlan{.plan = {}, .instances = {CompiledInstance{}}}, 0);
  ASSERT_TRUE(armed_plan(arm));
  timestamps_[announce(gate, 1, arm)] = now;
  const auto pending = look();
  EXPECT_TRUE(pending.touches);
  EXPECT_EQ(Colour::amber, colour_of(pending));
}

TEST_F(PendingTest, WhereOnlyThePlansExecutorMayExecuteNothingElseRuns) {
  Place place;
  place.executor = gate;
  add(place);
  timestamps_[announce(market, 1)] = now;
  EXPECT_EQ(Colour::amber, colour_of(look()));
}

}  // namespace
}  // namespace lockstep::evm
