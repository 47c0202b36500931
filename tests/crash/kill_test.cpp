// A whole upgrade with the daemon killed at every append, before and after the transaction, and once more at every
// append of what follows: the same end, and no law broken in any block.
#include <gtest/gtest.h>

#include <iostream>

#include "effort.hpp"
#include "ending.hpp"
#include "scratch.hpp"

namespace lockstep::crash {
namespace {

class KillEverywhere : public ::testing::TestWithParam<Ending> {
 protected:
  WorldSetup setup(const Scratch& scratch) const {
    WorldSetup setup;
    setup.dir = scratch.dir();
    setup.corrupting_switch = GetParam().corrupting_switch;
    return setup;
  }
  static Death death(std::uint64_t append, bool after) { return {append, after, 0, Survivors::all}; }
  static std::string story(const Death& death) {
    return std::string("killed ") + (death.after_commit ? "after" : "before") + " append " +
           std::to_string(death.append);
  }
};

TEST_P(KillEverywhere, TheUpgradeEndsTheSame) {
  std::uint64_t appends = 0;
  {
    const Scratch scratch;
    World world(setup(scratch));
    const auto problem = world.run({});
    ASSERT_FALSE(problem) << *problem;
    expect_ending(world, GetParam());
    appends = world.appends();
  }
  ASSERT_GT(appends, 50u);
  std::uint64_t pairs = 0;
  Sample sample(12);
  for (std::uint64_t k = 1; k <= appends; ++k) {
    for (const bool after : {false, true}) {
      SCOPED_TRACE(story(death(k, after)) + " of " + std::to_string(appends));
      const Scratch scratch;
      World once(setup(scratch));
      const auto first = once.live(death(k, after));
      ASSERT_TRUE(first) << first.error().text();
      ASSERT_EQ(*first, Life::killed);
      const auto most = appends - k + 20;  // more than the second life has; the last ones are the first death alone
      for (std::uint64_t j = 1; j <= most; ++j) {
        for (const bool then_after : {false, true}) {
          if (j < most && !sample.take()) continue;
          SCOPED_TRACE("then " + story(death(j, then_after)));
          const Scratch other;
          World twice(once, other.dir());
          const auto problem = twice.run({death(j, then_after)});
          ASSERT_FALSE(problem) << *problem;
          expect_ending(twice, GetParam());
          if (HasFailure()) return;
          pairs += twice.kills() - 1;
          if (twice.kills() == 1) j = most;
        }
      }
    }
  }
  std::cout << appends << " appends, " << pairs << " pairs of deaths, seed " << seed() << "\n";
  EXPECT_GT(pairs, appends * 4);
}

INSTANTIATE_TEST_SUITE_P(Outcomes, KillEverywhere, ::testing::Values(ends_new, ends_old), name_of);

}  // namespace
}  // namespace lockstep::crash
