// How long one waits for room in a block: by hand, and against a queue that is played.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "mirror/latency.hpp"

namespace lockstep::mirror {
namespace {

std::vector<BlockLoad> chain(const std::vector<std::uint64_t>& percent_used, UnixSeconds interval = 2) {
  std::vector<BlockLoad> blocks{{1'000, 0, 100}};
  for (const auto used : percent_used) blocks.push_back({blocks.back().time + interval, used, 100});
  return blocks;
}

TEST(Latency, OfBlocksWithRoomIsHalfAnInterval) {
  const auto found = latency_of(chain({50, 20, 80, 94, 0, 10, 20, 30}));
  ASSERT_TRUE(found.has_value()) << found.error();
  EXPECT_EQ(380'000, found->load_ppm);
  EXPECT_EQ(1000, found->inclusion_ms);
}

TEST(Latency, OfFullBlocksIsAsLongAsTheyLast) {
  // Whoever comes in the first of four full intervals waits for the fifth block: 4, 3, 2 and 1 intervals more of eight.
  const auto run = latency_of(chain({100, 95, 96, 97, 0, 0, 0, 0}));
  const auto scattered = latency_of(chain({100, 0, 95, 0, 96, 0, 97, 0}));
  ASSERT_TRUE(run && scattered);
  EXPECT_EQ(1000 + 10 * 2000 / 8, run->inclusion_ms);
  EXPECT_EQ(1000 + 4 * 2000 / 8, scattered->inclusion_ms);
  EXPECT_EQ(run->load_ppm, scattered->load_ppm);
}

TEST(Latency, LongIntervalsCountForThoseWhoComeInThem) {
  auto blocks = chain(std::vector<std::uint64_t>(8, 0), 1);
  blocks.back().time += 16;  // intervals: seven of 1 s, one of 17
  const auto found = latency_of(blocks);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(6167, found->inclusion_ms);  // (7 + 289) / (2 × 24) s
}

TEST(Latency, IsNotToldWhereNobodyKnows) {
  EXPECT_EQ("too few blocks to measure", latency_of(chain({1, 2, 3, 4, 5, 6, 7})).error());
  EXPECT_EQ("the newest block is full, and nobody knows when one will have room",
            latency_of(chain({1, 2, 3, 4, 5, 6, 7, 8, 95})).error());
  EXPECT_EQ("a block used more gas than it has room for", latency_of(chain({1, 2, 3, 4, 5, 6, 7, 101})).error());
  EXPECT_EQ("all blocks have one time", latency_of(chain(std::vector<std::uint64_t>(9, 1), 0)).error());
  auto back = chain(std::vector<std::uint64_t>(9, 1));
  back[4].time = 1;
  EXPECT_EQ("a block is older than the one before it", latency_of(back).error());
  auto roomless = chain(std::vector<std::uint64_t>(9, 0));
  roomless[4].gas_limit = 0;
  EXPECT_EQ("a block used more gas than it has room for", latency_of(roomless).error());
}

/// Work that arrives at random is put into blocks as they come, first come first served; what the blocks alone show
/// must bound what was waited.
TEST(Latency, BoundsTheWaitInAQueueThatIsPlayed) {
  for (const double load : {0.3, 0.6, 0.85, 0.95}) {
    std::mt19937_64 bits(static_cast<std::uint64_t>(load * 100));
    std::exponential_distribution<double> burst(1 / load);  // of an interval, in blocks
    std::vector<BlockLoad> blocks{{1'000, 0, 1'000'000}};
    double backlog = 0, waited = 0;
    constexpr std::size_t count = 200'000;
    for (std::size_t i = 0; i < count; ++i) {
      const double arrived = burst(bits);
      // Whoever comes in this interval, after everybody else of it: half an interval until its block, and then blocks
      // that are full before there is room.
      waited += 0.5 + std::floor(backlog + arrived);
      const double served = std::min(1.0, backlog + arrived);
      backlog += arrived - served;
      blocks.push_back({blocks.back().time + 1, static_cast<std::uint64_t>(served * 1e6), 1'000'000});
    }
    while (blocks.back().is_full()) blocks.pop_back();
    const auto found = latency_of(blocks);
    ASSERT_TRUE(found.has_value()) << load << ": " << found.error();
    const double mean_ms = 1e3 * waited / count;
    EXPECT_LE(mean_ms, static_cast<double>(found->inclusion_ms)) << "load " << load;
    EXPECT_GE(20 * mean_ms, static_cast<double>(found->inclusion_ms)) << "a bound that says something, load " << load;
  }
}

}  // namespace
}  // namespace lockstep::mirror
