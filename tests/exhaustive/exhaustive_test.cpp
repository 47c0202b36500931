// Small worlds, enumerated: every order of everything that can happen, from several points of the ordinary path, to a
// stated depth. LOCKSTEP_DEPTH=12 goes deeper than CI does, LOCKSTEP_FAULTS=3 allows more faults on the way.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unordered_set>

#include "coordinator/codec.hpp"
#include "tests/exhaustive/world.hpp"
#include "tests/scenarios/rig.hpp"

namespace lockstep::coordinator::test {
namespace {

PlanSpec two_chains() { return {}; }
PlanSpec three_chains() {
  PlanSpec spec;
  spec.chains = {"alpha", "beta", "gamma"};
  return spec;
}
/// N = 3 of M = 4 with f = 1: two honest peers and a Byzantine one.
PlanSpec four_operators() {
  PlanSpec spec;
  spec.members = 4;
  spec.threshold = 3;
  spec.faulty = 1;
  return spec;
}
/// Without quorum to spare: everybody must sign.
PlanSpec two_operators() {
  PlanSpec spec;
  spec.members = 2;
  spec.threshold = 2;
  return spec;
}
/// The second chain cannot be rolled back.
PlanSpec last_resource() {
  PlanSpec spec;
  spec.fixed = {"beta"};
  return spec;
}

World started(const PlanSpec& spec, GatePhase phase = GatePhase::armed) {
  World world(make_plan(spec));
  world.step(PlanSubmitted{world.plan});
  for (InstanceIndex i = 0; i < world.chains.size(); ++i) {
    world.chains[i].head.phase = world.chains[i].final.phase = phase;
    for (const auto finality : {Finality::head, Finality::final})
      world.step(GateObserved{world.plan.hash, i, finality, gate(world.plan, i, 5, 50, phase)});
  }
  return world;
}

Move on_chain(MoveKind kind, InstanceIndex i) {
  Move move;
  move.kind = kind;
  move.chain = i;
  return move;
}

Move effect_move(MoveKind kind, const std::string& name) {
  Move move;
  move.kind = kind;
  move.effect = name;
  return move;
}

/// The ordinary path, one fair move at a time, until `stage` is reached.
void run_to(World& world, Stage stage) {
  for (int i = 0; i < 800 && world.now().stage < stage; ++i) {
    if (!world.outbox.empty()) {
      const auto name = world.outbox.begin()->first;
      world.make(effect_move(MoveKind::perform, name));
      if (!world.outbox.contains(name)) continue;
    }
    if (world.now().stage < stage) world.let_peers_sign();
    bool settled = true;
    for (const auto& chain : world.chains) settled = settled && chain.head == chain.final;
    const auto kind = settled ? MoveKind::jump : MoveKind::finalise;
    if (settled && (world.sending() || world.now().waiting.code == Waiting::transaction)) {
      world.make(on_chain(MoveKind::tick, 0));
      if (world.sending()) continue;
    }
    for (InstanceIndex chain = 0; chain < world.chains.size() && world.now().stage < stage; ++chain)
      world.make(on_chain(kind, chain));
  }
  ASSERT_EQ(world.now().stage, stage) << world.now().waiting.detail;
}

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// Two independent 64-bit hashes (FNV-1a, and a multiply-and-rotate): whole states would fill the memory.
struct Mark {
  std::uint64_t a = 14695981039346656037ULL, b = 88172645463325252ULL;
  bool operator==(const Mark&) const = default;
};
Mark mark_of(const Bytes& bytes) {
  Mark mark;
  for (const auto byte : bytes) {
    mark.a = (mark.a ^ byte) * 1099511628211ULL;
    mark.b = (mark.b << 7 | mark.b >> 57) * 0x9e3779b97f4a7c15ULL + byte;
  }
  return mark;
}
struct MarkHash {
  std::size_t operator()(const Mark& mark) const { return mark.a; }
};

struct Search {
  std::unordered_set<Mark, MarkHash> seen;
  std::vector<std::string> path;
  std::size_t states = 0, moves = 0, finished = 0;

  /// False once something is wrong; the path says how it came about.
  bool visit(const World& world, int left, int faults_left) {
    auto bytes = world.fingerprint();
    bytes.push_back(static_cast<std::uint8_t>(left));
    bytes.push_back(static_cast<std::uint8_t>(faults_left));
    if (!seen.insert(mark_of(bytes)).second) return true;
    ++states;
    if (left == 0) return states % 64 != 0 || finish(world);
    for (const auto& move : world.moves(faults_left)) {
      auto next = world;
      path.push_back(to_text(move));
      ++moves;
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
    const bool stays_halted = !ended && world.now().waiting.code == Waiting::governance;  // what cannot be rolled back
    return ended || (stays_halted && !world.plan.instances[1].revocable) ||
           complain("does not end; waits for " + std::string(to_text(world.now().waiting.code)) + ": " +
                    world.now().waiting.detail);
  }
  bool complain(const std::string& what) {
    std::string story = what;
    for (const auto& move : path) story += "\n  " + move;
    ADD_FAILURE() << story;
    return false;
  }
};

struct Start {
  const char* world;
  PlanSpec (*spec)();
  Stage stage;
  int depth;   // moves from there
  int faults;  // of them reorganisations, disarmings, failures, halts, lies, and what people do
  bool people = false;
};
void PrintTo(const Start& start, std::ostream* out) { *out << start.world << " from " << to_text(start.stage); }

class Enumerated : public testing::TestWithParam<Start> {};

TEST_P(Enumerated, every_order_of_events_keeps_the_laws_and_ends) {
  const auto& start = GetParam();
  auto world = started(start.spec(), start.stage == Stage::checking ? GatePhase::idle : GatePhase::armed);
  run_to(world, start.stage);
  world.people = start.people;
  const int depth = from_environment("LOCKSTEP_DEPTH", start.depth);
  const int faults = from_environment("LOCKSTEP_FAULTS", start.faults);
  Search search;
  ASSERT_TRUE(search.visit(world, depth, faults));
  std::printf("%s from %s: %zu states, %zu moves to depth %d with up to %d faults, %zu of them run to the end\n",
              start.world, to_text(start.stage), search.states, search.moves, depth, faults, search.finished);
  EXPECT_GT(search.states, 100u);
}

std::vector<Start> starts() {
  std::vector<Start> all;
  const auto from = [&](const char* name, PlanSpec (*spec)(), int depth, int faults, std::vector<Stage> stages) {
    for (const auto stage : stages) all.push_back({name, spec, stage, depth, faults});
  };
  from("two_chains", two_chains, 8, 2,
       {Stage::checking, Stage::armed, Stage::halting, Stage::switching, Stage::verifying, Stage::deciding,
        Stage::closing, Stage::releasing});
  from("three_chains", three_chains, 6, 2,
       {Stage::checking, Stage::armed, Stage::halting, Stage::switching, Stage::verifying, Stage::deciding,
        Stage::closing, Stage::releasing});
  from("four_operators", four_operators, 5, 2,
       {Stage::armed, Stage::halting, Stage::switching, Stage::verifying, Stage::deciding, Stage::closing});
  from("two_operators", two_operators, 6, 2, {Stage::halting, Stage::switching, Stage::deciding, Stage::closing});
  for (const auto stage : {Stage::checking, Stage::armed, Stage::halting, Stage::switching, Stage::verifying,
                           Stage::deciding, Stage::closing, Stage::releasing})
    all.push_back({"two_chains_with_people", two_chains, stage, 6, 2, true});
  from("last_resource", last_resource, 7, 2, {Stage::halting, Stage::switching, Stage::verifying, Stage::deciding});
  return all;
}

INSTANTIATE_TEST_SUITE_P(From, Enumerated, testing::ValuesIn(starts()), [](const auto& parameter) {
  return std::string(parameter.param.world) + "_" + to_text(parameter.param.stage);
});

/// Failing effects, by the order in which effects are carried out.
using Fails = std::array<std::size_t, 2>;

/// One fair run with those effects failing. `effects` counts what was performed.
Stage run_with_failures(const PlanSpec& spec, Fails fails, std::size_t& effects) {
  auto world = started(spec);
  effects = 0;
  for (int round = 0; round < 900 && !ended(world.now().stage); ++round) {
    std::vector<std::string> names;
    for (const auto& [name, effect] : world.outbox) names.push_back(name);
    for (const auto& name : names) {
      if (!world.outbox.contains(name)) continue;
      const auto k = effects++;
      world.make(effect_move(k == fails[0] || k == fails[1] ? MoveKind::fail : MoveKind::perform, name));
    }
    world.let_peers_sign();
    for (InstanceIndex i = 0; i < world.chains.size(); ++i) world.make(on_chain(MoveKind::finalise, i));
    const bool idle = world.outbox.empty();
    world.step(ClockTicked{1000 + static_cast<UnixSeconds>(round) * 100});
    if (idle && !world.sending())
      for (InstanceIndex i = 0; i < world.chains.size(); ++i) world.make(on_chain(MoveKind::jump, i));
    if (world.now().waiting.code == Waiting::operator_key || world.now().waiting.code == Waiting::evidence)
      world.step(CommandReceived{world.plan.hash, CommandKind::resume, "looked", "ops"});
  }
  for (const auto& problem : world.problems())
    ADD_FAILURE() << "effects " << fails[0] << " and " << fails[1] << " failed: " << problem;
  return world.now().stage;
}

constexpr std::size_t none = SIZE_MAX;

void every_effect(const PlanSpec& spec, bool pairs) {
  std::size_t total = 0, ignored = 0, runs = 0, new_ends = 0;
  EXPECT_EQ(run_with_failures(spec, {none, none}, total), Stage::closed_new);
  ASSERT_GT(total, 10u);
  for (std::size_t k = 0; k < total; ++k) {
    for (std::size_t second = pairs ? k + 1 : total; second <= total; ++second) {
      const auto stage = run_with_failures(spec, {k, second == total ? none : second}, ignored);
      EXPECT_TRUE(stage == Stage::closed_new || stage == Stage::closed_old)
          << "effects " << k << " and " << second << " fail: ends in " << to_text(stage);
      new_ends += stage == Stage::closed_new;
      ++runs;
    }
  }
  std::printf("%zu effects, %zu runs with failures, %zu of them end new\n", total, runs, new_ends);
  EXPECT_GT(new_ends, runs / 4) << "most failures are only delays";
}

TEST(EveryEffect, may_fail_and_every_pair_of_them_and_the_plan_still_ends_safely) { every_effect(two_chains(), true); }
TEST(EveryEffect, may_fail_on_three_chains) { every_effect(three_chains(), true); }
TEST(EveryEffect, may_fail_among_four_operators) { every_effect(four_operators(), true); }

TEST(EveryStep, can_be_dropped_and_replayed_from_the_records) {
  for (const auto& spec : {two_chains(), three_chains(), four_operators()}) {
    auto world = started(spec);
    world.journal.clear();
    world.keep_journal = true;
    auto base = world.state;
    std::size_t steps = 0;
    for (const auto stage : {Stage::armed, Stage::halting, Stage::switching, Stage::verifying, Stage::deciding,
                             Stage::closing, Stage::releasing, Stage::soaking, Stage::closed_new}) {
      run_to(world, stage);
      auto fresh = base;
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
}

}  // namespace
}  // namespace lockstep::coordinator::test
