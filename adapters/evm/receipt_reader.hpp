#pragma once
// The logs of given blocks, by all receipts of each, rebuilt to the header's receiptsRoot. A turn at a time: what was
// proved is kept until all of it is there, so that a slow or refusing endpoint costs time and never the work done. A
// block whose receipts no endpoint gives at once (unknown method, too large, too slow) is read in pieces; one whose raw
// receipts nobody gives, or that are not what its header says, as if they had not been asked for.
#include <memory>
#include <optional>
#include <vector>

#include "adapters/evm/log.hpp"
#include "adapters/evm/receipt.hpp"
#include "adapters/evm/rpc_read.hpp"

namespace lockstep::evm {

class ReceiptReader {
 public:
  using Clock = EndpointPool::Clock;
  using Logs = std::vector<std::vector<Log>>;  // by block

  /// raw: as debug_getRawReceipts gives them, where it can be had.
  explicit ReceiptReader(EndpointPool& pool, bool raw = false) : pool_(pool), raw_{.asked = raw} {}

  /// The logs that `addresses` (sorted) have in each of the first `wanted` blocks; those behind them are on their way
  /// meanwhile. Nothing if not all came until `until`, and after an error as well: asked again for the same blocks, or
  /// some of them, or those behind what it gave, it goes on where it was.
  Result<std::optional<Logs>> read(const std::vector<Header>& blocks, std::size_t wanted,
                                   const std::vector<Address>& addresses, Clock::time_point until);
  /// These are read next: their receipts are asked for now, and come while the caller sees to other things.
  void begin_with(const std::vector<Header>& blocks, const std::vector<Address>& addresses);
  void forget() { take_up({}, {}); }

 private:
  enum class How : std::uint8_t { raw, whole, in_pieces };
  struct Way {                          // in which a whole block is asked for
    bool asked = true;                  // some endpoint may know it
    std::size_t unknown = 0, good = 0;  // of the fetch under way: how often the method was not known, good answers
  };
  struct Block {
    Header header;
    std::optional<std::vector<Log>> logs;
    How how = How::raw;
    std::vector<nlohmann::json> txns;              // in pieces: hashes,
    std::vector<std::optional<Receipt>> receipts;  // and what came of them
  };
  struct Part {  // of what is fetched: a whole block, or the receipts [from, from + count) of it
    std::size_t block = 0, from = 0, count = 0;  // block: its place in blocks_, and given_
    How how = How::in_pieces;
  };
  void take_up(const std::vector<Header>& blocks, const std::vector<Address>& addresses);
  bool has_first(std::size_t wanted) const;
  Block& block_of(const Part& part) { return blocks_[part.block - given_]; }
  Result<void> begin();
  std::vector<EndpointPool::Request> ask_whole(std::size_t from);
  void begin_whole();
  void extend_whole(std::size_t from);
  Result<void> begin_pieces(std::size_t index);
  transport::Verdict judge(const Part& part, std::string& body);
  How how_of(const Block& block) const;
  transport::Verdict take_raw(Block& block, std::string& body);
  transport::Verdict take_whole(Block& block, std::string& body);
  transport::Verdict take_pieces(Block& block, const Part& part, std::string& body);
  Result<void> end_fetch();
  Result<void> assemble(Block& block);

  EndpointPool& pool_;
  std::size_t in_flight_ = 2, piece_ = most_in_piece;
  Way raw_, whole_;
  std::vector<Address> addresses_;
  std::vector<Block> blocks_;
  std::size_t given_ = 0;  // blocks that were in front of blocks_
  std::shared_ptr<transport::Fetch> fetch_;
  std::vector<Part> parts_;  // by request of fetch_

  static constexpr std::size_t most_in_flight = 4, most_in_piece = 50, most_in_fetch = 1000;
};

}  // namespace lockstep::evm
