#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/evm/abi.hpp"

namespace lockstep::evm::abi {
namespace {

using testing::HasSubstr;

std::string round_trip(std::string_view type_text, std::string_view text) {
  const auto type = parse_type(type_text).value();
  const auto value = parse_value(type, text);
  return value ? to_text(type, *value) : "refused: " + value.error().text();
}

TEST(AbiText, ReadsAndWrites) {
  EXPECT_EQ(round_trip("uint256", "1_000"), "1000");
  EXPECT_EQ(round_trip("uint8", "0xff"), "255");
  EXPECT_EQ(round_trip("uint256", "115792089237316195423570985008687907853269984665640564039457584007913129639935"),
            "115792089237316195423570985008687907853269984665640564039457584007913129639935");
  EXPECT_EQ(round_trip("int8", "-128"), "-128");
  EXPECT_EQ(round_trip("int8", "-0"), "0");
  EXPECT_EQ(round_trip("int256", "-57896044618658097711785492504343953926634992332820282019728792003956564819968"),
            "-57896044618658097711785492504343953926634992332820282019728792003956564819968");
  EXPECT_EQ(round_trip("bool", "true"), "true");
  EXPECT_EQ(round_trip("bytes", "0xDEad"), "0xdead");
  EXPECT_EQ(round_trip("bytes", "0x"), "0x");
  EXPECT_EQ(round_trip("bytes4", "0x01020304"), "0x01020304");
  EXPECT_EQ(round_trip("string", "say \"hi\""), "say \"hi\"");
  EXPECT_EQ(round_trip("(uint256,(bool,string)[2])", R"(["7",[[true,"a\""],[false,"b"]]])"),
            R"(["7",[[true,"a\""],[false,"b"]]])");
  EXPECT_EQ(round_trip("int256[]", "[1,-2,\"0x10\"]"), R"(["1","-2","16"])");
}

TEST(AbiText, Eip55) {
  // Vectors of EIP-55.
  for (const auto* text :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"}) {
    EXPECT_EQ(round_trip("address", text), text);
    EXPECT_EQ(checksum(fixed_from_hex<Address>(text).value()), text);
  }
  EXPECT_EQ(round_trip("address", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  EXPECT_EQ(round_trip("address", "0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"),
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  EXPECT_THAT(round_trip("address", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"), HasSubstr("EIP-55"));
}

TEST(AbiText, Refuses) {
  const std::pair<const char*, const char*> refusals[] = {
      {"uint8", "256"},
      {"uint8", "-1"},
      {"uint8", ""},
      {"uint8", "1e2"},
      {"uint8", "1.0"},
      {"uint8", " 1"},
      {"int8", "128"},
      {"int8", "-129"},
      {"int256", "57896044618658097711785492504343953926634992332820282019728792003956564819968"},
      {"int256", "-57896044618658097711785492504343953926634992332820282019728792003956564819969"},
      {"uint256", "115792089237316195423570985008687907853269984665640564039457584007913129639936"},
      {"bool", "1"},
      {"bool", "True"},
      {"bytes", "dead"},
      {"bytes", "0xabc"},
      {"bytes4", "0x010203"},
      {"bytes4", "0x0102030405"},
      {"address", "0x11"},
      {"uint256[]", "1"},
      {"uint256[]", "[1"},
      {"uint256[]", "[1.5]"},
      {"uint256[]", "[18446744073709551616]"},
      {"uint256[]", "[null]"},
      {"uint256[]", "[true]"},
      {"uint256[2]", "[1]"},
      {"uint256[2]", "[1,2,3]"},
      {"(uint256,bool)", "[1]"},
      {"(uint256,bool)", "{\"a\":1,\"b\":true}"},
      {"string[]", "[1]"},
      {"bool[]", "[1]"},
  };
  for (const auto& [type, text] : refusals)
    EXPECT_THAT(round_trip(type, text), HasSubstr("refused: ")) << type << " " << text;
}

TEST(AbiText, RefusalNamesTheElement) {
  const auto type = parse_type("(uint256 amount, (address who, bool ok)[] list)").value();
  const auto value = parse_value(type, R"([1,[["0x1111111111111111111111111111111111111111","yes"]]])");
  ASSERT_FALSE(value);
  EXPECT_THAT(value.error().where, HasSubstr("element 1 of"));
  EXPECT_THAT(value.error().where, HasSubstr("bool ok"));
}

}  // namespace
}  // namespace lockstep::evm::abi
