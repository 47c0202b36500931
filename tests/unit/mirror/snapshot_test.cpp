#include "mirror/snapshot.hpp"

#include <gmock/gmock.h>

#include "base/byte_io.hpp"
#include "base/keccak256.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

using ::testing::HasSubstr;

const SnapshotLabel label{"acme:alpha", 41, {}, 1'790'000'000};

class MirrorSnapshot : public Story {
 protected:
  MirrorSnapshot() {
    places(1, alice, sell, 1000, 5);
    places(2, bob, buy, 1000, 3);
    fills(1, 2, 1000, 3);
    places(3, carol, buy, 990, 4);
    places(4, dave, buy, 990, 2);
    places(5, bob, sell, 1010, 3, gtc, true);
    says(OpCode::set_funding, {Int{1}, Int{-3}});
  }

  Bytes file() const {
    Bytes bytes;
    const auto done = save(mirror, label, [&](BytesView more) { append(bytes, more); });
    EXPECT_TRUE(done.has_value());
    return bytes;
  }
};

std::string refusal(BytesView file) {
  const auto restored = restore(file);
  return restored ? "accepted" : restored.error();
}

TEST_F(MirrorSnapshot, GoesOnWhereItWas) {
  auto restored = restore(file());
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(restored->label, label);
  EXPECT_EQ(restored->mirror.digest(), digest());
  EXPECT_TRUE(compare(mirror.rows(), restored->mirror.rows(), 10).empty());
  EXPECT_EQ(restored->mirror.imbalance(), 0);
  // Priority, resting orders and funding are what they were: the same story goes on in both.
  for (Mirror* one : {&mirror, &restored->mirror}) {
    const auto tell = [&](OpCode code, std::vector<Value> args) {
      const auto done = one->apply({code, std::move(args), 8, 0});
      EXPECT_TRUE(done.has_value()) << done.error().detail;
    };
    tell(OpCode::settle_funding, {bob, Int{1}, Int{0}, Int{-3}});
    tell(OpCode::place_order, order(6, alice, sell, 990, 5));
    tell(OpCode::settle_funding, {alice, Int{1}, Int{1}, Int{-3}});
    tell(OpCode::trade, fill(3, 6, 990, 4));
    tell(OpCode::trade, fill(4, 6, 990, 1));
  }
  EXPECT_EQ(restored->mirror.digest(), digest());
}

TEST_F(MirrorSnapshot, OfAnEmptyMirrorIsOne) {
  Bytes bytes;
  const Mirror empty;
  ASSERT_TRUE(save(empty, label, [&](BytesView more) { append(bytes, more); }));
  const auto restored = restore(bytes);
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(restored->mirror.digest(), empty.digest());
}

TEST_F(MirrorSnapshot, IsNotTakenInTheMiddleOfATransaction) {
  says(OpCode::place_order, order(6, alice, sell, 990, 5));
  const auto done = save(mirror, label, [](BytesView) {});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error(), HasSubstr("in the middle of a transaction: order 6"));
  mirror = {};  // the story ends here
}

TEST_F(MirrorSnapshot, IsRefusedWhenAnyBitOfItIsAnother) {
  const Bytes good = file();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= static_cast<std::uint8_t>(1U << i % 8);
    ASSERT_NE(refusal(bad), "accepted") << "byte " << i;
  }
}

TEST_F(MirrorSnapshot, IsRefusedWhenItIsCutOffOrLonger) {
  const Bytes good = file();
  for (std::size_t length = 0; length < good.size(); ++length)
    ASSERT_NE(refusal(BytesView(good).first(length)), "accepted") << length << " bytes";
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(refusal(longer), "there are bytes behind its end");
}

/// As an older version wrote it, with another digest and without what it did not have at the end of the label: 3 the
/// boards, 2 the pools, 1 the time and the number of series as well; 4 and less the terms of options.
Bytes as_version(std::uint8_t version, BytesView file) {
  constexpr std::size_t head = 20;
  ByteReader frame(file.subspan(head));
  const std::size_t length = frame.u32();
  const BytesView payload = file.subspan(head + 4, length);
  const std::size_t told = 4 + label.instance.size() + 8 + 2 * Hash32::size + 2 * 16 + 8 + 4 + 8 + 8;
  Bytes out(file.begin(), file.begin() + head);
  out[16] = version;
  Hash32 before = keccak256(BytesView(out));
  const auto write = [&](const Bytes& text) {
    ByteWriter size;
    size.u32(static_cast<std::uint32_t>(text.size()));
    append(out, size.take());
    append(out, text);
    Bytes chained(before.bytes.begin(), before.bytes.end());
    append(chained, text);
    before = keccak256(BytesView(chained));
    append(out, before.view());
  };
  constexpr std::size_t dated = 8 + 4, pools = 1 + 4 + 8, boards = 4 + 4 + 8, terms = 1;
  const std::size_t kept = told + (version >= 2 ? dated : 0) + (version >= 3 ? pools : 0) +
                           (version >= 4 ? boards : 0) + (version >= 5 ? terms : 0);
  Bytes text(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(kept));
  append(text, payload.subspan(told + dated + pools + boards + terms));
  text[4 + label.instance.size() + 8 + Hash32::size] ^= 1;  // of the digest
  write(text);
  write({});
  return out;
}

TEST_F(MirrorSnapshot, OfOlderVersionsIsReadAndKnowsWhatItHas) {
  for (const std::uint8_t version : {1, 2, 3, 4}) {
    const auto restored = restore(as_version(version, file()));
    ASSERT_TRUE(restored.has_value()) << restored.error();
    EXPECT_EQ(restored->mirror.digest(), digest());
    EXPECT_EQ(restored->label.block_time, version == 1 ? 0U : label.block_time);
  }
  EXPECT_EQ(refusal(as_version(snapshot_version, file())), "its digest is not the one of its contents");
}

TEST_F(MirrorSnapshot, SaysWhatIsWrongWithTheHead) {
  EXPECT_EQ(refusal(to_bytes("something else entirely")), "it is not a snapshot of a mirror");
  Bytes newer = file();
  newer[16] = 6;
  EXPECT_EQ(refusal(newer), "it is of version 6, this program reads 1 to 5");
}

}  // namespace
}  // namespace lockstep::mirror
