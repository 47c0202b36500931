#pragma once
// Logs as K endpoints give them equally to eth_getLogs, for chains whose receipts cannot be rebuilt. Some ranges of
// blocks are asked for ahead. How many blocks a range has follows how many logs the last one had, since a node is
// slower with a large answer than with many, and what endpoints refuse.
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/evm/log.hpp"
#include "adapters/evm/rpc_read.hpp"

namespace lockstep::evm {

class AgreedReader {
 public:
  using Clock = EndpointPool::Clock;
  /// Blocks in a range: at most, and to begin with.
  AgreedReader(EndpointPool& pool, std::uint64_t most, std::uint64_t first)
      : pool_(pool), most_(most), cap_(most), blocks_(first) {}

  struct Part {
    Header upto;
    std::vector<Log> logs;
    bool operator==(const Part& other) const { return upto.hash == other.upto.hash && logs == other.logs; }
  };
  /// From block `from` on, at most up to `last`. Nothing if it did not come until `until`: asked again, it goes on.
  Result<std::optional<Part>> read(std::uint64_t from, std::uint64_t last, const std::vector<Address>& addresses,
                                   Clock::time_point until);
  void forget() { ranges_.clear(); }

 private:
  struct Range {
    std::uint64_t from = 0, to = 0;
    std::shared_ptr<transport::Fetch> fetch = {};
    std::map<std::size_t, Part> said = {};  // by endpoint
    std::optional<Part> agreed = {};
    bool too_much = false;
  };
  void ask_ahead(std::uint64_t from, std::uint64_t last);
  transport::Verdict judge(Range& range, std::string& body, std::size_t endpoint);
  bool advance(Range& range, Clock::time_point until);
  Result<void> failed(const Range& range);
  void learn(std::size_t logs, std::uint64_t blocks);

  EndpointPool& pool_;
  std::uint64_t most_, cap_;  // cap_: what endpoints were seen to take
  std::uint64_t blocks_;      // of the next range
  std::vector<Address> addresses_;
  std::deque<Range> ranges_;
};

}  // namespace lockstep::evm
