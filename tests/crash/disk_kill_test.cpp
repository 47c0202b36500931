// A whole upgrade with the disk of journal and guard going away at any change, once and again in what follows, and with
// a disk that fills up at any write. Then three operators that all must sign, one of which dies twice.
#include <gtest/gtest.h>

#include <iostream>

#include "effort.hpp"
#include "ending.hpp"
#include "scratch.hpp"

namespace lockstep::crash {
namespace {

constexpr Survivors all_survivors[] = {Survivors::none, Survivors::all, Survivors::every_other, Survivors::torn};

WorldSetup setup(const Scratch& scratch, const Ending& ending, FaultDisk& disk) {
  WorldSetup setup;
  setup.dir = scratch.dir();
  setup.corrupting_switch = ending.corrupting_switch;
  setup.disk = &disk;
  return setup;
}

class DiskKill : public ::testing::TestWithParam<Ending> {
 protected:
  std::uint64_t changes_of_a_life() const {
    const Scratch scratch;
    FaultDisk disk;
    World world(setup(scratch, GetParam(), disk));
    const auto problem = world.run({});
    EXPECT_FALSE(problem) << *problem;
    return disk.changes();
  }
  void die(const std::vector<Death>& deaths) const {
    std::string story;
    for (const auto& death : deaths)
      story.append("change ")
          .append(std::to_string(death.change))
          .append(", survivors ")
          .append(std::to_string(static_cast<int>(death.survivors)))
          .append("; ");
    SCOPED_TRACE(story);
    const Scratch scratch;
    FaultDisk disk;
    World world(setup(scratch, GetParam(), disk));
    const auto problem = world.run(deaths);
    ASSERT_FALSE(problem) << *problem;
    expect_ending(world, GetParam());
  }
};

TEST_P(DiskKill, AtAnyChangeTheUpgradeEndsTheSame) {
  const auto changes = changes_of_a_life();
  ASSERT_GT(changes, 400u);
  Sample sample(24);
  std::uint64_t played = 0;
  for (std::uint64_t k = 1; k <= changes; ++k) {
    for (const auto survivors : all_survivors) {
      if (!sample.take()) continue;
      die({{0, false, k, survivors}});
      if (HasFailure()) return;
      ++played;
    }
  }
  std::cout << played << " of " << changes * 4 << " deaths, seed " << seed() << "\n";
}

TEST_P(DiskKill, AndAgainInWhatFollows) {
  const auto changes = changes_of_a_life();
  Sample sample(1);
  const std::uint64_t pairs = play_all() ? 20'000 : 150;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const auto first = 1 + sample.below(changes);
    // A third of the second deaths is in recovery itself.
    const auto second = 1 + sample.below(i % 3 == 0 ? 12 : changes - first + 20);
    die({{0, false, first, all_survivors[sample.below(4)]}, {0, false, second, all_survivors[sample.below(4)]}});
    if (HasFailure()) return;
  }
  std::cout << pairs << " pairs of " << changes << " changes and four kinds of loss, seed " << seed() << "\n";
}

// F4: whatever write finds no space first, the reserve ends the plan; nothing that moves it forward is signed any more.
TEST_P(DiskKill, AFullDiskStillEndsThePlan) {
  std::uint64_t played = 0, ended_new = 0;
  Sample sample(12);
  for (std::uint64_t k = 1;; ++k) {
    if (!sample.take()) continue;
    SCOPED_TRACE("write " + std::to_string(k));
    const Scratch scratch;
    FaultDisk disk;
    disk.set_space_is_back([&] { return !std::filesystem::exists(scratch.dir() / "0" / "reserve"); });
    auto with_reserve = setup(scratch, GetParam(), disk);
    with_reserve.reserve_bytes = 1 << 20;
    World world(with_reserve);
    ASSERT_EQ(world.live({}, 1).value(), Life::running);  // a start that finds no space is refused
    disk.arm(Fault::full, k);
    const auto problem = world.run({});
    ASSERT_FALSE(problem) << *problem;
    ++played;
    ended_new += world.plan_state().stage == coordinator::Stage::closed_new ? 1 : 0;
    if (!disk.struck()) break;
  }
  std::cout << played << " full disks, " << ended_new << " of them ended NEW\n";
  EXPECT_GT(played, 10u);
  EXPECT_EQ(ended_new > 0, !GetParam().corrupting_switch);
  EXPECT_LT(ended_new, played);
}

TEST_P(DiskKill, OneOfThreeOperatorsThatAllMustSign) {
  const auto world_of_three = [&](const Scratch& scratch) {
    WorldSetup three;
    three.dir = scratch.dir();
    three.corrupting_switch = GetParam().corrupting_switch;
    three.operators = 3;
    return World(three);
  };
  std::uint64_t appends = 0;
  {
    const Scratch scratch;
    auto world = world_of_three(scratch);
    const auto problem = world.run({});
    ASSERT_FALSE(problem) << *problem;
    expect_ending(world, GetParam());
    appends = world.appends();
  }
  Sample sample(1);
  const std::uint64_t pairs = play_all() ? appends * appends : 60;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const Death first{1 + sample.below(appends), sample.below(2) == 0, 0, Survivors::all};
    const Death second{1 + sample.below(appends - first.append + 10), sample.below(2) == 0, 0, Survivors::all};
    SCOPED_TRACE("appends " + std::to_string(first.append) + (first.after_commit ? " after" : " before") + " and " +
                 std::to_string(second.append) + (second.after_commit ? " after" : " before"));
    const Scratch scratch;
    auto world = world_of_three(scratch);
    const auto problem = world.run({first, second});
    ASSERT_FALSE(problem) << *problem;
    expect_ending(world, GetParam());
    if (HasFailure()) return;
  }
  std::cout << pairs << " pairs over " << appends << " appends of one of three operators, seed " << seed() << "\n";
}

INSTANTIATE_TEST_SUITE_P(Outcomes, DiskKill, ::testing::Values(ends_new, ends_old), name_of);

}  // namespace
}  // namespace lockstep::crash
