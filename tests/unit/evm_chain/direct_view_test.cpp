// What contracts, a timelock and a few facts of our own amount to where there is no gate, block by block.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "adapters/evm/gate_view.hpp"

namespace lockstep::evm::direct {
namespace {

using coordinator::GatePhase;

constexpr UnixSeconds halt_at = 1000;

BlockRef block(std::uint64_t num, UnixSeconds time) {
  BlockRef ref{.num = num, .time = time};
  ref.hash.bytes[31] = static_cast<std::uint8_t>(num);
  return ref;
}

struct World {
  FollowedPlan plan;
  Sight sight{.paused = {false, false}, .forward = 900, .back = 900};

  World() {
    plan.hash.bytes[0] = 0xaa;
    plan.compiled.leaf.epoch = 4;
    plan.compiled.leaf.halt_at = halt_at;
    plan.compiled.direct = Setup{};
    plan.facts.armed = block(10, 950);
  }
  coordinator::GateView at(std::uint64_t num, UnixSeconds time) const { return view_of(plan, sight, block(num, time)); }
};

TEST(DirectView, BeforeItIsArmedItIsAnotherEpochsGate) {
  const World world;
  const auto before = world.at(9, 940), after = world.at(10, 950);
  EXPECT_EQ(GatePhase::idle, before.phase);
  EXPECT_EQ(3U, before.epoch);
  EXPECT_TRUE(before.plan_hash.is_zero());
  EXPECT_EQ(GatePhase::armed, after.phase);
  EXPECT_EQ(4U, after.epoch);
  EXPECT_EQ(world.plan.hash, after.plan_hash);
  EXPECT_FALSE(after.halted || after.engaged);
}

TEST(DirectView, TheTimeHaltsAndOnlyAllPausesEngage) {
  World world;
  EXPECT_FALSE(world.at(11, halt_at - 1).halted);
  EXPECT_TRUE(world.at(12, halt_at).halted);
  world.sight.paused = {true, false};
  EXPECT_FALSE(world.at(12, halt_at).engaged);
  world.sight.paused = {true, true};
  EXPECT_TRUE(world.at(12, halt_at).engaged);
}

TEST(DirectView, WhatWasSeenOpenSinceIsNotPausedAtFinalityUntilThatIsFinal) {
  using coordinator::Finality;
  World world;
  const auto told = [&](std::uint64_t num, bool paused, Finality finality) {
    world.sight.paused = {true, paused};
    auto view = world.at(num, halt_at + num);
    recall_open(world.plan, view, finality);
    return view;
  };
  EXPECT_FALSE(told(12, false, Finality::head).engaged);
  EXPECT_TRUE(told(13, true, Finality::head).engaged);
  EXPECT_TRUE(told(13, true, Finality::final).engaged);
  told(15, false, Finality::head);  // somebody opened it
  EXPECT_TRUE(told(16, true, Finality::head).engaged) << "and it was paused again";
  EXPECT_FALSE(told(14, true, Finality::final).engaged);
  EXPECT_EQ(0xffU, told(14, true, Finality::final).mask);
  EXPECT_TRUE(told(16, true, Finality::final).engaged);
  world.sight.forward = 1;
  told(18, false, Finality::head);
  EXPECT_TRUE(told(17, true, Finality::final).engaged) << "after the switch evidence is what counts";
}

TEST(DirectView, SwitchedItStaysUntilItIsClosed) {
  World world;
  world.sight = {.paused = {true, true}, .forward = 1, .back = 900};
  EXPECT_EQ(GatePhase::switched, world.at(12, halt_at).phase);
  world.sight.back = 1;  // rolled back: another phase in a final block would be taken for a fork
  EXPECT_EQ(GatePhase::switched, world.at(13, halt_at).phase);
  world.plan.facts.closed = {Outcome::old_version, block(14, halt_at + 2)};
  EXPECT_EQ(GatePhase::closed_old, world.at(14, halt_at + 2).phase);
}

TEST(DirectView, ARunOutsideTheHaltIsNoSwitchOfThePlan) {
  World world;
  world.sight = {.paused = {false, false}, .forward = 1, .back = 900};
  EXPECT_EQ(GatePhase::armed, world.at(11, halt_at - 1).phase);
}

TEST(DirectView, ClosedIsAFactOfItsBlockWhateverComesLater) {
  World world;
  world.sight = {.paused = {false, false}, .forward = 1, .back = 900};
  world.plan.facts.closed = {Outcome::new_version, block(20, 1010)};
  world.plan.facts.decision = {Outcome::new_version, {}, block(18, 1008)};
  EXPECT_EQ(GatePhase::switched, world.at(19, 1009).phase);
  EXPECT_EQ(Outcome::new_version, world.at(19, 1009).decision);
  EXPECT_EQ(Outcome::none, world.at(17, 1007).decision);
  world.sight.paused = {true, true};  // somebody's own pause, long after
  const auto later = world.at(30, 2000);
  EXPECT_EQ(GatePhase::closed_new, later.phase);
  EXPECT_EQ(1010U, later.closed_at);
  EXPECT_FALSE(later.halted);
  world.plan.facts.halt_now = block(29, 1999);
  EXPECT_TRUE(world.at(30, 2000).halted);
}

TEST(DirectView, RipeNeedsBothOperationsAndTheirTime) {
  Sight sight{.paused = {}, .forward = 900, .back = 901};
  EXPECT_FALSE(sight.ripe(900));
  EXPECT_TRUE(sight.ripe(901));
  sight.back = 0;
  EXPECT_FALSE(sight.ripe(5000)) << "without a way back nothing is ripe";
  sight = {.paused = {}, .forward = 1, .back = 901};
  EXPECT_FALSE(sight.ripe(5000)) << "executed is not ripe";
}

TEST(DirectView, AnAnswerThatIsNoWordIsNoAnswer) {
  direct::Setup setup;
  setup.contracts.push_back({.name = "market", .address = {}, .pause = {}, .unpause = {}, .paused = {}});
  const auto word = [](std::uint8_t last) {
    return RpcAnswer(to_hex(BytesView([&] {
      Bytes bytes(32);
      bytes.back() = last;
      return bytes;
    }())));
  };
  const auto seen = [&](const RpcAnswer& paused) { return sight_of(setup, std::vector{paused, word(9), word(0)}); };
  const auto good = seen(word(1));
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->all_paused());
  EXPECT_EQ(9, good->forward);
  EXPECT_FALSE(seen(word(2))) << "neither true nor false";
  EXPECT_FALSE(seen(RpcAnswer("0x"))) << "no such function";
}

TEST(DirectFacts, AreReadAsTheyWereWritten) {
  Facts facts{.armed = block(10, 950), .decision = {}, .closed = {}, .halt_now = block(11, 960), .switched = {}};
  facts.decision = {Outcome::old_version, {}, block(12, 970)};
  facts.closed = {Outcome::old_version, block(13, 980)};
  const auto read = Facts::from_json(facts.to_json());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(facts.to_json(), read->to_json());
  auto damaged = facts.to_json();
  damaged["decision"]["outcome"] = 0;
  EXPECT_FALSE(Facts::from_json(damaged));
  damaged = facts.to_json();
  damaged["closed"]["block"]["hash"] = "0x12";
  EXPECT_FALSE(Facts::from_json(damaged));
}

}  // namespace
}  // namespace lockstep::evm::direct
