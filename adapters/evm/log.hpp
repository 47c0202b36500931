#pragma once
// Event logs, as eth_getLogs gives them, checked for shape.
#include <expected>
#include <string>
#include <vector>

#include "adapters/evm/no_answer.hpp"
#include "base/bytes.hpp"

namespace lockstep::evm {

struct Log {
  Address address;
  std::vector<Hash32> topics;
  Bytes data;
  std::uint64_t block_num = 0;
  Hash32 block_hash, txn;
  std::uint32_t index = 0;      // within the block
  std::uint32_t txn_index = 0;  // of its transaction within the block

  bool operator==(const Log&) const = default;
  const Hash32 topic0() const { return topics.empty() ? Hash32{} : topics.front(); }
};

struct LogsAndBlock {
  std::vector<Log> logs;
  std::string block;  // JSON, as it came
};
/// From the body of an answer to a batch of eth_getLogs and eth_getBlockByNumber: every log is of one of `addresses`
/// (sorted), in [from, to], not removed, and they ascend by (block, index); anything else is malformed. `body` is given
/// room to read past its end (simdjson).
std::expected<LogsAndBlock, NoAnswer> parse_logs(std::string& body, const std::vector<Address>& addresses,
                                                 std::uint64_t from, std::uint64_t to);

}  // namespace lockstep::evm
