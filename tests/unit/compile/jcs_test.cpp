// RFC 8785: the examples of §3.2.2 and §3.2.3 that are within our subset, and what is outside it.
#include "adapters/evm/jcs.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::evm {
namespace {

using nlohmann::json;

TEST(CanonicalJson, SortsByUtf16CodeUnits) {
  // §3.2.3: the order is by code units, so the surrogate pair of the emoji comes before U+FB33.
  const auto input = json::parse(
      R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"})");
  EXPECT_EQ(canonical_json(input).value(),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin Small Letter O "
            "With Diaeresis\","
            "\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew "
            "Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, EscapesOnlyWhatMustBe) {
  // §3.2.2.2, the string of the RFC's example.
  const auto input =
      json::parse(R"({"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})");
  EXPECT_EQ(canonical_json(input).value(),
            "{\"literals\":[null,true,false],\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  EXPECT_EQ(canonical_json(json("\b\t\f\r\x7f")).value(), "\"\\b\\t\\f\\r\x7f\"");
}

TEST(CanonicalJson, TakesOnlySafeIntegers) {
  EXPECT_EQ(canonical_json(json(9007199254740991)).value(), "9007199254740991");
  EXPECT_EQ(canonical_json(json(-9007199254740991)).value(), "-9007199254740991");
  EXPECT_EQ(canonical_json(json(0)).value(), "0");
  EXPECT_FALSE(canonical_json(json(9007199254740992)));
  EXPECT_FALSE(canonical_json(json(-9007199254740992)));
  EXPECT_FALSE(canonical_json(json(UINT64_MAX)));
  EXPECT_FALSE(canonical_json(json(1.5)));
  EXPECT_FALSE(canonical_json(json::parse("[1,{\"a\":1e3}]")));
}

TEST(CanonicalJson, RefusesWhatIsNotUtf8) {
  for (const char* text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(canonical_json(json(text))) << text;
    EXPECT_FALSE(canonical_json(json{{text, 1}})) << text;
  }
}

}  // namespace
}  // namespace lockstep::evm
