#include "adapters/evm/log_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bloom.hpp"
#include "base/assert.hpp"
#include "base/json_nesting.hpp"

namespace lockstep::evm {
namespace {

using Verdict = EndpointPool::Verdict;

constexpr std::size_t in_flight = 4, blocks_at_once = 64, receipts_at_once = 50;
constexpr std::size_t page_logs = 50'000;  // a page ends after the blocks that reach it

/// Whether one of the addresses may have a log in the block.
class Filter {
 public:
  explicit Filter(const std::vector<Address>& addresses) {
    keys_.reserve(addresses.size());
    for (const auto& address : addresses) keys_.emplace_back(address.view());
  }
  bool excludes(const Header& header) const {
    return std::ranges::none_of(keys_, [&](const BloomKey& key) { return key.in(header.logs_bloom); });
  }

 private:
  std::vector<BloomKey> keys_;
};

RpcCall receipts_of(const Header& header) { return {"eth_getBlockReceipts", {to_hex(header.hash)}}; }

std::string not_rebuilt(const Header& header, const Hash32& root) {
  return fmt::format(
      "its receipts of block {} have the root {}, the header says {}: a log is missing, added or changed (if every "
      "endpoint gives the same, this chain's receipts cannot be rebuilt: set receipts = \"agreed\")",
      header.num, to_hex(root), to_hex(header.receipts_root));
}

/// Those of the addresses, with the places that the order of proved receipts gives them.
std::vector<Log> picked(std::vector<Receipt>& receipts, const Header& header, const std::vector<Address>& addresses) {
  std::vector<Log> logs;
  std::uint32_t index = 0;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    for (auto& log : receipts[i].logs) {
      const auto own = index++;
      if (!std::ranges::binary_search(addresses, log.address)) continue;
      log.block_num = header.num;
      log.block_hash = header.hash;
      log.txn = receipts[i].txn;
      log.txn_index = static_cast<std::uint32_t>(i);
      log.index = own;
      logs.push_back(std::move(log));
    }
  }
  return logs;
}

/// Endpoints refuse a batch that is too large for them in many ways, some with a body that is no answer at all.
bool is_too_much(const transport::Failure& failure) {
  return transport::limit_of(failure) == transport::Limit::batch ||
         transport::limit_of(failure) == transport::Limit::range || failure.kind == transport::FailureKind::malformed;
}

/// Parts of a batch of blocks, from the lowest to the one below `above`; each has to be the parent of the next.
Verdict link(const std::string& body, const Header& above, std::size_t count, std::vector<Header>& out) {
  if (nests_too_deep(body)) return {Verdict::Kind::none, "headers: nested too deep"};
  const auto batch = nlohmann::json::parse(body, nullptr, false);
  if (!batch.is_array() || batch.size() != count) return {Verdict::Kind::none, "headers: not an answer to the batch"};
  std::vector<std::pair<std::uint64_t, const nlohmann::json*>> results;
  for (const auto& item : batch) {
    const auto id = item.is_object() ? item.find("id") : item.end();
    if (id == item.end() || !id->is_number_unsigned()) return {Verdict::Kind::none, "headers: an answer without an id"};
    const auto result = item.find("result");
    if (result == item.end() || result->is_null()) return {Verdict::Kind::none, "headers: a block is not there"};
    results.emplace_back(id->get<std::uint64_t>(), &*result);
  }
  std::ranges::sort(results);
  out.clear();
  for (const auto& [id, result] : results) {
    auto header = parse_header(*result);
    if (!header) return {Verdict::Kind::lie, header.error().text()};
    out.push_back(*std::move(header));
  }
  for (std::size_t i = count; i-- > 0;) {
    const auto& upper = i + 1 == count ? above : out[i + 1];
    if (out[i].num + 1 == upper.num && out[i].hash == upper.parent_hash) continue;
    return {Verdict::Kind::lie, fmt::format("its block {} is not the parent of block {}", out[i].num, upper.num)};
  }
  return {};
}

}  // namespace

LogReader::LogReader(EndpointPool& pool, const settings::ChainConfig& config)
    : pool_(pool), proved_(config.receipts_proved), most_(std::max(1U, config.logs_range)), range_(most_) {}

void LogReader::forget() {
  ahead_.clear();
  last_.reset();
}

/// A refusal of the size of what was asked makes the next question smaller; any other does not.
void LogReader::learn(const transport::Failure& failure) {
  const auto limit = transport::limit_of(failure);
  if (limit == transport::Limit::range || failure.kind == transport::FailureKind::timeout)
    range_ = std::max<std::uint64_t>(1, range_ / 2);
}

Result<LogReader::Page> LogReader::read(std::uint64_t from, const Header& final,
                                        const std::vector<Address>& addresses) {
  LOCKSTEP_ASSERT(from <= final.num && !addresses.empty());
  auto page = proved_ ? read_proved(from, final, addresses) : read_agreed(from, final, addresses);
  if (page) last_ = page->upto;
  return page;
}

/// The headers from `from` to just below `top`, each proved by the one above it.
Result<std::vector<Header>> LogReader::linked_below(const Header& top, std::uint64_t from) {
  std::deque<Header> found{top};
  while (found.front().num > from) {
    const auto above = found.front();
    const auto count = std::min<std::uint64_t>(headers_at_once_, above.num - from);
    EndpointPool::Request request{.calls = {}, .batch = true};
    for (auto num = above.num - count; num < above.num; ++num) request.calls.push_back(block_by_number(num));
    std::vector<Header> part;
    const auto done =
        pool_.fetch({request}, 1, [&](std::size_t, std::string& body) { return link(body, above, count, part); });
    if (!done && count > 1 && is_too_much(done.error())) {
      headers_at_once_ = std::max<std::size_t>(1, count / 2);
      continue;
    }
    if (!done) return std::unexpected(rpc_error(fmt::format("headers below {} not readable", above.num), done.error()));
    found.insert(found.begin(), part.begin(), part.end());
  }
  return std::vector<Header>(found.begin(), found.end());
}

/// Makes ahead_ begin with block `from`.
Result<void> LogReader::look_ahead(std::uint64_t from, const Header& final) {
  while (!ahead_.empty() && ahead_.front().num < from) ahead_.pop_front();
  if (!ahead_.empty() && ahead_.front().num == from && ahead_.back().num <= final.num) return {};
  ahead_.clear();
  const auto to = std::min(final.num, from + most_ - 1);
  const auto top = to == final.num ? Result<Header>(final) : agreed_header(pool_, to, true);
  if (!top) return std::unexpected(top.error());
  auto headers = linked_below(*top, from);
  if (!headers) return std::unexpected(headers.error());
  const auto& first = headers->front();
  if (last_ && last_->num + 1 == from && first.parent_hash != last_->hash) {
    return fail(fmt::format("block {} does not follow the last block read", from), {},
                fmt::format("its parent is {}, read was {}", to_hex(first.parent_hash), to_hex(last_->hash)));
  }
  ahead_.assign(headers->begin(), headers->end());
  return {};
}

Result<LogReader::Page> LogReader::read_proved(std::uint64_t from, const Header& final,
                                               const std::vector<Address>& addresses) {
  if (auto done = look_ahead(from, final); !done) return std::unexpected(done.error());
  const Filter filter(addresses);
  Page page;
  std::size_t taken = 0;
  while (taken < ahead_.size() && page.logs.size() < page_logs) {
    std::vector<const Header*> group;
    for (; taken < ahead_.size() && group.size() < blocks_at_once; ++taken) {
      if (!filter.excludes(ahead_[taken])) group.push_back(&ahead_[taken]);
    }
    if (group.empty()) break;
    auto logs = proved_logs(group, addresses);
    if (!logs) return std::unexpected(logs.error());
    for (auto& block : *logs) std::ranges::move(block, std::back_inserter(page.logs));
  }
  page.upto = ahead_[taken - 1];
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(taken));
  return page;
}

Result<std::vector<Log>> LogReader::read_blocks(const std::vector<Header>& headers,
                                                const std::vector<Address>& addresses) {
  if (headers.empty() || addresses.empty()) return std::vector<Log>{};
  if (!proved_) {
    auto logs = agreed_logs(headers.front().num, headers.back().num, addresses);
    if (!logs) return logs;
    for (const auto& log : *logs) {
      if (headers[log.block_num - headers.front().num].hash != log.block_hash)
        return fail("a log is of a block that is not canonical", {}, fmt::format("block {}", log.block_num));
    }
    return logs;
  }
  const Filter filter(addresses);
  std::vector<const Header*> group;
  for (const auto& header : headers) {
    if (!filter.excludes(header)) group.push_back(&header);
  }
  auto blocks = proved_logs(group, addresses);
  if (!blocks) return std::unexpected(blocks.error());
  std::vector<Log> all;
  for (auto& block : *blocks) std::ranges::move(block, std::back_inserter(all));
  return all;
}

/// By block, as given.
Result<std::vector<std::vector<Log>>> LogReader::proved_logs(const std::vector<const Header*>& blocks,
                                                             const std::vector<Address>& addresses) {
  std::vector<std::vector<Log>> logs(blocks.size());
  std::vector<EndpointPool::Request> requests;
  for (const auto* block : blocks) requests.push_back({.calls = {receipts_of(*block)}});
  std::size_t good = 0, without_method = 0;
  const auto judge = [&](std::size_t i, std::string& body) -> Verdict {
    auto receipts = parse_block_receipts(body);
    if (!receipts) {
      const auto& [kind, why] = receipts.error();
      if (kind == NoReceipts::Kind::unknown_method) ++without_method;
      return {kind == NoReceipts::Kind::malformed ? Verdict::Kind::lie : Verdict::Kind::none,
              fmt::format("receipts of block {}: {}", blocks[i]->num, why)};
    }
    const auto root = receipts_root(*receipts);
    if (root != blocks[i]->receipts_root) return {Verdict::Kind::lie, not_rebuilt(*blocks[i], root)};
    logs[i] = picked(*receipts, *blocks[i], addresses);
    ++good;
    return {};
  };
  if (block_receipts_) {
    const auto done = pool_.fetch(requests, in_flight, judge);
    if (done) return logs;
    const bool too_large = transport::limit_of(done.error()) == transport::Limit::range;
    if (!too_large && without_method == 0) return std::unexpected(rpc_error("receipts not readable", done.error()));
    if (good == 0 && without_method > 0) block_receipts_ = false;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    auto receipts = one_by_one(*blocks[i]);
    if (!receipts) return std::unexpected(receipts.error());
    logs[i] = picked(*receipts, *blocks[i], addresses);
  }
  return logs;
}

/// For endpoints that do not know eth_getBlockReceipts: the receipt of each transaction of the block.
Result<std::vector<Receipt>> LogReader::one_by_one(const Header& block) {
  const auto answers = pool_.ask({block_by_hash(block.hash)});
  if (!answers) return std::unexpected(rpc_error("block not readable", answers.error()));
  const auto& body = (*answers)[0];
  if (!body || !body->is_object() || !body->contains("transactions") || !(*body)["transactions"].is_array())
    return fail(fmt::format("transactions of block {} not readable", block.num));
  std::vector<EndpointPool::Request> requests;
  for (const auto& hash : (*body)["transactions"]) {
    if (requests.empty() || requests.back().calls.size() == receipts_at_once)
      requests.push_back({.calls = {}, .batch = true});
    requests.back().calls.push_back({"eth_getTransactionReceipt", {hash}});
  }
  std::vector<Receipt> all;
  const auto done = pool_.fetch(requests, in_flight, [&](std::size_t, std::string& text) -> Verdict {
    auto part = parse_receipt_batch(text);
    if (!part) return {Verdict::Kind::none, fmt::format("receipts of block {}: {}", block.num, part.error().why)};
    std::ranges::move(*part, std::back_inserter(all));
    return {};
  });
  if (!done) return std::unexpected(rpc_error("receipts not readable", done.error()));
  std::ranges::sort(all, {}, &Receipt::index);
  const auto root = receipts_root(all);
  if (root != block.receipts_root) {
    pool_.distrust(pool_.preferred(), "eth_getTransactionReceipt", not_rebuilt(block, root));
    return fail("receipts cannot be rebuilt", {}, not_rebuilt(block, root));
  }
  return all;
}

}  // namespace lockstep::evm
