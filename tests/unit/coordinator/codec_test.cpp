#include "coordinator/codec.hpp"

#include "coordinator/trace.hpp"
#include "tests/unit/coordinator/drive.hpp"

namespace lockstep::coordinator::test {
namespace {

/// Every record and effect of one whole upgrade.
std::vector<Bytes> journal_of_an_upgrade() {
  Rig rig(make_plan({}));
  drive(rig, Stage::closing);
  return rig.journal;
}

TEST(Codec, truncated_extended_and_foreign_bytes_are_refused) {
  for (const auto& bytes : journal_of_an_upgrade()) {
    ASSERT_TRUE(decode_record(bytes));
    for (std::size_t length = 0; length < bytes.size(); ++length)
      EXPECT_FALSE(decode_record(BytesView(bytes.data(), length)));
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_EQ(decode_record(longer).error(), CodecRefusal::malformed);
    auto newer = bytes;
    newer[0] = codec_version + 1;
    EXPECT_EQ(decode_record(newer).error(), CodecRefusal::unknown_version);
    auto unknown = bytes;
    unknown[1] = 200;
    EXPECT_EQ(decode_record(unknown).error(), CodecRefusal::unknown_type);
  }
}

TEST(Codec, whatever_decodes_encodes_to_the_same_bytes) {
  for (const auto& bytes : journal_of_an_upgrade()) {
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      for (const auto value : {0, 1, 7, 255}) {
        auto changed = bytes;
        changed[at] = static_cast<std::uint8_t>(value);
        const auto record = decode_record(changed);
        if (record) {
          EXPECT_EQ(encode(*record), changed);
        }
      }
    }
  }
}

TEST(Codec, the_bytes_of_a_record_are_fixed_for_ever) {
  StageChanged changed;
  changed.plan.bytes[0] = 0xaa;
  changed.from = Stage::armed;
  changed.to = Stage::halting;
  EXPECT_EQ(to_hex(encode(Record(changed))),
            "0x020faa000000000000000000000000000000000000000000000000000000000000000203");
  EXPECT_EQ(to_hex(encode(Record(ClockTicked{0x0102}))), "0x020d0201000000000000");
}

TEST(Codec, keys_name_one_effect_each) {
  Submit submit;
  submit.plan.bytes[0] = 0x12;
  submit.instance = 2;
  submit.action = Action::switch_version;
  const auto first = key(submit);
  EXPECT_EQ(first, "switch/0x1200000000000000000000000000000000000000000000000000000000000000/2/0");
  submit.attempt = 1;
  EXPECT_NE(key(submit), first);
}

TEST(Trace, a_line_stays_a_line_and_names_chains_when_it_can) {
  const auto plan = make_plan({});
  const Record record = TxnReported{plan.hash, 1, Action::close, TxnStatus::reverted, {}, "first\nsecond\x01"};
  EXPECT_EQ(trace(record, &plan), "transaction beta close reverted: first second ");
  EXPECT_EQ(trace(record), "transaction #1 close reverted: first second ");
  EXPECT_STREQ(record_type(record), "transaction");
  EXPECT_EQ(record_instance(record), InstanceIndex{1});
  EXPECT_EQ(record_plan(record), plan.hash);
  EXPECT_EQ(record_plan(ClockTicked{5}), std::nullopt);
}

}  // namespace
}  // namespace lockstep::coordinator::test
