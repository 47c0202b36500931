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

/// As codec version 1 wrote them. A journal of then is read for ever; what it did not know takes its default.
TEST(Codec, records_of_version_1_are_still_read) {
  const auto read = [](const std::string& hex) { return *decode_record(*bytes_from_hex(hex)); };
  const auto clock = read("0x010d0201000000000000");
  EXPECT_EQ(clock, Record(ClockTicked{0x0102}));
  EXPECT_EQ(to_hex(encode(clock)), "0x020d0201000000000000");
  PlanSpec spec;
  spec.chains = {"a", "b"};
  spec.push = {"b"};
  const auto plan = make_plan(spec);
  EXPECT_EQ(read("0x01005000000000000000000000000000000000000000000000000000000000000000050000007065727073070000007570"
                 "67726164650100000000000000020000007631020000007632020000000100000061e8030000000000000100000000000000"
                 "0000000000000000000000001000000000000000000000000000000000000000000000000000000000000000000100000062"
                 "e903000000000000020000000000000000000000000000000000000011000000000000000000000000000000000000000000"
                 "0000000000000000000001000001000000010000000000000000000000000000000000000001000000000000000e00000000"
                 "0000000000000000000000000000000000000000000000000000000101000000000000000000000000000000000000006400"
                 "000000000000c8000000000000002c0100000000000090010000000000003200000000000000140000000000000000000000"
                 "00000000000000000000000000000000000000000000000000000000"),
            Record(PlanSubmitted{plan}));
  auto view = gate(plan, 1, 25, 210, GatePhase::switched);
  view.switched_at = 210;
  view.switched_in = {};
  EXPECT_EQ(read("0x010150000000000000000000000000000000000000000000000000000000000000000100011900000000000000a1000019"
                 "00000000000000000000000000000000000000000000000000000000d2000000000000000201000000000000005000000000"
                 "0000000000000000000000000000000000000000000000000000001100000000000000000000000000000000000000000000"
                 "000000000000000000c8000000000000002c010000000000009001000000000000d200000000000000000000000000000000"
                 "000000000000000000000000000000000000000000000000000000000000000000010000000000000000040000000e000000"
                 "00000000000000000000000000000000000000000000000000000000"),
            Record(GateObserved{plan.hash, 1, Finality::final, view}));
  EXPECT_EQ(read("0x010c5000000000000000000000000000000000000000000000000000000000000000020100000072030000006f7073"),
            Record(CommandReceived{plan.hash, CommandKind::abort, "r", "ops"}));
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
