// Whoever keeps a key is missed: an alarm once, and shown until it signs again.
#include <gtest/gtest.h>

#include "runtime/log.hpp"
#include "tests/unit/runtime/rig.hpp"

namespace lockstep::runtime {
namespace {

using namespace test;

TEST(SignerMissed, IsAnAlarmForEachKeyAndShownUntilItSigns) {
  log::configure(log::Level::error, log::Format::text);
  Node node(1, nullptr, nullptr, {});
  node.start();
  const auto shown = [&] {
    node.engine->publish();
    return node.publisher.current();
  };
  node.take(ports::SignerMissed{"", "it does not answer"});
  node.take(ports::SignerMissed{"alpha", "request timed out"});
  auto snapshot = shown();
  ASSERT_EQ(2U, snapshot->alarms.size());
  EXPECT_EQ("signer-away", snapshot->alarms[0].code);
  EXPECT_EQ("ours: it does not answer", snapshot->alarms[0].detail);
  EXPECT_EQ("of chain alpha: request timed out", snapshot->alarms[1].detail);
  EXPECT_EQ(2U, snapshot->tallies.alarms.at("signer-away"));
  EXPECT_EQ("request timed out", snapshot->missed.at("alpha").why);
  EXPECT_TRUE(snapshot->missed.contains(""));
  node.take(ports::SignerMissed{"", ""});
  snapshot = shown();
  EXPECT_FALSE(snapshot->missed.contains(""));
  EXPECT_TRUE(snapshot->missed.contains("alpha"));
  EXPECT_EQ(2U, snapshot->alarms.size());
}

}  // namespace
}  // namespace lockstep::runtime
