// Operators that look at other times, with other finality and after a restart, must sign the same thing.
#include "tests/e2e/adapter/operator.hpp"

namespace lockstep::e2e {
namespace {

class OperatorsTest : public ::testing::Test {
 protected:
  World world_;
};

bool is_switched(const GateView& view) { return view.phase == GatePhase::switched; }

TEST_F(OperatorsTest, WhoSeesTheSwitchAtOnceAndWhoComesLateGiveOneDigest) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV1", "()", {});
  const auto plan = world_.plan(implementation, {}, 1, world_.anvil.time() + 400);
  Operator early(world_, "early"), late(world_, "late", 5);
  early.start(plan);
  late.start(plan);
  const auto halted = early.arm_and_halt(plan);
  EXPECT_EQ("", problems(early.baseline(plan, halted.block).rows, Colour::red));
  world_.push_price(1'000'000);  // allowed while halted: the two baselines are of different blocks
  world_.anvil.mine(6);
  const auto later = late.wait_gate("halted, later", Finality::final, [&](const auto& view) {
    return view.halted && view.block.num > halted.block.num + 2;
  });
  EXPECT_EQ("", problems(late.baseline(plan, later.block).rows, Colour::red));

  early.chain->perform(world_.signed_submit(plan, Action::switch_version, Outcome::none), nullptr);
  const auto first = early.wait_gate("switched at the head", Finality::head, is_switched);
  ASSERT_FALSE(first.switched_in.hash.is_zero()) << "the head that first shows it names the block";
  EXPECT_EQ(first.switched_at, first.switched_in.time);
  late.stop();
  world_.anvil.mine(40);
  const auto final = early.wait_gate("switched at finality", Finality::final, is_switched);
  EXPECT_EQ(first.switched_in, final.switched_in);

  late.start(plan);
  const auto seen = late.wait_gate("switched, after a restart", Finality::final, is_switched);
  EXPECT_GT(seen.block.num, final.switched_in.num + 20);
  EXPECT_EQ(final.switched_in, seen.switched_in);

  const auto ours = early.evidence(plan, final.switched_in, Outcome::new_version);
  const auto theirs = late.evidence(plan, seen.switched_in, Outcome::new_version);
  EXPECT_EQ("", problems(ours.rows, Colour::red));
  EXPECT_EQ("", problems(theirs.rows, Colour::red));
  EXPECT_EQ(ours.digest, theirs.digest);
}

TEST_F(OperatorsTest, AReorganisationGivesAnotherBlockAndEverybodyNamesIt) {
  const auto implementation = world_.anvil.deploy("PerpExchangeV1", "()", {});
  const auto plan = world_.plan(implementation, {}, 1, world_.anvil.time() + 400);
  Operator early(world_, "early", 20), late(world_, "late", 20);
  early.start(plan);
  world_.schedule(plan);
  world_.anvil.mine(1);
  world_.execute(plan);
  world_.anvil.mine_at(plan.plan.window.halt_at);
  world_.anvil.mine(25);
  early.chain->perform(world_.signed_submit(plan, Action::switch_version, Outcome::none), nullptr);
  const auto first = early.wait_gate("switched", Finality::head, is_switched);
  world_.anvil.mine(2);
  world_.anvil.rpc("anvil_reorg", {4, nlohmann::json::array()});
  early.listener.wait<HeadRetracted>("the switch was replaced");
  world_.anvil.mine(2);  // the sender puts it in again
  const auto second = early.wait_gate("switched again", Finality::head, [&](const auto& view) {
    return is_switched(view) && !(view.switched_in == first.switched_in);
  });
  EXPECT_FALSE(second.switched_in.hash.is_zero());
  late.start(plan);
  EXPECT_EQ(second.switched_in, late.wait_gate("the same", Finality::head, is_switched).switched_in);
}

}  // namespace
}  // namespace lockstep::e2e
