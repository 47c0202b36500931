#include "adapters/evm/log_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/bloom.hpp"
#include "base/assert.hpp"
#include "base/json_nesting.hpp"

namespace lockstep::evm {
namespace {

using Verdict = EndpointPool::Verdict;

// Blocks whose receipts are asked for ahead, and those of a page: the node goes on while the caller sees to it.
constexpr std::size_t blocks_ahead = 64, blocks_in_page = 8;

/// Whether the block may have one of them: addresses with a log, or topics.
class Filter {
 public:
  template <class Values>
  explicit Filter(const Values& values) {
    keys_.reserve(values.size());
    for (const auto& value : values) keys_.emplace_back(value.view());
  }
  bool excludes(const Header& header) const {
    return std::ranges::none_of(keys_, [&](const BloomKey& key) { return key.in(header.logs_bloom); });
  }

 private:
  std::vector<BloomKey> keys_;
};

/// Endpoints refuse a batch that is too large for them in many ways, some with a body that is no answer at all.
bool is_too_much(const transport::Failure& failure) {
  return transport::asks_for_less(failure) || failure.kind == transport::FailureKind::malformed;
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
    : pool_(pool),
      proved_(config.receipts != settings::Receipts::agreed),
      raw_(config.receipts == settings::Receipts::raw),
      most_(std::max(1U, config.logs_range)),
      receipts_(pool, raw_),
      head_receipts_(pool, raw_),
      agreed_(pool, most_, 1),
      head_agreed_(pool, most_, most_) {}

void LogReader::forget() {
  ahead_.clear();
  last_.reset();
  receipts_.forget();
  agreed_.forget();
}

Result<std::optional<LogReader::Page>> LogReader::read_until(std::uint64_t from, const Header& final,
                                                             const std::vector<Address>& addresses,
                                                             Clock::time_point until) {
  LOCKSTEP_ASSERT(from <= final.num && !addresses.empty());
  auto page = proved_ ? read_proved(from, final, addresses, until) : read_agreed(from, final, addresses, until);
  if (page && *page) last_ = {(*page)->upto.num, (*page)->upto.hash, (*page)->upto.time};
  return page;
}

Result<LogReader::Page> LogReader::read(std::uint64_t from, const Header& final,
                                        const std::vector<Address>& addresses) {
  auto page = read_until(from, final, addresses, Clock::time_point::max());
  if (!page) return std::unexpected(std::move(page.error()));
  return **std::move(page);
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
    const auto done = pool_.fetch(
        {request}, 1, [&](std::size_t, std::string& body, std::size_t) { return link(body, above, count, part); });
    if (!done && count > 1 && is_too_much(done.error())) {
      headers_at_once_ = std::max<std::size_t>(1, count / 2);
      continue;
    }
    if (!done) return std::unexpected(rpc_error(fmt::format("headers below {} not readable", above.num), done.error()));
    if (!raw_) {  // thousands of headers are held, and nobody else looks at their transactions
      for (auto& header : part) header.txns = {};
    }
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

Result<std::optional<LogReader::Page>> LogReader::read_proved(std::uint64_t from, const Header& final,
                                                              const std::vector<Address>& addresses,
                                                              Clock::time_point until) {
  if (auto done = look_ahead(from, final); !done) return std::unexpected(done.error());
  const Filter filter(addresses);
  /// The next headers that may have a log, and how many there are up to the last of them.
  const auto next_group = [&] {
    std::pair<std::vector<Header>, std::size_t> group;
    for (; group.second < ahead_.size() && group.first.size() < blocks_ahead; ++group.second) {
      if (!filter.excludes(ahead_[group.second])) group.first.push_back(ahead_[group.second]);
    }
    return group;
  };
  auto [group, taken] = next_group();
  const auto wanted = std::min(blocks_in_page, group.size());
  Page page;
  if (!group.empty()) {
    auto logs = receipts_.read(group, wanted, addresses, until);
    if (!logs) return std::unexpected(logs.error());
    if (!*logs) return std::nullopt;
    for (auto& block : **logs) std::ranges::move(block, std::back_inserter(page.logs));
    if (wanted < group.size()) taken = group[wanted].num - ahead_.front().num;
  }
  page.upto = ahead_[taken - 1];
  ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(taken));
  if (const auto following = next_group().first; !following.empty()) receipts_.begin_with(following, addresses);
  return page;
}

Result<std::optional<std::vector<Log>>> LogReader::read_blocks(const std::vector<Header>& headers,
                                                               const std::vector<Address>& addresses,
                                                               std::span<const Hash32> topics,
                                                               Clock::time_point until) {
  if (headers.empty() || addresses.empty()) return std::vector<Log>{};
  if (!proved_) return agreed_logs(headers, addresses);
  const Filter by_address(addresses), by_topic(topics);
  std::vector<Header> group;
  for (const auto& header : headers) {
    if (!by_address.excludes(header) && !by_topic.excludes(header)) group.push_back(header);
  }
  if (group.empty()) return std::vector<Log>{};
  auto blocks = head_receipts_.read(group, group.size(), addresses, until);
  if (!blocks) return std::unexpected(blocks.error());
  if (!*blocks) return std::nullopt;
  std::vector<Log> all;
  for (auto& block : **blocks) std::ranges::move(block, std::back_inserter(all));
  return all;
}

Result<std::optional<LogReader::Page>> LogReader::read_agreed(std::uint64_t from, const Header& final,
                                                              const std::vector<Address>& addresses,
                                                              Clock::time_point until) {
  auto part = agreed_.read(from, final.num, addresses, until);
  if (!part) return std::unexpected(part.error());
  if (!*part) return std::nullopt;
  auto& [upto, logs] = **part;
  if (upto.num == final.num && upto.hash != final.hash)
    return fail(fmt::format("block {} is not the final block with which reading began", upto.num), {},
                fmt::format("its hash is {}, that was {}", to_hex(upto.hash), to_hex(final.hash)));
  return Page{std::move(logs), upto};
}

Result<std::vector<Log>> LogReader::agreed_logs(const std::vector<Header>& headers,
                                                const std::vector<Address>& addresses) {
  const auto first = headers.front().num, last = headers.back().num;
  std::vector<Log> all;
  for (auto next = first; next <= last;) {
    auto part = head_agreed_.read(next, last, addresses, Clock::time_point::max());
    if (!part) return std::unexpected(part.error());
    next = (*part)->upto.num + 1;
    std::ranges::move((*part)->logs, std::back_inserter(all));
  }
  for (const auto& log : all) {
    if (headers[log.block_num - first].hash != log.block_hash)
      return fail("a log is of a block that is not canonical", {}, fmt::format("block {}", log.block_num));
  }
  return all;
}

}  // namespace lockstep::evm
