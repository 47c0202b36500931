#pragma once
// Logs of some addresses, block by block and without gaps. Every header is re-hashed and linked to the one above it,
// from a hash that K endpoints gave; a block whose filter excludes the addresses has none of their logs; of every other
// block all receipts are fetched from one endpoint and rebuilt to the header's receiptsRoot. So no endpoint can leave a
// log out, add one or change one. A chain whose receipts cannot be rebuilt (receipts = "agreed" in its settings) falls
// back to K equal answers to eth_getLogs.
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "adapters/evm/agreed_reader.hpp"
#include "adapters/evm/log.hpp"
#include "adapters/evm/receipt_reader.hpp"
#include "adapters/evm/rpc_read.hpp"
#include "coordinator/gate.hpp"
#include "settings/config.hpp"

namespace lockstep::evm {

class LogReader {
 public:
  using Clock = EndpointPool::Clock;
  LogReader(EndpointPool& pool, const settings::ChainConfig& config);

  struct Page {
    std::vector<Log> logs;  // ascending by (block, index)
    Header upto;            // the last block covered; at least the first one asked for
  };
  /// From block `from` on, at most up to `final`, as many blocks as are good to take at once. `addresses`: sorted, not
  /// empty. Consecutive calls that continue where the last one ended are checked to be of one chain; forget() begins
  /// anew.
  Result<Page> read(std::uint64_t from, const Header& final, const std::vector<Address>& addresses);
  /// The same, but nothing if receipts are still under way at `until`; asked again, it goes on where it was.
  Result<std::optional<Page>> read_until(std::uint64_t from, const Header& final, const std::vector<Address>& addresses,
                                         Clock::time_point until);
  /// Of blocks whose headers are held already, ascending without gaps, and that may have a log with one of the topics;
  /// nothing if they are still under way at `until`.
  Result<std::optional<std::vector<Log>>> read_blocks(const std::vector<Header>& headers,
                                                      const std::vector<Address>& addresses,
                                                      std::span<const Hash32> topics, Clock::time_point until);
  void forget();
  /// As if the last page had ended with this block: the next one has to follow it.
  void go_on_behind(const coordinator::BlockRef& block) { last_ = block; }

  bool proved() const { return proved_; }

 private:
  Result<std::optional<Page>> read_proved(std::uint64_t from, const Header& final,
                                          const std::vector<Address>& addresses, Clock::time_point until);
  Result<std::optional<Page>> read_agreed(std::uint64_t from, const Header& final,
                                          const std::vector<Address>& addresses, Clock::time_point until);
  Result<void> look_ahead(std::uint64_t from, const Header& final);
  Result<std::vector<Header>> linked_below(const Header& top, std::uint64_t from);
  Result<std::vector<Log>> agreed_logs(const std::vector<Header>& headers, const std::vector<Address>& addresses);

  EndpointPool& pool_;
  bool proved_, raw_;
  std::uint64_t most_;  // blocks at once
  std::size_t headers_at_once_ = 200;
  std::deque<Header> ahead_;                   // verified, ascending, linked
  std::optional<coordinator::BlockRef> last_;  // the last block of the last page
  ReceiptReader receipts_, head_receipts_;
  AgreedReader agreed_, head_agreed_;
};

}  // namespace lockstep::evm
