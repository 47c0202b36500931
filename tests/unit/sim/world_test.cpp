// The simulator judges itself here: the same seed is the same run, quiet worlds end NEW, and what the judge is for it
// finds.
#include "adapters/sim/world.hpp"

#include <gtest/gtest.h>

#include "adapters/sim/figures.hpp"
#include "runtime/log.hpp"

namespace lockstep::sim {
namespace {

Options faults(const std::string& names) {
  Options options;
  options.classes = fault_classes(names);
  return options;
}

class SimWorld : public ::testing::Test {
 protected:
  SimWorld() { runtime::log::configure(runtime::log::Level::error, runtime::log::Format::text); }
};

TEST_F(SimWorld, TheSameSeedIsTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto first = play(seed, {}), second = play(seed, {});
    EXPECT_EQ(first.trace_hash, second.trace_hash);
    EXPECT_EQ(first.broken, std::nullopt);
  }
  EXPECT_NE(play(1, {}).trace_hash, play(2, {}).trace_hash);
}

TEST_F(SimWorld, WithoutFaultsAndEnemiesEveryPlanEndsNew) {
  std::uint64_t plans = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto verdict = play(seed, faults("none"));
    EXPECT_EQ(verdict.broken, std::nullopt) << seed;
    EXPECT_EQ(verdict.faults, 0u);
    plans += verdict.endings[static_cast<std::size_t>(Ending::new_version)];
  }
  EXPECT_GT(plans, 8u);
}

TEST_F(SimWorld, AFaultThatIsLeftOutMovesNoOther) {
  const auto scenario = make_scenario(3);
  const auto list = make_faults(scenario, 0);
  ASSERT_GT(list.size(), 10u);
  Options options;
  options.only = std::set<std::size_t>{2, 5};
  for (const auto place : play(3, options).applied) EXPECT_TRUE(place == 2 || place == 5);
}

TEST_F(SimWorld, TheJudgeFindsTwoStatementsOfOneKind) {
  const auto scenario = make_scenario(1);
  std::vector<std::unique_ptr<Ledger>> none;
  Register plans;
  const Recover recover = [](const Hash32&, const Bytes&) { return std::nullopt; };
  Judge judge(scenario, none, plans, recover);
  std::size_t honest = 0;
  while (scenario.suspect[honest]) ++honest;
  coordinator::Attestation made;
  made.statement.kind = Kind::vote_new;
  judge.signature(honest, "perps", made);
  judge.signature(honest, "perps", made);
  EXPECT_EQ(judge.broken(), std::nullopt);
  made.statement.evidence.bytes[0] = 1;
  judge.signature(honest, "perps", made);
  ASSERT_TRUE(judge.broken());
  EXPECT_TRUE(judge.broken()->starts_with("S8")) << *judge.broken();
}

/// Operator 0 of four, N = 3, may be restored from an old copy.
class ForgettingTest : public ::testing::Test {
 protected:
  ForgettingTest() {
    scenario.operators = 4;
    scenario.threshold = 3;
    scenario.suspect = {true, false, false, false};
    scenario.losable.assign(4, false);
  }
  static coordinator::Attestation made(Kind kind) {
    coordinator::Attestation one;
    one.statement.kind = kind;
    one.statement.epoch = 1;
    return one;
  }
  static coordinator::State journal_with(const coordinator::Attestation& one, bool intended) {
    coordinator::State state;
    auto& plan = state.plans[one.statement.plan_hash];
    plan.attestations[one.statement.kind][one.signer] = one;
    if (intended) plan.signing[one.statement.kind] = one.statement;
    return state;
  }
  bool breaks(std::size_t self, Kind kind, bool copied = false) {
    return forgetting.signs(self, "perps", made(kind), copied).has_value();
  }
  Scenario scenario;
  Forgetting forgetting{scenario};
};

TEST_F(ForgettingTest, WhoeverSignsOnAfterSignaturesThatEnoughPeersKeepBreaksF3) {
  const auto first = made(Kind::switch_version);
  EXPECT_FALSE(breaks(0, Kind::switch_version));
  forgetting.keeps(1, journal_with(first, false));
  forgetting.starts(0, {});
  EXPECT_FALSE(breaks(0, Kind::vote_old)) << "two of the three others are heard, and two do not keep it";
  forgetting.keeps(2, journal_with(first, false));
  forgetting.starts(0, journal_with(first, true));
  EXPECT_FALSE(breaks(0, Kind::vote_new)) << "it remembers";
  forgetting.starts(0, {});
  EXPECT_FALSE(breaks(0, Kind::halt_now)) << "which waits for nobody";
  EXPECT_TRUE(breaks(0, Kind::outcome));
}

TEST_F(ForgettingTest, AGuardThatWasNotLostKnows) {
  EXPECT_FALSE(breaks(3, Kind::switch_version));
  forgetting.starts(3, {});
  EXPECT_TRUE(breaks(3, Kind::halt_now));
}

TEST_F(ForgettingTest, WhatTheOtherCopySignsMayBeUnknown) {
  EXPECT_FALSE(breaks(0, Kind::switch_version, true));
  auto other = made(Kind::switch_version);
  other.statement.evidence.bytes[0] = 1;
  EXPECT_FALSE(forgetting.signs(0, "perps", other, false));
}

TEST_F(ForgettingTest, TwoStatementsOfOneKindBreakS8WhoeverSigns) {
  EXPECT_FALSE(breaks(0, Kind::vote_new));
  auto other = made(Kind::vote_new);
  other.statement.evidence.bytes[0] = 1;
  EXPECT_TRUE(forgetting.signs(0, "perps", other, false).value_or("").starts_with("S8"));
}

}  // namespace
}  // namespace lockstep::sim
