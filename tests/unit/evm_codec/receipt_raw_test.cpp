#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "adapters/evm/receipt.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;

/// Receipts of every kind: typed or not, of success, failure or with a state root, of a deposit, without logs and with
/// many.
std::vector<Receipt> some_receipts(std::uint32_t seed) {
  std::minstd_rand dice(seed);
  std::vector<Receipt> receipts(dice() % 5);
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    auto& receipt = receipts[i];
    receipt.type = static_cast<std::uint8_t>(dice() % 4 == 0 ? 0x7e : dice() % 4);
    receipt.outcome = Bytes(std::array<std::size_t, 3>{0, 1, 32}[dice() % 3], 1);
    receipt.cumulative_gas = dice();
    receipt.index = i;
    receipt.txn.bytes[0] = static_cast<std::uint8_t>(i + 1);
    if (receipt.type == 0x7e && dice() % 2 == 0) receipt.deposit_nonce = receipt.deposit_version = 1;
    receipt.logs.resize(dice() % 4);
    for (auto& log : receipt.logs) {
      log.address.bytes[3] = static_cast<std::uint8_t>(dice());
      log.topics.resize(dice() % 5);
      for (auto& topic : log.topics) topic.bytes[7] = static_cast<std::uint8_t>(dice());
      log.data.assign(std::array<std::size_t, 6>{0, 1, 32, 55, 56, 70'000}[dice() % 6],
                      static_cast<std::uint8_t>(dice()));
    }
  }
  return receipts;
}

std::vector<Bytes> encoded(const std::vector<Receipt>& receipts) {
  std::vector<Bytes> all;
  for (const auto& receipt : receipts) all.push_back(encode(receipt));
  return all;
}

std::expected<std::vector<Bytes>, NoAnswer> parsed(const json& answer) {
  auto body = answer.dump();
  return parse_raw_receipts(body);
}

TEST(RawReceipts, HaveTheLogsThatWereEncoded) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    const auto receipts = some_receipts(seed);
    auto texts = json::array();
    for (const auto& one : encoded(receipts)) texts.push_back(to_hex(BytesView(one)));
    const auto raw = parsed({{"jsonrpc", "2.0"}, {"id", 1}, {"result", texts}});
    ASSERT_TRUE(raw) << raw.error().why;
    ASSERT_EQ(encoded(receipts), *raw);
    const auto found = decode_logs(*raw);
    ASSERT_TRUE(found) << seed;
    ASSERT_EQ(receipts.size(), found->size());
    for (std::size_t i = 0; i < receipts.size(); ++i) {
      EXPECT_EQ(receipts[i].logs, (*found)[i].logs) << seed;
      EXPECT_EQ(receipts[i].type, (*found)[i].type);
      EXPECT_EQ(i, (*found)[i].index);
    }
  }
}

TEST(RawReceipts, AreRefusedWhereTheyEndEarlyOrGoOn) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    for (auto& one : encoded(some_receipts(seed))) {
      if (one.size() > 10'000) continue;
      auto longer = one;
      longer.push_back(0);
      EXPECT_FALSE(decode_logs({{longer}}));
      while (!one.empty()) {
        one.pop_back();
        EXPECT_FALSE(decode_logs({{one}})) << seed << " cut to " << one.size();
      }
    }
  }
}

TEST(RawReceipts, AnswersThatAreNoneSaySo) {
  const auto with = [](const json& result) { return parsed({{"id", 1}, {"result", result}}); };
  EXPECT_TRUE(with(json::array())) << "a block without transactions";
  for (const json& bad : {json("0x"), json::array({"0x"}), json::array({"0x1"}), json::array({1}), json(7)})
    EXPECT_EQ("not raw receipts", with(bad).error().why) << bad;
  EXPECT_EQ("it does not have that block", with(nullptr).error().why);
  EXPECT_EQ("not an answer of JSON-RPC", parsed(json::array()).error().why);
  const json unknown{{"code", -32601}, {"message", "the method debug_getRawReceipts does not exist/is not available"}};
  EXPECT_EQ(NoAnswer::Kind::unknown_method, parsed({{"id", nullptr}, {"error", unknown}}).error().kind);
}

TEST(RawReceipts, AnAnswerThatSaysTwoThingsSaysNothing) {
  for (std::string body : {R"({"id":1,"result":["0xc0"],"result":["0xc0"]})", R"({"id":1,"result":[7],"result":[]})",
                           R"({"id":1,"result":[],"error":{"code":-32000,"message":"no"}})",
                           R"({"id":1,"error":{"code":-32601,"message":"no"},"result":[]})"})
    EXPECT_EQ("more than one result or error", parse_raw_receipts(body).error().why) << body;
  std::string old_style = R"({"id":1,"result":null,"error":{"code":-32601,"message":"no"}})";
  EXPECT_EQ(NoAnswer::Kind::unknown_method, parse_raw_receipts(old_style).error().kind);
}

}  // namespace
}  // namespace lockstep::evm
