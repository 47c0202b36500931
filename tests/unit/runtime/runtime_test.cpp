#include "runtime/runtime.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;

Plan small_plan() {
  Plan plan;
  plan.hash = crypto::keccak256("plan");
  plan.protocol = "perps";
  plan.epoch = 1;
  plan.instances = {{"alpha", 1, {}, crypto::keccak256("leaf"), false}};
  plan.operators = {{Address{{1}}}, 1, 0, {}};
  plan.self = Address{{1}};
  plan.window = {10, 20, 30, 40, 0};
  return plan;
}

class RuntimeTest : public ::testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::error, log::Format::text); }
  std::unique_ptr<Runtime> make(std::size_t inbox = 64) {
    Parts parts;
    parts.journal = &journal_;
    parts.chains["alpha"] = &chain_;
    parts.deltas = [](const Hash32&, InstanceIndex) { return std::vector<mirror::Delta>{}; };
    parts.domain = [](const Plan&) { return Hash32{}; };
    parts.wall_ms = [] { return 5000; };
    Limits limits;
    limits.inbox = inbox;
    limits.tick = std::chrono::milliseconds(0);
    return std::make_unique<Runtime>(parts, Identity{"test", "1", "single"}, limits);
  }
  MemoryJournal journal_;
  SilentChain chain_;
};

TEST_F(RuntimeTest, AnAnswerMeansDurableAndPublished) {
  auto runtime = make();
  ASSERT_TRUE(runtime->start());
  const auto committed = runtime->commit(PlanSubmitted{small_plan()});
  ASSERT_TRUE(committed) << committed.error().text();
  EXPECT_EQ(committed->seq, committed->records);
  const auto shown = runtime->publisher().current();
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->seq, committed->seq);
  EXPECT_TRUE(shown->state.plans.contains(small_plan().hash));
  EXPECT_EQ(shown->recent.back().seq, committed->seq);
  const auto again = runtime->commit(PlanSubmitted{small_plan()});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->seq - committed->seq, again->records);
  runtime->stop();
  EXPECT_EQ(runtime->wait(), 0);
  EXPECT_TRUE(chain_.stopped);
  EXPECT_EQ(chain_.followed, std::vector<InstanceIndex>{0});
  ASSERT_EQ(chain_.performed.size(), 1u);
  EXPECT_TRUE(chain_.performed[0].starts_with("readiness/"));
}

TEST_F(RuntimeTest, AStartGivesOutstandingEffectsOutAgain) {
  {
    auto first = make();
    ASSERT_TRUE(first->start());
    ASSERT_TRUE(first->commit(PlanSubmitted{small_plan()}));
  }
  const auto before = chain_.performed;
  chain_.performed.clear();
  auto second = make();
  ASSERT_TRUE(second->start());
  ASSERT_TRUE(second->commit(ClockTicked{1}));
  second->stop();
  EXPECT_EQ(chain_.performed, before);
}

TEST_F(RuntimeTest, AnOutboxThatDisagreesWithTheRecordsIsRefused) {
  {
    auto first = make();
    ASSERT_TRUE(first->start());
    ASSERT_TRUE(first->commit(PlanSubmitted{small_plan()}));
  }
  journal_.rows.clear();
  auto second = make();
  const auto started = second->start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().exit_code, 70);
  EXPECT_EQ(second->wait(), 70);
}

TEST_F(RuntimeTest, ARecordThatCannotBeReadIsRefused) {
  journal_.entries.push_back({1, 1, Bytes{0xff}, {}});
  EXPECT_EQ(make()->start().error().exit_code, 70);
}

TEST_F(RuntimeTest, AJournalThatFailsStopsEverythingAndNothingIsActedOn) {
  auto runtime = make();
  ASSERT_TRUE(runtime->start());
  journal_.failing = true;
  const auto committed = runtime->commit(PlanSubmitted{small_plan()});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().what, "the disk is gone");
  EXPECT_EQ(runtime->wait(), 74);
  EXPECT_EQ(runtime->failure()->what, "the disk is gone");
  EXPECT_FALSE(runtime->post(Event{ClockTicked{1}}));
  EXPECT_FALSE(runtime->commit(ClockTicked{1}));
  runtime->stop();
  EXPECT_TRUE(chain_.performed.empty());
  EXPECT_TRUE(chain_.followed.empty());
}

TEST_F(RuntimeTest, StopsWhileManyThreadsPost) {
  for (int round = 0; round < 20; ++round) {
    auto runtime = make(4);
    ASSERT_TRUE(runtime->start());
    std::latch posting(8);
    std::atomic<int> answered = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        bool first = true;
        for (std::uint64_t i = 0;; ++i) {
          const bool going =
              t % 2 == 0 ? runtime->post(Event{ClockTicked{i}}) : runtime->commit(ClockTicked{i}).has_value();
          if (std::exchange(first, false)) posting.count_down();
          if (!going) break;
        }
        ++answered;
      });
    }
    posting.wait();
    runtime->stop();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(answered, 8);
    EXPECT_EQ(runtime->wait(), 0);
  }
}

TEST_F(RuntimeTest, ListenersSeeEveryDurableStepInOrderAndNoneAfterTheyLeft) {
  auto runtime = make();
  std::vector<std::uint64_t> seen;
  {
    const auto subscription =
        runtime->publisher().subscribe([&](const view::SnapshotPtr& snapshot) { seen.push_back(snapshot->seq); });
    ASSERT_TRUE(runtime->start());
    ASSERT_TRUE(runtime->commit(PlanSubmitted{small_plan()}));
    ASSERT_TRUE(runtime->commit(CommandReceived{small_plan().hash, CommandKind::hold, "because", "test"}));
  }
  const auto count = seen.size();
  ASSERT_GE(count, 3u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  ASSERT_TRUE(runtime->commit(CommandReceived{small_plan().hash, CommandKind::resume, "because", "test"}));
  runtime->stop();
  EXPECT_EQ(seen.size(), count);
  EXPECT_EQ(runtime->publisher().current()->seq, journal_.entries.size());
}

TEST_F(RuntimeTest, ChainsThatDoNotAnswerMakeItNotReady) {
  auto runtime = make();
  ASSERT_TRUE(runtime->start());
  ASSERT_TRUE(runtime->commit(PlanSubmitted{small_plan()}));
  EXPECT_FALSE(runtime->publisher().current()->ready);
  ports::ChainHealth health;
  health.chain = "alpha";
  health.endpoints = {{"one", true, 1, 0, "", 0.1}};
  chain_.sink(health);
  ASSERT_TRUE(runtime->commit(CommandReceived{small_plan().hash, CommandKind::hold, "because", "test"}));
  EXPECT_TRUE(runtime->publisher().current()->ready);
}

TEST_F(RuntimeTest, APlanOnAChainWeDoNotHaveRaisesAnAlarm) {
  auto runtime = make();
  ASSERT_TRUE(runtime->start());
  auto plan = small_plan();
  plan.instances[0].chain = "omega";
  ASSERT_TRUE(runtime->commit(PlanSubmitted{plan}));
  ASSERT_FALSE(runtime->publisher().current()->alarms.empty());
  EXPECT_EQ(runtime->publisher().current()->alarms.back().code, "chain-not-configured");
}

TEST_F(RuntimeTest, TheJournalIsReadWholeBetweenSteps) {
  auto runtime = make();
  EXPECT_FALSE(runtime->read_journal(0, 10)) << "nobody would answer";
  ASSERT_TRUE(runtime->start());
  ASSERT_TRUE(runtime->commit(PlanSubmitted{small_plan()}));
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(runtime->commit(CommandReceived{small_plan().hash, CommandKind::hold, "because", "test"}));
    ASSERT_TRUE(runtime->commit(CommandReceived{small_plan().hash, CommandKind::resume, "because", "test"}));
  }
  const auto shown = runtime->publisher().current();
  std::vector<view::JournalLine> read;
  while (true) {
    const auto page = runtime->read_journal(read.size(), 7);
    ASSERT_TRUE(page) << page.error().text();
    if (page->empty()) break;
    EXPECT_LE(page->size(), 7U);
    read.insert(read.end(), page->begin(), page->end());
  }
  ASSERT_EQ(read.size(), shown->seq);
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].seq, shown->recent[i].seq);
    EXPECT_EQ(read[i].type, shown->recent[i].type);
    EXPECT_EQ(read[i].text, shown->recent[i].text);
  }
  runtime->stop();
  EXPECT_FALSE(runtime->read_journal(0, 10));
}

TEST_F(RuntimeTest, ReadersThatWaitAreAnsweredWhenItStops) {
  for (int round = 0; round < 20; ++round) {
    auto runtime = make();
    ASSERT_TRUE(runtime->start());
    std::latch reading(4);
    std::atomic<int> ended = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        bool first = true;
        while (true) {
          const auto page = runtime->read_journal(0, 10);
          if (std::exchange(first, false)) reading.count_down();
          if (!page) break;
        }
        ++ended;
      });
    }
    reading.wait();
    runtime->stop();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ended, 4);
  }
}

}  // namespace
}  // namespace lockstep::runtime
