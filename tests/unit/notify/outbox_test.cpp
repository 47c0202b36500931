// What one sink is told, when, and what is left out.
#include "adapters/notify/outbox.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lockstep::notify {
namespace {

Message message(const std::string& title, std::uint64_t time_ms = 1000, Severity severity = Severity::info) {
  Message made;
  made.id = "ops-" + title;
  made.title = title;
  made.type = "stage-changed";
  made.severity = severity;
  made.time_ms = time_ms;
  return made;
}

std::string next(Outbox& outbox, std::uint64_t now_ms) {
  const auto* due = outbox.due(now_ms);
  return due == nullptr ? "" : due->title;
}

TEST(Outbox, TellsInOrderAndForgetsWhatWasTaken) {
  Outbox outbox;
  outbox.offer(message("a"), 1000);
  outbox.offer(message("b"), 1000);
  EXPECT_EQ(next(outbox, 1000), "a");
  outbox.delivered(1000);
  EXPECT_EQ(next(outbox, 1000), "b");
  outbox.delivered(1000);
  EXPECT_EQ(next(outbox, 1000), "");
  EXPECT_FALSE(outbox.next_ms(1000));
  EXPECT_EQ(outbox.counters().delivered, 2U);
}

TEST(Outbox, SaysTheSameOnceInTenMinutes) {
  Outbox outbox;
  outbox.offer(message("a"), 1000);
  outbox.delivered(1000);
  outbox.offer(message("a"), 1000 + 599'999);
  EXPECT_EQ(outbox.size(), 0U);
  EXPECT_EQ(outbox.counters().repeated, 1U);
  outbox.offer(message("a"), 1000 + 600'000);
  EXPECT_EQ(outbox.size(), 1U);
}

TEST(Outbox, TriesAgainLaterEachTimeAndNeverPastFiveMinutes) {
  Outbox outbox;
  outbox.offer(message("a"), 0);
  std::uint64_t now = 0;
  for (const std::uint64_t wait :
       {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 64'000, 128'000, 256'000, 300'000, 300'000}) {
    ASSERT_EQ(next(outbox, now), "a");
    outbox.failed(now, false, 0.999);
    EXPECT_EQ(next(outbox, now + wait / 2 - 1), "") << "sooner than half of " << wait;
    const auto again = outbox.next_ms(now);
    ASSERT_TRUE(again);
    EXPECT_LE(*again, now + wait);
    now = *again;
  }
  EXPECT_EQ(outbox.counters().failed, 11U);
}

TEST(Outbox, WhatIsRefusedForGoodMakesWayAtOnce) {
  Outbox outbox;
  outbox.offer(message("a"), 0);
  outbox.offer(message("b"), 0);
  ASSERT_EQ(next(outbox, 0), "a");
  outbox.failed(0, true, 0);
  EXPECT_EQ(next(outbox, 0), "b");
  EXPECT_EQ(outbox.counters().rejected, 1U);
}

TEST(Outbox, WhatIsADayOldIsNotToldAnyMore) {
  Outbox outbox;
  outbox.offer(message("old", 1000), 1000);
  outbox.offer(message("young", 50'000'000), 50'000'000);
  EXPECT_EQ(next(outbox, 86'401'000), "young");
  EXPECT_EQ(outbox.counters().expired, 1U);
}

TEST(Outbox, ABurstOfTwentyThenTwentyAMinute) {
  OutboxLimits limits;
  Outbox outbox(limits);
  for (int i = 0; i < 25; ++i) outbox.offer(message(fmt::format("m{}", i)), 0);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(next(outbox, 0), fmt::format("m{}", i));
    outbox.delivered(0);
  }
  EXPECT_EQ(next(outbox, 0), "");
  EXPECT_EQ(outbox.next_ms(0), 3000U) << "one every three seconds";
  EXPECT_EQ(next(outbox, 3000), "m20");
}

TEST(Outbox, FullMeansThatTheLeastSevereGoes) {
  OutboxLimits limits;
  limits.pending = 2;
  Outbox outbox(limits);
  outbox.offer(message("critical", 0, Severity::critical), 0);
  outbox.offer(message("info", 0, Severity::info), 0);
  outbox.offer(message("warning", 0, Severity::warning), 0);
  EXPECT_EQ(next(outbox, 0), "critical");
  outbox.delivered(0);
  EXPECT_EQ(next(outbox, 0), "warning");
  EXPECT_EQ(outbox.counters().dropped, 1U);
}

TEST(Outbox, IsTheSameAfterARestart) {
  Outbox outbox;
  outbox.cursor = 77;
  outbox.offer(message("a\"\n", 5, Severity::critical), 5);
  outbox.offer(message("b", 6), 6);
  auto again = Outbox::load(outbox.save());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->cursor, 77U);
  EXPECT_EQ(again->save(), outbox.save());
  again->offer(message("b", 7), 7);
  EXPECT_EQ(again->size(), 2U) << "what waits is not said twice";
  for (const char* bad : {"", "{}", "[]", R"({"schema":"lockstep.outbox/1","cursor":-1,"pending":[]})",
                          R"({"schema":"lockstep.outbox/1","cursor":1,"pending":[{}]})"})
    EXPECT_FALSE(Outbox::load(bad)) << bad;
}

}  // namespace
}  // namespace lockstep::notify
