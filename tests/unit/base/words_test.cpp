#include <gtest/gtest.h>

#include "base/byte_io.hpp"
#include "base/uint256.hpp"

namespace lockstep {
namespace {

TEST(Hex, ReadsEitherCaseAndNothingElse) {
  EXPECT_EQ(bytes_from_hex("0xAbcD"), (Bytes{0xab, 0xcd}));
  EXPECT_EQ(to_hex(Bytes{0xab, 0xcd}), "0xabcd");
  for (const auto* text : {"", "abcd", "0xabc", "0xzz", "0x 1"}) EXPECT_EQ(bytes_from_hex(text), std::nullopt) << text;
  EXPECT_EQ(fixed_from_hex<Address>("0x00"), std::nullopt);
}

TEST(Uint256, ReadsWhatFits) {
  const auto largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  EXPECT_EQ(to_decimal(*parse_uint256(largest)), largest);
  EXPECT_EQ(parse_uint256("115792089237316195423570985008687907853269984665640564039457584007913129639936"),
            std::nullopt);
  EXPECT_EQ(parse_uint256("1_000"), Uint256(1000));
  for (const auto* text : {"", "_", "-1", "1e3", "0x", "12a"}) EXPECT_EQ(parse_uint256(text), std::nullopt) << text;
  EXPECT_EQ(to_quantity(0), "0x0");
  EXPECT_EQ(to_quantity(0x1f), "0x1f");
  EXPECT_EQ(from_word(to_word(*parse_uint256(largest))), *parse_uint256(largest));
}

TEST(ByteIo, ReadsBackWhatItWrote) {
  ByteWriter out;
  out.u8(7);
  out.u64(~0ull);
  out.boolean(true);
  out.text("gate");
  out.bytes(Bytes{1, 2});
  const auto bytes = out.take();
  ByteReader in(bytes);
  EXPECT_EQ(in.u8(), 7);
  EXPECT_EQ(in.u64(), ~0ull);
  EXPECT_TRUE(in.boolean());
  EXPECT_EQ(in.text(), "gate");
  EXPECT_EQ(in.bytes(), (Bytes{1, 2}));
  EXPECT_TRUE(in.at_end());
}

TEST(ByteIo, NeverReadsPastTheEnd) {
  ByteWriter out;
  out.text("gate");
  const auto bytes = out.take();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ByteReader in(BytesView(bytes).first(length));
    in.text();
    EXPECT_FALSE(in.ok()) << length;
    EXPECT_EQ(in.u64(), 0u);
  }
  ByteReader two(BytesView(bytes).first(1));
  two.boolean();
  EXPECT_FALSE(two.ok());  // 4 is no boolean
}

}  // namespace
}  // namespace lockstep
