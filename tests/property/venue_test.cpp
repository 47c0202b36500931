// The venue against the dumb one, message by message: the same refusals, the same events, the same margins, and no unit
// of value made or lost. A failure prints its seed; LOCKSTEP_SEED=<n> runs that one alone, LOCKSTEP_MESSAGES=<n> says
// how many messages a seed has.
#include <array>

#include "tests/property/venue_twins.hpp"

namespace lockstep {
namespace {

TEST(VenueProperty, DoesWhatTheDumbOneDoesAndConservesValueAfterEveryMessage) {
  const auto one = from_environment("LOCKSTEP_SEED", 0);
  const auto messages = from_environment("LOCKSTEP_MESSAGES", 60'000);
  std::array<std::size_t, 12> refused{};  // those that liquidations know are told elsewhere
  std::array<std::size_t, 4> happened{};
  for (std::uint64_t seed = one == 0 ? 1 : one; seed <= (one == 0 ? 20 : one); ++seed) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(seed));
    Twins twins(seed, static_cast<std::uint32_t>(3 + seed % 7));
    for (std::uint64_t i = 0; i < messages; ++i) {
      ++refused[static_cast<std::size_t>(twins.step())];
      for (const auto& event : twins.venue.events()) ++happened[static_cast<std::size_t>(event.kind)];
      twins.expect_conserved();
      if (i % 64 == 0) twins.expect_equal();
      if (HasFailure()) FAIL() << "after message " << i;
    }
    twins.expect_equal();
  }
  if (one != 0) return;
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto why = static_cast<Refusal>(i);
    if (why == Refusal::market) continue;  // told elsewhere
    EXPECT_GT(refused[i], 0U) << to_text(why) << " never happened: the messages test nothing of it";
  }
  for (const auto count : happened) EXPECT_GT(count, 1000U);
}

TEST(VenueProperty, WhatDoesNotExistIsRefused) {
  Twins twins(1, 2);
  NewOrder order{.id = 1, .market = 9, .account = 0, .tick = 900, .lots = 2};
  EXPECT_EQ(twins.venue.place(order), Refusal::market);
  EXPECT_EQ(twins.venue.cancel(9, 1), Refusal::market);
  EXPECT_EQ(twins.venue.reduce(9, 1, 1), Refusal::market);
  EXPECT_EQ(twins.venue.replace(order), Refusal::market);
  order.market = 0;
  order.account = 77;
  EXPECT_EQ(twins.venue.place(order), Refusal::account);
}

// Reduce-only orders of one account before and behind its others: what each may still reduce changes on the way.
TEST(VenueProperty, AMatchStopsAfterAStatedNumberOfSteps) {
  Twins twins(3, 9);
  for (AccountId id = 0; id < 9; ++id) twins.pay(id, 100'000'000);
  OrderId next = 1;
  for (int i = 0; i < 70; ++i) {
    const NewOrder sale{.id = next++, .market = 0, .account = static_cast<AccountId>(i % 8), .tick = 901, .lots = 1};
    ASSERT_EQ(twins.venue.place(sale), Refusal::none);
    ASSERT_EQ(twins.dumb.place(sale), Refusal::none);
  }
  for (const Life life : {Life::fok, Life::gtc}) {
    const NewOrder buy{.id = next++, .market = 0, .account = 8, .tick = 901, .lots = 70, .is_buy = true, .life = life};
    EXPECT_EQ(twins.venue.place(buy), twins.dumb.place(buy));
    EXPECT_TRUE(std::ranges::equal(twins.venue.events(), twins.dumb.events));
  }
  EXPECT_EQ(twins.venue.book(0).size(), 6U);
  twins.expect_equal();
}

}  // namespace
}  // namespace lockstep
