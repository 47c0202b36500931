#include "base/json_nesting.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockstep {
namespace {

TEST(JsonNesting, CountsWhatIsOpenAtOnce) {
  EXPECT_FALSE(nests_too_deep("", 0));
  EXPECT_FALSE(nests_too_deep("1", 0));
  EXPECT_TRUE(nests_too_deep("[]", 0));
  EXPECT_FALSE(nests_too_deep(R"([{"a":[]},[[]],{}])", 3));
  EXPECT_TRUE(nests_too_deep(R"([{"a":[]},[[]],{}])", 2));
  EXPECT_FALSE(nests_too_deep(std::string(64, '[') + std::string(64, ']')));
  EXPECT_TRUE(nests_too_deep(std::string(65, '[')));
}

TEST(JsonNesting, BracketsInStringsAreText) {
  EXPECT_FALSE(nests_too_deep(R"(["[[[","]","\"[[","\\"])", 1));
  EXPECT_TRUE(nests_too_deep(R"(["\\",[]])", 1));
  EXPECT_FALSE(nests_too_deep("[\"never closed [[[", 1));
  EXPECT_FALSE(nests_too_deep("[\"ends in an escape \\", 1));
}

}  // namespace
}  // namespace lockstep
