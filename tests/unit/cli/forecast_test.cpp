// How far it is to the next step, from heads that come in.
#include "app/cli/forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lockstep::app {
namespace {

using nlohmann::json;

constexpr UnixSeconds start = 1'700'000'000;

json status(std::uint64_t num, UnixSeconds time, UnixSeconds final) {
  return {{"chains",
           {{{"id", "alpha"},
             {"head", {{"num", num}, {"time", to_rfc3339(time)}}},
             {"final", {{"num", num - 2}, {"time", to_rfc3339(final)}}}}}}};
}

json plan(const char* stage) {
  return {{"stage", stage},
          {"window",
           {{"arm_by", to_rfc3339(start + 30)},
            {"halt_at", to_rfc3339(start + 140)},
            {"switch_by", to_rfc3339(start + 1000)},
            {"decide_by", to_rfc3339(start + 2000)}}},
          {"instances", {{{"chain", "alpha"}}}}};
}

TEST(Forecast, SaysNothingOfBlocksBeforeItHasSeenTwo) {
  Forecast forecast;
  EXPECT_EQ(forecast.lines(plan("armed")), "");
  forecast.observe(status(100, start, start - 24));
  EXPECT_FALSE(forecast.until("alpha", start + 140));
  EXPECT_EQ(forecast.lines(plan("armed")), "  alpha          halts in 140 s; final 24 ± 0 s later\n");
}

TEST(Forecast, CountsBlocksWithTheirError) {
  Forecast forecast;
  // Intervals 12, 12, 8, 16: mean 12, standard deviation sqrt(32/3) = 3.266.
  UnixSeconds time = start;
  std::uint64_t num = 100;
  forecast.observe(status(num, time, time - 24));
  for (const UnixSeconds interval : {12, 12, 8, 16}) {
    time += interval;
    forecast.observe(status(++num, time, time - 24));
    forecast.observe(status(num, time, time - 24));  // asked again before the next block
  }
  const auto estimate = forecast.until("alpha", start + 140);
  ASSERT_TRUE(estimate);
  EXPECT_DOUBLE_EQ(estimate->seconds, 92);
  EXPECT_NEAR(estimate->blocks, 92.0 / 12, 1e-9);
  EXPECT_NEAR(estimate->blocks_error, std::sqrt(92.0 / 12) * 3.26598632 / 12, 1e-6);
  EXPECT_EQ(forecast.lines(plan("armed")), "  alpha          halts in 92 s, 8 ± 1 blocks; final 24 ± 0 s later\n");
  EXPECT_EQ(forecast.lines(plan("arming")),
            "  alpha          should have been done since " + to_rfc3339(start + 30) + "\n");
  EXPECT_EQ(forecast.lines(plan("soaking")), "") << "nothing is due";
}

}  // namespace
}  // namespace lockstep::app
