// Small worlds, enumerated: two chains, one operator, every order of everything that can happen, from several points of
// the ordinary path.
#include <gtest/gtest.h>

#include <cstdio>
#include <unordered_set>

#include "coordinator/codec.hpp"
#include "tests/exhaustive/world.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {
namespace {

World started(bool keep_journal = false, GatePhase phase = GatePhase::armed) {
  World world(make_plan({}));
  world.keep_journal = keep_journal;
  world.step(PlanSubmitted{world.plan});
  for (InstanceIndex i = 0; i < 2; ++i) {
    world.chains[i].head.phase = world.chains[i].final.phase = phase;
    for (const auto finality : {Finality::head, Finality::final})
      world.step(GateObserved{world.plan.hash, i, finality, gate(world.plan, i, 5, 50, phase)});
  }
  return world;
}

/// The ordinary path, one fair move at a time, until `stage` is reached.
void run_to(World& world, Stage stage) {
  for (int i = 0; i < 400 && world.now().stage < stage; ++i) {
    if (!world.outbox.empty()) {
      const auto name = world.outbox.begin()->first;
      world.make({MoveKind::perform, 0, name});
      if (!world.outbox.contains(name)) continue;
    }
    const bool settled = world.chains[0].head == world.chains[0].final && world.chains[1].head == world.chains[1].final;
    const auto kind = settled ? MoveKind::jump : MoveKind::finalise;
    for (InstanceIndex chain = 0; chain < 2; ++chain) world.make({kind, chain, ""});
  }
  ASSERT_EQ(world.now().stage, stage);
}

constexpr int depth = 8;   // moves from each starting point
constexpr int faults = 2;  // of them reorganisations, disarmings, failures

struct Search {
  std::unordered_set<std::string> seen;
  std::vector<std::string> path;
  std::size_t states = 0, finished = 0;

  /// False once something is wrong; the path says how it came about.
  bool visit(const World& world, int left, int faults_left) {
    const auto bytes = world.fingerprint();
    std::string name(bytes.begin(), bytes.end());
    name.push_back(static_cast<char>(left));
    name.push_back(static_cast<char>(faults_left));
    if (!seen.insert(std::move(name)).second) return true;
    ++states;
    if (left == 0) return states % 64 != 0 || finish(world);
    for (const auto& move : world.moves(faults_left)) {
      auto next = world;
      path.push_back(to_text(move));
      next.make(move);
      if (!next.problems().empty()) return complain(next.problems().front());
      if (!visit(next, left - 1, faults_left - (World::is_fault(move) ? 1 : 0))) return false;
      path.pop_back();
    }
    return true;
  }
  bool finish(World world) {
    ++finished;
    const bool ended = world.finish();
    if (!world.problems().empty()) return complain(world.problems().front());
    return ended || complain("does not end; waits for " + std::string(to_text(world.now().waiting.code)) + ": " +
                             world.now().waiting.detail);
  }
  bool complain(const std::string& what) {
    std::string story = what;
    for (const auto& move : path) story += "\n  " + move;
    ADD_FAILURE() << story;
    return false;
  }
};

class Enumerated : public testing::TestWithParam<Stage> {};

TEST_P(Enumerated, every_order_of_events_keeps_the_laws_and_ends) {
  const bool unarmed = GetParam() == Stage::checking;
  auto world = started(false, unarmed ? GatePhase::idle : GatePhase::armed);
  run_to(world, GetParam());
  Search search;
  ASSERT_TRUE(search.visit(world, depth, faults));
  RecordProperty("states", static_cast<int>(search.states));
  std::printf("%s: %zu states to depth %d with up to %d faults, %zu of them run to the end\n", to_text(GetParam()),
              search.states, depth, faults, search.finished);
  EXPECT_GT(search.states, 100u);
}

INSTANTIATE_TEST_SUITE_P(From, Enumerated,
                         testing::Values(Stage::checking, Stage::armed, Stage::halting, Stage::switching,
                                         Stage::verifying, Stage::deciding, Stage::closing, Stage::releasing),
                         [](const auto& parameter) { return std::string(to_text(parameter.param)); });

/// One fair run with the k-th effect failing. `effects` counts what was performed.
Stage run_with_failure(std::size_t k, std::size_t& effects) {
  auto world = started();
  effects = 0;
  for (int round = 0; round < 600 && !ended(world.now().stage); ++round) {
    std::vector<std::string> names;
    for (const auto& [name, effect] : world.outbox) names.push_back(name);
    for (const auto& name : names) {
      if (!world.outbox.contains(name)) continue;
      const bool fails = effects++ == k;
      world.make({fails ? MoveKind::fail : MoveKind::perform, 0, name});
    }
    for (InstanceIndex i = 0; i < 2; ++i) world.make({MoveKind::finalise, i, ""});
    if (world.outbox.empty())
      for (InstanceIndex i = 0; i < 2; ++i) world.make({MoveKind::jump, i, ""});
    world.step(ClockTicked{1000 + static_cast<UnixSeconds>(round) * 100});
    if (world.now().waiting.code == Waiting::operator_key || world.now().waiting.code == Waiting::evidence)
      world.step(CommandReceived{world.plan.hash, CommandKind::resume, "looked", "ops"});
  }
  for (const auto& problem : world.problems()) ADD_FAILURE() << "effect " << k << " failed: " << problem;
  return world.now().stage;
}

TEST(EveryEffect, may_fail_once_and_the_plan_still_ends_safely) {
  std::size_t total = 0, ignored = 0, new_ends = 0;
  EXPECT_EQ(run_with_failure(SIZE_MAX, total), Stage::closed_new);
  ASSERT_GT(total, 10u);
  for (std::size_t k = 0; k < total; ++k) {
    const auto stage = run_with_failure(k, ignored);
    EXPECT_TRUE(stage == Stage::closed_new || stage == Stage::closed_old)
        << "effect " << k << " ends in " << to_text(stage);
    new_ends += stage == Stage::closed_new;
  }
  EXPECT_GT(new_ends, total / 2) << "most failures are only delays";
}

TEST(EveryStep, can_be_dropped_and_replayed_from_the_records) {
  auto world = started(true);
  std::size_t steps = 0;
  for (const auto stage : {Stage::armed, Stage::halting, Stage::switching, Stage::verifying, Stage::deciding,
                           Stage::closing, Stage::releasing, Stage::soaking, Stage::closed_new}) {
    run_to(world, stage);
    State fresh;
    for (const auto& bytes : world.journal) {
      const auto record = decode_record(bytes);
      ASSERT_TRUE(record);
      apply(fresh, *record);
      ++steps;
    }
    EXPECT_EQ(encode(fresh), encode(world.state));
    EXPECT_EQ(outstanding(fresh), outstanding(world.state));
  }
  EXPECT_GT(steps, 100u);
}

}  // namespace
}  // namespace lockstep::coordinator::test
