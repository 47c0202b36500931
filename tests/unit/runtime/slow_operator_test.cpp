// An operator that is slower than the others: the chain is past the switch when it gets to ask about it.
#include <gtest/gtest.h>

#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;

class SlowOperator : public ::testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::error, log::Format::text); }

  static BlockRef block(std::uint64_t num, UnixSeconds time) {
    return {num, crypto::keccak256("block " + std::to_string(num)), time};
  }
  /// The block becomes final, fed to the mirror first, as an adapter does.
  void final(const GateObserved& seen, std::vector<mirror::Operation> operations = {}) {
    const auto& ref = seen.view.block;
    node_.take(ports::MirrorFeed{plan_.protocol, "alpha", fed_ + 1, ref, std::move(operations), fed_ == 0});
    fed_ = ref.num;
    node_.tell(seen);
  }
  GateObserved halted(std::uint64_t num, UnixSeconds time) const {
    auto seen = armed(plan_, num, time);
    seen.view.halted = true;
    seen.view.mask = 0;
    return seen;
  }
  void answer_readiness() {
    node_.tell(ReadinessReported{
        plan_.hash, 0, node_.state(plan_).instances[0].readiness_round, {{"check", "", Colour::green, ""}}});
  }
  bool performed(const std::string& verb) const {
    return std::ranges::any_of(node_.chain.performed, [&](const auto& key) { return key.starts_with(verb + "/"); });
  }

  Plan plan_ = plan_of("plan", 1, 1);
  Node node_{1};
  std::uint64_t fed_ = 0;
};

TEST_F(SlowOperator, ItsMirrorWaitsAtTheSwitchUntilTheEvidenceIsAnswered) {
  node_.start();
  node_.tell(PlanSubmitted{plan_});
  answer_readiness();
  final(armed(plan_));
  answer_readiness();
  final(halted(20, 200));
  ASSERT_TRUE(performed("baseline")) << "asked at block 20, and not answered for a while";
  auto switched = halted(30, 260);
  switched.view.phase = GatePhase::switched;
  switched.view.switched_in = block(25, 230);
  final(switched);
  auto later = switched;
  later.view.block = block(40, 280);
  final(later);
  EXPECT_FALSE(performed("evidence"));
  node_.tell(BaselineReported{plan_.hash, 0, {block(20, 200), {{"code", "E1", Colour::green, ""}}, {}}});
  EXPECT_EQ(node_.state(plan_).old_reason, "") << "nothing was refused for being late";
  ASSERT_TRUE(performed("evidence"));
  node_.engine->publish();
  ASSERT_EQ(node_.publisher.current()->mirrors.size(), 1u);
  EXPECT_EQ(node_.publisher.current()->mirrors[0].block_num, 25u);
  node_.tell(EvidenceReported{plan_.hash,
                              0,
                              Outcome::new_version,
                              {block(25, 230), {{"code", "E1", Colour::green, ""}}, crypto::keccak256("state")}});
  later.view.block = block(41, 281);
  final(later);
  node_.engine->publish();
  EXPECT_EQ(node_.publisher.current()->mirrors[0].block_num, 41u) << "and goes on then";
}

/// The mirror may be past it: a question about its block could not be answered any more.
TEST_F(SlowOperator, AFinalBlockThatComesLateSaysNothing) {
  node_.start();
  node_.tell(PlanSubmitted{plan_});
  final(armed(plan_, 5, 50));
  final(armed(plan_, 30, 60));
  const auto entries = node_.own_journal.entries.size();
  auto late = armed(plan_, 20, 55);
  late.view.engaged = true;  // would be worth a record
  node_.tell(late);
  EXPECT_EQ(node_.own_journal.entries.size(), entries);
}

/// Nothing told its mirror that the switch announced the change: it is built again, now that the plan is known.
TEST_F(SlowOperator, ToldOfThePlanAfterTheSwitchItBuildsItsMirrorAgain) {
  using mirror::Int;
  using mirror::OpCode;
  const mirror::Operation market{OpCode::add_market, {Int{1}, Int{500}, Int{300}, Int{100}, Int{200}}, 1, 0};
  const mirror::Operation announced{OpCode::set_parameters, {Int{1}, Int{600}, Int{300}, Int{100}, Int{200}}, 25, 0};
  auto rolled_back = halted(30, 260);
  rolled_back.view.phase = GatePhase::switched;
  rolled_back.view.switched_in = block(25, 230);
  node_.start();
  final(rolled_back, {market, announced});
  EXPECT_TRUE(node_.chain.refed.empty()) << "as far as it knows, nothing is wrong";
  node_.tell(PlanSubmitted{plan_});
  node_.tell(rolled_back);
  node_.take(ports::MirrorFeed{plan_.protocol, "alpha", 31, block(31, 261), {}});
  EXPECT_EQ(node_.chain.refed, std::vector<std::string>{plan_.protocol});
  const auto standing = [this] {
    node_.engine->publish();
    return node_.publisher.current()->mirrors.at(0);
  };
  EXPECT_EQ(standing().operations, 0u);
  node_.take(ports::MirrorFeed{plan_.protocol, "alpha", 32, block(32, 262), {}});
  EXPECT_EQ(standing().block_num, 0u) << "what was on its way says nothing to a new mirror";
  node_.take(ports::MirrorFeed{plan_.protocol, "alpha", 1, block(32, 262), {market, announced}, true});
  EXPECT_EQ(standing().contradiction, "");
  EXPECT_EQ(standing().operations, 1u) << "the market, and not what the switch announced";
  EXPECT_EQ(node_.chain.refed.size(), 1u) << "once";
}

/// A breaker that has to be pushed is pushed in the middle of a block.
TEST_F(SlowOperator, WhatUsersDidInTheBlockBeforeTheBreakerWasPushedIsTheirs) {
  plan_.instances[0].switches = false;
  plan_.instances[0].push_breaker = true;
  node_.start();
  node_.tell(PlanSubmitted{plan_});
  answer_readiness();
  final(armed(plan_));
  answer_readiness();
  auto engaged = halted(20, 200);
  engaged.view.engaged = true;
  engaged.view.switched_in = block(20, 200);
  const mirror::Operation deposit{mirror::OpCode::deposit, {operator_address(9), mirror::Int{50}}, 20, 1};
  final(engaged, {deposit});
  EXPECT_TRUE(performed("baseline")) << "with the rows expected at block 20";
  EXPECT_EQ(node_.state(plan_).old_reason, "");
  const EvidenceReport green{block(20, 200), {{"code", "E1", Colour::green, ""}}, crypto::keccak256("state")};
  node_.tell(BaselineReported{plan_.hash, 0, green});
  node_.tell(EvidenceReported{plan_.hash, 0, Outcome::new_version, green});
  auto later = engaged;
  later.view.block = block(21, 201);
  final(later, {mirror::Operation{deposit.code, deposit.args, 21, 1}});
  node_.engine->publish();
  ASSERT_EQ(node_.publisher.current()->mirrors.size(), 1u);
  EXPECT_NE(node_.publisher.current()->mirrors[0].contradiction, "") << "after it nobody may do anything";
}

TEST_F(SlowOperator, AfterAFinalBlockWasReplacedTheMirrorWaitsForWhatIsTrueNow) {
  node_.start();
  node_.tell(PlanSubmitted{plan_});
  answer_readiness();
  final(armed(plan_));
  answer_readiness();
  auto switched = halted(30, 260);
  switched.view.phase = GatePhase::switched;
  switched.view.switched_in = block(25, 230);
  final(switched);
  const auto replaced = FinalityViolated{plan_.hash, 0, switched.view.block, {30, crypto::keccak256("other"), 260}};
  for (const bool restarted : {false, true}) {
    Node other{1, nullptr, restarted ? &node_.own_journal : nullptr};
    auto& node = restarted ? other : node_;
    if (restarted) node.start();
    if (!restarted) node.tell(replaced);
    // What the switch announced, fed from deployment again: without the gate it looks like any other change.
    node.take(ports::MirrorFeed{plan_.protocol, "alpha", 1, {40, crypto::keccak256("40"), 300}, {}, true});
    node.engine->publish();
    const auto& mirrors = node.publisher.current()->mirrors;
    EXPECT_TRUE(mirrors.empty() || mirrors[0].block_num == 0) << (restarted ? "after a restart" : "at once");
  }
}

}  // namespace
}  // namespace lockstep::runtime
