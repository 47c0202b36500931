#include "adapters/evm/rlp.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lockstep::evm::rlp {
namespace {

std::string hex(const Item& item) { return to_hex(encode(item)); }
Item word(std::string_view content) { return text(to_bytes(content)); }
std::optional<Item> read(std::string_view digits) { return decode(bytes_from_hex(digits).value()); }

TEST(Rlp, YellowPaperExamples) {
  EXPECT_EQ(hex(word("dog")), "0x83646f67");
  EXPECT_EQ(hex(sequence({word("cat"), word("dog")})), "0xc88363617483646f67");
  EXPECT_EQ(hex(word("")), "0x80");
  EXPECT_EQ(hex(sequence({})), "0xc0");
  EXPECT_EQ(hex(integer(0)), "0x80");
  EXPECT_EQ(hex(integer(15)), "0x0f");
  EXPECT_EQ(hex(integer(1024)), "0x820400");
  EXPECT_EQ(hex(text(Bytes{0})), "0x00");
  EXPECT_EQ(hex(text(Bytes{0x7f})), "0x7f");
  EXPECT_EQ(hex(text(Bytes{0x80})), "0x8180");
  const auto empty = sequence({});
  EXPECT_EQ(hex(sequence({empty, sequence({empty}), sequence({empty, sequence({empty})})})), "0xc7c0c1c0c3c0c1c0");
}

TEST(Rlp, LengthsAroundTheLongForms) {
  for (const std::size_t length : {55U, 56U, 255U, 256U, 65535U, 65536U}) {
    const auto item = text(Bytes(length, 0xaa));
    EXPECT_EQ(decode(encode(item)), item) << length;
    const auto list = sequence({item, item});
    EXPECT_EQ(decode(encode(list)), list) << length;
  }
  EXPECT_EQ(hex(text(Bytes(56, 0))).substr(0, 6), "0xb838");
  EXPECT_EQ(hex(text(Bytes(256, 0))).substr(0, 8), "0xb90100");
}

TEST(Rlp, RefusesEveryOtherEncoding) {
  for (const auto* digits : {
           "0x",                    // nothing
           "0x8100",                // a single small byte is itself
           "0x817f",                //
           "0x82ff",                // shorter than it says
           "0xb800",                // long form of a short length
           "0xb837",                //
           "0xb90000",              // length with leading zero
           "0xb9003800",            //
           "0xbfffffffffffffffff",  // length near 2^64
           "0xf800", "0xf90000", "0xffffffffffffffffff",
           "0xc1",        // list shorter than it says
           "0xc281ff80",  // trailing byte
           "0x8080",      // trailing byte
           "0xc18180",    // member crosses the end of its list
           "0xc28100",    // member not minimal
       })
    EXPECT_FALSE(read(digits)) << digits;
}

TEST(Rlp, DepthIsBounded) {
  Bytes deep = {0xc0};
  for (int i = 0; i < 64; ++i) deep = encode(Item{.list = true, .bytes = {}, .items = {decode(deep).value()}});
  EXPECT_TRUE(decode(deep));
  Bytes wrapped = {static_cast<std::uint8_t>(0xf8), static_cast<std::uint8_t>(deep.size())};
  append(wrapped, deep);
  EXPECT_FALSE(decode(wrapped));
}

Item random_item(std::mt19937_64& random, int depth) {
  if (depth == 0 || random() % 3 != 0) {
    Bytes bytes(random() % 5 == 0 ? random() % 300 : random() % 4);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return text(bytes);
  }
  std::vector<Item> items(random() % 5);
  for (auto& item : items) item = random_item(random, depth - 1);
  return sequence(std::move(items));
}

// Strictness both ways: what decodes encodes back to the same bytes, also after a byte was changed.
TEST(Rlp, DecodingIsTheInverseOfEncoding) {
  std::mt19937_64 random(7);
  std::size_t accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto item = random_item(random, 5);
    auto encoded = encode(item);
    ASSERT_EQ(decode(encoded), item) << "seed 7, item " << i;
    encoded[random() % encoded.size()] = static_cast<std::uint8_t>(random());
    if (const auto other = decode(encoded)) {
      ++accepted;
      ASSERT_EQ(encode(*other), encoded) << "seed 7, item " << i;
    }
  }
  EXPECT_GT(accepted, 1000U);
}

}  // namespace
}  // namespace lockstep::evm::rlp
