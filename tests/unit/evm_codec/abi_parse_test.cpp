#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/evm/abi.hpp"

namespace lockstep::evm::abi {
namespace {

using testing::HasSubstr;

std::string canonical(std::string_view signature) {
  const auto function = parse_function(signature);
  return function ? function->canonical() : function.error().text();
}

std::string outputs(std::string_view signature) {
  const auto function = parse_function(signature);
  if (!function) return function.error().text();
  std::string text;
  for (const auto& type : function->outputs) text += type.canonical() + " " + type.name + ";";
  return text;
}

TEST(AbiParse, BothFormsOfReturns) {
  EXPECT_EQ(outputs("version()(uint256)"), "uint256 ;");
  EXPECT_EQ(outputs("marginOf(address account) view returns (uint256 initial, uint256 maintenance)"),
            "uint256 initial;uint256 maintenance;");
  EXPECT_EQ(outputs("function f(uint a) external view returns(int,bool ok)"), "int256 ;bool ok;");
  EXPECT_EQ(outputs("f()"), "");
}

TEST(AbiParse, CanonicalNames) {
  EXPECT_EQ(canonical("transfer(address to, uint256 amount)"), "transfer(address,uint256)");
  EXPECT_EQ(canonical("f(uint, int)"), "f(uint256,int256)");
  EXPECT_EQ(canonical("f(tuple(address target, bytes data)[2][] calls, string memory why)"),
            "f((address,bytes)[2][],string)");
  EXPECT_EQ(canonical("f((uint8 a,(bytes4,int24)[] b) p)"), "f((uint8,(bytes4,int24)[]))");
  EXPECT_EQ(canonical(" f ( uint256 [ 3 ] x ) "), "f(uint256[3])");
}

TEST(AbiParse, NamesAndIndexedOfEvents) {
  const auto event = parse_event("event Deposited(address indexed account, uint256 amount)");
  ASSERT_TRUE(event) << event.error().text();
  EXPECT_EQ(event->canonical(), "Deposited(address,uint256)");
  EXPECT_TRUE(event->inputs[0].indexed);
  EXPECT_EQ(event->inputs[0].name, "account");
  EXPECT_FALSE(event->inputs[1].indexed);
  EXPECT_EQ(to_hex(parse_event("Transfer(address indexed from, address indexed to, uint256 value)")->topic0),
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

struct Refusal {
  const char* signature;
  const char* where;
  const char* why;
};

TEST(AbiParse, RefusalsSayWhereAndWhy) {
  const Refusal refusals[] = {
      {"", "column 1", "expected a name"},
      {"f", "column 2", "expected '('"},
      {"f(", "column 3", "expected a type"},
      {"f(uint256", "column 10", "expected ',' or ')'"},
      {"f(uint257)", "column 3", "'uint257' is not a type"},
      {"f(uint0)", "column 3", "is not a type"},
      {"f(uint08)", "column 3", "is not a type"},
      {"f(bytes33)", "column 3", "is not a type"},
      {"f(ufixed128x18)", "column 3", "is not a type"},
      {"f(uint256[0])", "column 11", "length of at least 1"},
      {"f(uint256[4294967297])", "column 11", "length of at least 1"},
      {"f(uint256[1000000])", "column 11", "too long"},
      {"f(uint256[60000][60000])", "column 18", "too long"},
      {"f(())", "column 4", "at least one member"},
      {"f(uint256,)", "column 11", "expected a type"},
      {"f(uint256 a b)", "column 13", "after the name 'a'"},
      {"f(uint256 indexed a)", "column 11", "parameter of an event"},
      {"f(uint256) constant", "column 12", "not a modifier"},
      {"f(uint256)(bool) x", "column 18", "expected the end"},
      {"f(uint256)\\", "column 11", "expected the end"},
  };
  for (const auto& [signature, where, why] : refusals) {
    const auto function = parse_function(signature);
    ASSERT_FALSE(function) << signature;
    EXPECT_EQ(function.error().where, where) << signature;
    EXPECT_THAT(function.error().why, HasSubstr(why)) << signature;
  }
}

TEST(AbiParse, EventsHaveAtMostThreeIndexed) {
  EXPECT_TRUE(parse_event("E(uint256 indexed a,uint256 indexed b,uint256 indexed c)"));
  EXPECT_FALSE(parse_event("E(uint256 indexed a,uint256 indexed b,uint256 indexed c,uint256 indexed d)"));
  EXPECT_FALSE(parse_event("E(uint256 indexed indexed a)"));
  EXPECT_FALSE(parse_event("E((uint256 indexed a) p)"));
  EXPECT_FALSE(parse_event("E(uint256) anonymous"));
}

TEST(AbiParse, DepthAndLengthAreBounded) {
  EXPECT_TRUE(parse_type("uint256" + std::string("[][][][][][][][][]")));
  std::string deep = "uint256";
  for (int i = 0; i < 16; ++i) deep += "[]";
  EXPECT_THAT(parse_type(deep).error().why, HasSubstr("nested more than 16"));
  EXPECT_THAT(parse_type(std::string(5000, '(')).error().why, HasSubstr("nested more than 16"));
  EXPECT_THAT(parse_type(std::string(100000, '(')).error().what, HasSubstr("100000 characters"));
  std::string many = "f(uint8";
  for (int i = 0; i < 256; ++i) many += ",uint8";
  EXPECT_THAT(parse_function(many + ")").error().why, HasSubstr("more than 256"));
}

TEST(AbiParse, EmbeddedNulIsNotTheEnd) {
  using namespace std::string_literals;
  EXPECT_FALSE(parse_function("f()\0"s));
  EXPECT_FALSE(parse_type("uint256\0[]"s));
}

}  // namespace
}  // namespace lockstep::evm::abi
