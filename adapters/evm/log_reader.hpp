#pragma once
// Logs of some addresses, block by block and without gaps. Every header is re-hashed and linked to the one above it,
// from a hash that K endpoints gave; a block whose filter excludes the addresses has none of their logs; of every other
// block all receipts are fetched from one endpoint and rebuilt to the header's receiptsRoot. So no endpoint can leave a
// log out, add one or change one. A chain whose receipts cannot be rebuilt (receipts = "agreed" in its settings) falls
// back to K equal answers to eth_getLogs.
#include <deque>
#include <optional>
#include <vector>

#include "adapters/evm/log.hpp"
#include "adapters/evm/receipt.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

class LogReader {
 public:
  LogReader(EndpointPool& pool, const settings::ChainConfig& config);

  struct Page {
    std::vector<Log> logs;  // ascending by (block, index)
    Header upto;            // the last block covered; at least the first one asked for
  };
  /// From block `from` on, at most up to `final`, as many blocks as are good to take at once. `addresses`: sorted, not
  /// empty. Consecutive calls that continue where the last one ended are checked to be of one chain; forget() begins
  /// anew.
  Result<Page> read(std::uint64_t from, const Header& final, const std::vector<Address>& addresses);
  /// Of blocks whose headers are held already.
  Result<std::vector<Log>> read_blocks(const std::vector<Header>& headers, const std::vector<Address>& addresses);
  void forget();

  bool proved() const { return proved_; }
  std::uint64_t range() const { return range_; }

 private:
  Result<Page> read_proved(std::uint64_t from, const Header& final, const std::vector<Address>& addresses);
  Result<Page> read_agreed(std::uint64_t from, const Header& final, const std::vector<Address>& addresses);
  Result<void> look_ahead(std::uint64_t from, const Header& final);
  Result<std::vector<Header>> linked_below(const Header& top, std::uint64_t from);
  Result<std::vector<std::vector<Log>>> proved_logs(const std::vector<const Header*>& blocks,
                                                    const std::vector<Address>& addresses);
  Result<std::vector<Receipt>> one_by_one(const Header& block);
  Result<std::vector<Log>> agreed_logs(std::uint64_t from, std::uint64_t to, const std::vector<Address>& addresses);
  void learn(const transport::Failure& failure);

  EndpointPool& pool_;
  bool proved_;
  std::uint64_t most_, range_;  // blocks at once
  std::size_t headers_at_once_ = 200;
  bool block_receipts_ = true;  // some endpoint knows eth_getBlockReceipts
  std::deque<Header> ahead_;    // verified, ascending, linked
  std::optional<Header> last_;  // the last block of the last page
};

}  // namespace lockstep::evm
