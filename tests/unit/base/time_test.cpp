#include "base/time.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Time, ReadsUtcAndOffsets) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0u);
  EXPECT_EQ(parse_rfc3339("2026-12-01T14:00:00Z"), 1796133600u);
  EXPECT_EQ(parse_rfc3339("2026-12-01T16:30:00+02:30"), 1796133600u);
  EXPECT_EQ(parse_rfc3339("2024-02-29T23:59:59Z"), 1709251199u);
}

TEST(Time, WritesWhatItReads) {
  for (const UnixSeconds time : {0ull, 951782400ull, 1709251199ull, 1796133600ull, 4102444800ull})
    EXPECT_EQ(parse_rfc3339(to_rfc3339(time)), time);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const auto* text : {"", "2026-12-01", "2026-12-01T14:00:00", "2026-13-01T14:00:00Z", "2026-12-01T24:00:00Z",
                           "2026-12-01T14:00:00+99:99", "2026-12-01T14:00:00.5Z", "1969-12-31T23:59:59Z",
                           "2026-12-01T14:00:00Zx", "1970-01-01T00:00:00+01:00"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Time, ReadsDurationsOfOneUnit) {
  EXPECT_EQ(parse_duration_s("90s"), 90u);
  EXPECT_EQ(parse_duration_s("30m"), 1800u);
  EXPECT_EQ(parse_duration_s("2h"), 7200u);
  EXPECT_EQ(parse_duration_s("1d"), 86400u);
  for (const auto* text : {"", "s", "90", "-1s", "1h30m", "1.5h", "99999999999s"})
    EXPECT_EQ(parse_duration_s(text), std::nullopt) << text;
}

}  // namespace
}  // namespace lockstep
