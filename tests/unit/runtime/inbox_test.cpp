#include "runtime/inbox.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace lockstep::runtime {
namespace {

using coordinator::ClockTicked;
using coordinator::Event;
using Clock = std::chrono::steady_clock;

Item tick(std::uint64_t now) { return {Event{ClockTicked{now}}, {}}; }
std::uint64_t time_of(const Item& item) { return std::get<ClockTicked>(std::get<Event>(item.news)).now; }

TEST(Inbox, KeepsOrderAndBatches) {
  Inbox inbox(10);
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(inbox.push(tick(i)));
  const auto first = inbox.pop(3, Clock::now());
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(time_of(first[2]), 2u);
  const auto rest = inbox.pop(3, Clock::now());
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(time_of(rest[1]), 4u);
  EXPECT_TRUE(inbox.pop(3, Clock::now()).empty());
}

TEST(Inbox, AFullInboxHoldsItsProducerBackUntilThereIsRoom) {
  Inbox inbox(2);
  std::atomic<int> pushed = 0;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < 100; ++i) {
      if (inbox.push(tick(i))) ++pushed;
    }
  });
  std::uint64_t next = 0;
  while (next < 100) {
    const auto items = inbox.pop(50, Clock::now() + std::chrono::seconds(10));
    ASSERT_LE(items.size(), 2u);
    for (const auto& item : items) EXPECT_EQ(time_of(item), next++);
  }
  producer.join();
  EXPECT_EQ(pushed, 100);
}

TEST(Inbox, ClosingWakesEverybodyAndAnswersWhoWaits) {
  Inbox inbox(1);
  std::promise<Result<Committed>> answer;
  ASSERT_TRUE(
      inbox.push({Event{ClockTicked{1}}, [&](Result<Committed> result) { answer.set_value(std::move(result)); }}));
  auto blocked = std::async(std::launch::async, [&] { return inbox.push(tick(2)); });
  inbox.close();
  EXPECT_FALSE(blocked.get());
  EXPECT_EQ(answer.get_future().get().error().what, "the daemon is stopping");
  EXPECT_FALSE(inbox.push(tick(3)));
  EXPECT_TRUE(inbox.pop(1, Clock::now() + std::chrono::hours(1)).empty());
}

}  // namespace
}  // namespace lockstep::runtime
