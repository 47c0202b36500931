// The mirror is held against the chain while nothing is halted, a part at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "mirror/row.hpp"
#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;
using ::testing::HasSubstr;

class AuditorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log::configure(log::Level::error, log::Format::text);
    node_.start();
  }
  static BlockRef block(std::uint64_t num) {
    return {num, crypto::keccak256("block " + std::to_string(num)), num * 10};
  }
  static mirror::Operation deposit(std::uint8_t who, std::uint64_t num) {
    return {mirror::OpCode::deposit, {operator_address(who), mirror::Int{50}}, num, who};
  }
  void feed(std::uint64_t num, std::vector<mirror::Operation> operations = {}) {
    node_.take(ports::MirrorFeed{plan_.protocol, "alpha", fed_ + 1, block(num), std::move(operations), fed_ == 0});
    fed_ = num;
  }
  /// Accounts of the last sample.
  std::set<Address> sampled() const {
    std::set<Address> accounts;
    for (const auto& row : node_.chain.audits.back().expected->rows)
      if (row.key.table == mirror::Table::account) accounts.insert(row.key.account);
    return accounts;
  }
  void answer(std::vector<std::string> differences, std::string error = {}) {
    const auto& asked = node_.chain.audits.back();
    node_.take(ports::AuditSeen{asked.protocol, "alpha", asked.expected->block, asked.expected->rows.size(), 3,
                                differences.size(), std::move(differences), std::move(error)});
  }
  view::MirrorSummary shown() {
    node_.engine->publish();
    return node_.publisher.current()->mirrors.at(0);
  }

  Plan plan_ = plan_of("plan", 1, 1);
  Node node_{1, nullptr, nullptr, {60'000, 2}};
  std::uint64_t fed_ = 0;
};

TEST_F(AuditorTest, EveryAccountHasItsTurn) {
  feed(5, {deposit(1, 2), deposit(2, 2), deposit(3, 3), deposit(4, 3), deposit(5, 4)});
  std::multiset<Address> seen;
  for (std::uint64_t round = 1; round <= 3; ++round) {
    ASSERT_EQ(node_.chain.audits.size(), round);
    EXPECT_EQ(node_.chain.audits.back().expected->block, block(fed_)) << "pinned to a block whose hash is known";
    const auto some = sampled();
    seen.insert(some.begin(), some.end());
    answer({});
    node_.now_ms += 59'999;
    feed(fed_ + 1);
    EXPECT_EQ(node_.chain.audits.size(), round) << "not before its time";
    node_.now_ms += 1;
    feed(fed_ + 1);
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ((std::set<Address>(seen.begin(), seen.end())).size(), 5u) << "each once in three rounds";
  EXPECT_EQ(shown().audit.block_num, block(9).num);
  EXPECT_EQ(shown().audit.views, 3u);
}

TEST_F(AuditorTest, NothingIsAskedWhileAPlanHoldsTheInstance) {
  node_.tell(PlanSubmitted{plan_});
  auto seen = armed(plan_, 5, 50);
  seen.view.halted = true;
  feed(5, {deposit(1, 2)});
  node_.tell(seen);
  EXPECT_TRUE(node_.chain.audits.empty()) << "which version runs there is the plan's affair";
  seen.view.halted = false;
  seen.view.block = block(6);
  feed(6);
  node_.tell(seen);
  EXPECT_EQ(node_.chain.audits.size(), 1u);
}

TEST_F(AuditorTest, ReadinessGetsTheNextPartWhereTheMirrorIsAtAFinalBlock) {
  feed(5, {deposit(1, 2), deposit(2, 2), deposit(3, 3)});
  node_.tell(PlanSubmitted{plan_});
  const auto first = node_.chain.expected.at(key(Effect(CheckReadiness{plan_.hash, 0, 1})));
  ASSERT_NE(first, nullptr) << "also where no gate was seen yet";
  EXPECT_EQ(first->block, block(5));
  std::size_t accounts = 0;
  for (const auto& row : first->rows) accounts += row.key.table == mirror::Table::account ? 1 : 0;
  EXPECT_EQ(accounts, 1u) << "two of three were in the audit before";
}

TEST(Readiness, GetsNoPartOfAMirrorThatIsNotThereOrNeverAudited) {
  log::configure(log::Level::error, log::Format::text);
  const auto plan = plan_of("plan", 1, 1);
  const auto asked = key(Effect(CheckReadiness{plan.hash, 0, 1}));
  Node empty{1, nullptr, nullptr, {60'000, 2}}, silent{1, nullptr, nullptr, {0, 2}};
  for (Node* node : {&empty, &silent}) {
    node->start();
    if (node == &silent)
      node->take(ports::MirrorFeed{plan.protocol, "alpha", 1, {5, crypto::keccak256("5"), 50}, {}, true});
    node->tell(PlanSubmitted{plan});
    EXPECT_EQ(node->chain.expected.at(asked), nullptr);
  }
}

TEST_F(AuditorTest, WhatDiffersMakesEveryFurtherQuestionRed) {
  feed(5, {deposit(1, 2)});
  answer({"account 0x01 collateral: expected 50, found 49"});
  EXPECT_THAT(shown().contradiction, HasSubstr("audit at block 5; account 0x01 collateral: expected 50, found 49"));
  const auto snapshot = node_.publisher.current();
  EXPECT_FALSE(snapshot->ready);
  EXPECT_EQ(snapshot->alarms.back().code, "mirror-mismatch");
  EXPECT_EQ(snapshot->tallies.chains.at("alpha").mismatches, 1u);
  node_.tell(PlanSubmitted{plan_});
  node_.tell(ReadinessReported{plan_.hash, 0, 1, {{"check", "", Colour::green, ""}}});
  feed(20);
  auto halted = armed(plan_, 20, 200);
  halted.view.halted = true;
  node_.tell(halted);
  EXPECT_THAT(node_.state(plan_).old_reason, HasSubstr("expected 50, found 49")) << "the baseline is red, so OLD";
}

TEST_F(AuditorTest, KnowsWhichUpgradesTheInstanceHasBehindIt) {
  coordinator::State state;
  const auto ended = [&](const std::string& name, const std::string& protocol, coordinator::Outcome closed) {
    coordinator::PlanState plan;
    plan.plan = plan_;
    plan.plan.protocol = protocol;
    plan.plan.hash = crypto::keccak256(name);
    plan.instances.resize(plan.plan.instances.size());
    for (auto& instance : plan.instances) instance.closed = closed;
    plan.stage =
        closed == coordinator::Outcome::new_version ? coordinator::Stage::closed_new : coordinator::Stage::closed_old;
    state.plans[plan.plan.hash] = plan;
    return plan.plan.hash;
  };
  const Hash32 first = ended("first", plan_.protocol, coordinator::Outcome::new_version);
  ended("rolled back", plan_.protocol, coordinator::Outcome::old_version);
  ended("of others", "another", coordinator::Outcome::new_version);
  MirrorBook book([](const Hash32&, coordinator::InstanceIndex) { return std::vector<mirror::Delta>{}; });
  book.feed({plan_.protocol, "alpha", 1, block(5), {deposit(1, 2)}, true});
  book.advance(state);
  const auto standing = book.standing(state);
  ASSERT_EQ(standing.size(), 1u);
  EXPECT_EQ(standing[0].upgrades, std::vector{first});
  Auditor auditor({.every_ms = 60'000, .sample = 2});
  const auto asked = auditor.next(standing[0], 1);
  ASSERT_TRUE(asked.has_value());
  EXPECT_EQ(asked->expected->upgrades, std::vector{first}) << "what it tolerates is tolerated from then on";
}

TEST_F(AuditorTest, AChainThatDoesNotAnswerIsAskedAgainAndBlamesNothing) {
  feed(5, {deposit(1, 2)});
  answer({}, "no endpoint answered");
  EXPECT_EQ(shown().audit.error, "no endpoint answered");
  EXPECT_EQ(shown().contradiction, "");
  node_.now_ms += 60'000;
  feed(6);
  ASSERT_EQ(node_.chain.audits.size(), 2u);
  node_.now_ms += 600'000;  // and this one is lost
  feed(7);
  EXPECT_EQ(node_.chain.audits.size(), 3u);
  EXPECT_EQ(shown().audit.error, "the chain has answered no audit for 600 s");
  answer({});
  EXPECT_EQ(shown().audit.error, "");
}

}  // namespace
}  // namespace lockstep::runtime
