// The checksum by which the Safe's Transaction Builder knows that a file is whole.
#include "app/cli/safe_batch.hpp"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using nlohmann::json;

// Batch and checksum of the builder's own test (safe-global/safe-react-apps, apps/tx-builder/src/lib/checksum.test.ts),
// which puts an empty checksum in before it computes one.
TEST(SafeBatch, ChecksumIsTheBuildersOwn) {
  const auto batch = json::parse(R"({
    "version": "1.0", "chainId": "4", "createdAt": 1646321521061,
    "meta": {"name": "test batch file", "txBuilderVersion": "1.4.0", "checksum": "",
      "createdFromSafeAddress": "0xDF8a1Ce35c9a6ACE153B4e0767942f1E2291a1Aa",
      "createdFromOwnerAddress": "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6"},
    "transactions": [
      {"to": "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6", "value": "0",
       "contractMethod": {"inputs": [{"internalType": "address", "name": "paramAddress", "type": "address"}],
                          "name": "testAddress", "payable": false},
       "contractInputsValues": {"paramAddress": "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6"}},
      {"to": "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6", "value": "0",
       "contractMethod": {"inputs": [{"internalType": "bool", "name": "paramBool", "type": "bool"}],
                          "name": "testBool", "payable": false},
       "contractInputsValues": {"paramAddress": "", "paramBool": "false"}},
      {"to": "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6", "value": "2000000000000000000",
       "data": "0x42f4579000000000000000000000000049d4450977e2c95362c13d3a31a09311e0ea26a6"}]})");
  EXPECT_EQ(safe_checksum(batch), "0x4ecbfd364aa6759983915644e73f8bd411e85a2dc306f252a387c2728c4db64c");
  auto renamed = batch, changed = batch;
  renamed["meta"]["name"] = "another";
  changed["transactions"][0]["value"] = "1";
  EXPECT_EQ(safe_checksum(renamed), safe_checksum(batch)) << "the name is not part of it";
  EXPECT_NE(safe_checksum(changed), safe_checksum(batch));
}

}  // namespace
}  // namespace lockstep::app
