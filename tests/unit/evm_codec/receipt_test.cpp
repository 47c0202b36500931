#include "adapters/evm/receipt.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::evm {
namespace {

using nlohmann::json;

/// The only receipt of mainnet block 46147, as geth tells it.
json first_receipt() {
  return {{"transactionHash", "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"},
          {"transactionIndex", "0x0"},
          {"cumulativeGasUsed", "0x5208"},
          {"type", "0x0"},
          {"logs", json::array()},
          {"logsBloom", "0x" + std::string(512, '0')},
          {"root", "0x96a8e009d2b88b1483e6941e6812e32263b05683fac202abc622a3e31aed1957"}};
}

std::string root_of(const json& receipt) {
  auto body = json{{"jsonrpc", "2.0"}, {"id", 1}, {"result", json::array({receipt})}}.dump();
  return to_hex(receipts_root(parse_block_receipts(body).value()));
}

TEST(Receipts, BeforeByzantiumCommitToAStateRoot) {
  const std::string of_header = "0xfe2bf2a941abf41d72637e5b91750332a30283efd40c424dc522b77e6f0ed8c4";
  EXPECT_EQ(of_header, root_of(first_receipt()));
  auto told = first_receipt();
  told["status"] = nullptr;
  EXPECT_EQ(of_header, root_of(told));
  told["status"] = "0x1";
  told.erase("root");
  EXPECT_NE(of_header, root_of(told)) << "an endpoint that makes up a status cannot prove its logs";
}

}  // namespace
}  // namespace lockstep::evm
