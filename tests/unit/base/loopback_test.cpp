#include "base/loopback.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Loopback, IsThisMachineAndNoNameThatBeginsLikeIt) {
  for (const auto* here : {"localhost", "127.0.0.1", "127.255.0.3", "::1", "[::1]"})
    EXPECT_TRUE(is_loopback(here)) << here;
  for (const auto* away : {"", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "128.0.0.1", "::2",
                           "0.0.0.0", "127.1", "::ffff:127.0.0.1"})
    EXPECT_FALSE(is_loopback(away)) << away;
}

}  // namespace
}  // namespace lockstep
