#pragma once
// A piece of what was read of a chain's logs, and its bytes in a file.
#include <optional>
#include <vector>

#include "adapters/evm/log.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::evm {

struct LogPage {
  std::uint64_t from = 0;  // it covers [from, upto]
  coordinator::BlockRef upto;
  std::vector<Address> also;  // whose logs were read besides those of the addresses that are always read; sorted
  std::vector<Log> logs;      // ascending by (block, index)
  bool operator==(const LogPage&) const = default;
};

Bytes encode(const LogPage& page);
/// Nothing if encode() cannot have written it: short, long, out of order, out of range.
std::optional<LogPage> decode_log_page(BytesView bytes);

}  // namespace lockstep::evm
