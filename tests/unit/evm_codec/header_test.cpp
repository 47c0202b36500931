#include "adapters/evm/header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json fixtures() {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/unit/evm_codec/headers.json");
  return json::parse(file);
}

TEST(Header, RealBlocksHashToTheirHash) {
  const auto all = fixtures();
  ASSERT_EQ(all.size(), 7U);
  for (const auto& fixture : all) {
    const auto& block = fixture["block"];
    const auto header = parse_header(block);
    ASSERT_TRUE(header) << fixture["name"] << ": " << header.error().text();
    EXPECT_EQ(to_hex(header->hash), block["hash"]);
    EXPECT_EQ(to_hex(header->parent_hash), block["parentHash"]);
    EXPECT_EQ(to_hex(header->state_root), block["stateRoot"]);
    EXPECT_EQ(to_hex(header->receipts_root), block["receiptsRoot"]);
    EXPECT_EQ(to_quantity(header->num), block["number"]);
    EXPECT_EQ(to_quantity(header->time), block["timestamp"]);
    EXPECT_EQ(to_quantity(header->base_fee), block.value("baseFeePerGas", "0x0"));
    EXPECT_EQ(to_quantity(header->gas_limit), block["gasLimit"]);
  }
}

// Every field that a block shows is bound by its hash: a liar cannot change, drop or add one.
TEST(Header, EveryFieldIsBound) {
  for (const auto& fixture : fixtures()) {
    for (const auto& [name, value] : fixture["block"].items()) {
      auto changed = fixture["block"];
      auto text = value.get<std::string>();
      if (text == "0x") {
        text = "0x00";
      } else {
        text.back() = text.back() == '1' ? '2' : '1';
      }
      changed[name] = text;
      EXPECT_FALSE(parse_header(changed)) << fixture["name"] << " " << name;
      changed.erase(name);
      EXPECT_FALSE(parse_header(changed)) << fixture["name"] << " without " << name;
      changed[name] = 1;
      EXPECT_FALSE(parse_header(changed)) << fixture["name"] << " number for " << name;
    }
    for (const auto* later : {"baseFeePerGas", "withdrawalsRoot", "requestsHash"}) {
      auto added = fixture["block"];
      if (added.contains(later)) continue;
      added[later] = later == std::string_view("baseFeePerGas") ? "0x0" : "0x" + std::string(64, '0');
      EXPECT_FALSE(parse_header(added)) << fixture["name"] << " with " << later;
    }
  }
}

TEST(Header, LondonHeaderHasSixteenFields) {
  // No chain of that age is at hand: a Shanghai header without its last field, hashed here over the sixteen items.
  auto block = fixtures()[0]["block"];
  block.erase("withdrawalsRoot");
  const auto refused = parse_header(block);
  ASSERT_FALSE(refused);
  std::vector<rlp::Item> items;
  for (const auto* name :
       {"parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"})
    items.push_back(rlp::text(bytes_from_hex(block[name].get<std::string>()).value()));
  for (const auto* name : {"difficulty", "number", "gasLimit", "gasUsed", "timestamp"})
    items.push_back(rlp::integer(parse_quantity(block[name].get<std::string>()).value()));
  for (const auto* name : {"extraData", "mixHash", "nonce"})
    items.push_back(rlp::text(bytes_from_hex(block[name].get<std::string>()).value()));
  items.push_back(rlp::integer(parse_quantity(block["baseFeePerGas"].get<std::string>()).value()));
  block["hash"] = to_hex(crypto::keccak256(rlp::encode(rlp::sequence(items))));
  EXPECT_TRUE(parse_header(block));
}

TEST(Header, RefusalsNameTheField) {
  auto block = fixtures()[4]["block"];
  const auto refusal = [](const json& changed) { return parse_header(changed).error().text(); };
  EXPECT_THAT(refusal(json::array()), HasSubstr("not a JSON object"));
  EXPECT_THAT(refusal(json()), HasSubstr("not a JSON object"));
  auto gap = block;
  gap["withdrawalsRoot"] = nullptr;
  EXPECT_THAT(refusal(gap), HasSubstr("blobGasUsed): present without the field before it"));
  auto pending = block;
  pending["hash"] = nullptr;
  EXPECT_THAT(refusal(pending), HasSubstr("pending"));
  auto long_time = block;
  long_time["timestamp"] = "0x10000000000000000";
  EXPECT_THAT(refusal(long_time), HasSubstr("timestamp): not a quantity of at most 8 bytes"));
}

}  // namespace
}  // namespace lockstep::evm
