#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/evm/abi.hpp"

namespace lockstep::evm::abi {
namespace {

using testing::HasSubstr;

Function function(std::string_view signature) {
  auto parsed = parse_function(signature);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return *parsed;
}

Bytes hex(std::string text) {
  std::erase(text, ' ');
  return bytes_from_hex("0x" + text).value();
}

std::string word(std::string_view digits) { return std::string(64 - digits.size(), '0') + std::string(digits); }

// The worked examples of the Solidity ABI specification.
TEST(AbiEncode, SpecificationBaz) {
  const auto call = function("baz(uint32,bool)");
  EXPECT_EQ(to_hex(encode_call(call, {of(Uint256(69)), of(Uint256(1))})), "0xcdcd77c0" + word("45") + word("1"));
}

TEST(AbiEncode, SpecificationDynamic) {
  const auto call = function("f(uint256,uint32[],bytes10,bytes)");
  std::vector<Value> values(4);
  values[0] = of(Uint256(0x123));
  values[1] = parse_value(call.inputs[1], "[1110, \"0x789\"]").value();
  values[2] = parse_value(call.inputs[2], "0x31323334353637383930").value();
  values[3] = of(BytesView(to_bytes("Hello, world!")));
  const auto encoded = encode_call(call, values);
  EXPECT_EQ(to_hex(encoded), "0x8be65246" + word("123") + word("80") +
                                 "3132333435363738393000000000000000000000000000000000000000000000" + word("e0") +
                                 word("2") + word("456") + word("789") + word("d") +
                                 "48656c6c6f2c20776f726c642100000000000000000000000000000000000000");
  EXPECT_EQ(decode(call.inputs, BytesView(encoded).subspan(4)).value(), values);
}

TEST(AbiEncode, SpecificationNested) {
  const auto call = function("g(uint256[][],string[])");
  const std::vector<Value> values = {parse_value(call.inputs[0], "[[1,2],[3]]").value(),
                                     parse_value(call.inputs[1], "[\"one\",\"two\",\"three\"]").value()};
  const auto encoded = encode_call(call, values);
  EXPECT_EQ(to_hex(encoded).substr(0, 10), "0x2289b18c");
  EXPECT_EQ(encoded.size(), 4 + 32 * 20U);
  EXPECT_EQ(decode(call.inputs, BytesView(encoded).subspan(4)).value(), values);
}

struct Refusal {
  const char* type;
  std::string data;
  const char* why;
};

TEST(AbiDecode, RefusesWhatNoEncoderWrites) {
  const std::string ones(64, 'f');
  const std::vector<Refusal> refusals = {
      {"uint256", "", "ends here"},
      {"uint256", word("1").substr(2), "ends here"},
      {"uint256", word("1") + "00", "left over"},
      {"uint8", word("100"), "bits that the type does not have"},
      {"int8", word("80"), "bits that"},
      {"int8", "0" + ones.substr(1), "bits that"},
      {"bool", word("2"), "bits that"},
      {"address", "01" + word("1").substr(2), "bits that"},
      {"bytes4", "deadbeef" + std::string(55, '0') + "1", "bits that"},
      {"bytes", word("40") + word("1") + "01" + std::string(62, '0'), "offset 64 where 32 is canonical"},
      {"bytes", ones + word("0"), "canonical"},
      {"bytes", word("20") + word("21") + std::string(64, '0'), "more than the data holds"},
      {"bytes", word("20") + ones + std::string(64, '0'), "more than the data holds"},
      {"bytes", word("20") + word("1") + "01", "padding is missing"},
      {"bytes", word("20") + word("1") + "0101" + std::string(60, '0'), "padding is not zero"},
      {"bytes", word("20"), "ends here"},
      {"uint256[]", word("20") + word("2") + word("1"), "more than the data holds"},
      {"uint256[]", word("20") + ones, "more than the data holds"},
      {"uint256[2]", word("1"), "ends here"},
      {"bytes[]", word("20") + word("2") + word("40") + word("40") + word("0"), "canonical"},
      {"(uint8,bytes)", word("20") + word("1") + word("20") + word("0"), "canonical"},
  };
  for (const auto& [type, data, why] : refusals) {
    const auto decoded = decode({parse_type(type).value()}, hex(data));
    ASSERT_FALSE(decoded) << type << " " << data;
    EXPECT_THAT(decoded.error().why, HasSubstr(why)) << type << " " << data;
  }
}

TEST(AbiDecode, RefusalNamesThePositionAndTheParameter) {
  const auto type = parse_function("f(uint256 a, bool ok)").value().inputs;
  const auto decoded = decode(type, hex(word("1") + word("2")));
  EXPECT_EQ(decoded.error().where, "byte 32 of 64, bool ok");
}

TEST(AbiDecode, NegativeIntegersAreTwosComplement) {
  const auto type = parse_type("int24").value();
  const auto encoded = encode({type}, {parse_value(type, "-5").value()});
  EXPECT_EQ(to_hex(encoded), "0x" + std::string(63, 'f') + "b");
  EXPECT_EQ(to_text(type, decode({type}, encoded).value()[0]), "-5");
}

TEST(AbiDecode, NoTypesTakeNoData) {
  EXPECT_EQ(decode({}, {}).value().size(), 0U);
  EXPECT_FALSE(decode({}, hex(word("0"))));
}

TEST(AbiLog, DeclarationOrderAndHashesOfIndexedDynamics) {
  const auto event = parse_event("E(string indexed s, uint256 a, address indexed who, bytes b)").value();
  const auto text_hash = fixed_from_hex<Hash32>("0x" + std::string(64, '7')).value();
  const auto who = fixed_from_hex<Address>("0x1111111111111111111111111111111111111111").value();
  const std::vector<Hash32> topics = {event.topic0, text_hash, to_word(of(who).word)};
  const auto values =
      decode_log(event, topics, hex(word("9") + word("40") + word("1") + "aa" + std::string(62, '0'))).value();
  ASSERT_EQ(values.size(), 4U);
  EXPECT_EQ(as_hash(values[0]), text_hash);
  EXPECT_EQ(as_u64(values[1]), 9U);
  EXPECT_EQ(as_address(values[2]), who);
  EXPECT_EQ(values[3].bytes, Bytes{0xaa});
}

TEST(AbiLog, RefusesOtherEventsTopicCountsAndDirtyTopics) {
  const auto event = parse_event("E(address indexed who, uint256 a)").value();
  const auto dirty = fixed_from_hex<Hash32>("0x" + std::string(64, '1')).value();
  const auto data = hex(word("9"));
  EXPECT_THAT(decode_log(event, {event.topic0}, data).error().why, HasSubstr("1 topics where 2"));
  EXPECT_THAT(decode_log(event, {}, data).error().why, HasSubstr("0 topics where 2"));
  EXPECT_THAT(decode_log(event, {dirty, Hash32{}}, data).error().why, HasSubstr("another event"));
  EXPECT_THAT(decode_log(event, {event.topic0, dirty}, data).error().why, HasSubstr("bits that address"));
  EXPECT_FALSE(decode_log(event, {event.topic0, Hash32{}}, hex(word("9") + word("9"))));
}

}  // namespace
}  // namespace lockstep::evm::abi
