#include "adapters/evm/agreed_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_nesting.hpp"

namespace lockstep::evm {
namespace {

using transport::Verdict;

constexpr std::size_t ranges_ahead = 4, good_answer = 1000;  // logs

RpcCall logs_call(std::uint64_t from, std::uint64_t to, const std::vector<Address>& addresses) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& address : addresses) list.push_back(to_hex(address));
  return {"eth_getLogs", {{{"fromBlock", to_quantity(from)}, {"toBlock", to_quantity(to)}, {"address", list}}}};
}

Result<Header> header_of(const std::string& block, std::uint64_t num) {
  if (nests_too_deep(block)) return fail("a block is nested too deep");
  auto header = parse_header(nlohmann::json::parse(block, nullptr, false));
  if (header && header->num != num) return fail(fmt::format("block {} is not the one asked for, {}", header->num, num));
  return header;
}

std::string named(std::uint64_t from, std::uint64_t to) { return fmt::format("logs of blocks {} to {}", from, to); }

}  // namespace

/// As many ranges as are asked for ahead, the first of which begins with block `from`.
void AgreedReader::ask_ahead(std::uint64_t from, std::uint64_t last) {
  if (ranges_.empty() || ranges_.front().from != from || ranges_.back().to > last) ranges_.clear();
  for (auto next = ranges_.empty() ? from : ranges_.back().to + 1; next <= last && ranges_.size() < ranges_ahead;) {
    const auto to = std::min(last, next + blocks_ - 1);
    auto& range = ranges_.emplace_back(Range{.from = next, .to = to});
    range.fetch =
        pool_.begin_fetch({{.calls = {logs_call(next, to, addresses_), block_by_number(to)}, .batch = true}}, 1);
    next = to + 1;
  }
}

Verdict AgreedReader::judge(Range& range, std::string& body, std::size_t endpoint) {
  auto read = parse_logs(body, addresses_, range.from, range.to);
  if (!read) {
    range.too_much = range.too_much || read.error().kind == NoAnswer::Kind::too_much;
    return {Verdict::Kind::none, std::move(read.error().why)};
  }
  auto upto = header_of(read->block, range.to);
  if (!upto) return {Verdict::Kind::lie, upto.error().text()};
  Part part{*std::move(upto), std::move(read->logs)};
  for (const auto& log : part.logs) {
    if (log.block_num == range.to && log.block_hash != part.upto.hash)
      return {Verdict::Kind::none, fmt::format("a log is of another block {} than it has", range.to)};
  }
  const auto same = 1 + std::ranges::count(range.said, part, [](const auto& said) { return said.second; });
  if (same < static_cast<std::ptrdiff_t>(pool_.quorum())) {
    range.said.emplace(endpoint, std::move(part));
    return {Verdict::Kind::more, fmt::format("fewer than {} equal answers", pool_.quorum())};
  }
  for (const auto& [other, said] : range.said) {
    if (said == part) continue;
    pool_.distrust(other, "eth_getLogs",
                   fmt::format("{}: {} endpoints gave {} logs, this one {} or others", named(range.from, range.to),
                               pool_.quorum(), part.logs.size(), said.logs.size()));
  }
  range.agreed = std::move(part);
  return {};
}

bool AgreedReader::advance(Range& range, Clock::time_point until) {
  return pool_.advance(range.fetch, until, [&](std::size_t, std::string& body, std::size_t endpoint) {
    return judge(range, body, endpoint);
  });
}

/// Fewer blocks may be given where these are too many.
Result<void> AgreedReader::failed(const Range& range) {
  const auto& failure = range.fetch->failed().begin()->second;
  const auto blocks = range.to - range.from + 1;
  const bool too_much = range.too_much || is_too_large(failure);
  if (too_much) blocks_ = cap_ = std::max<std::uint64_t>(1, blocks / 2);
  auto error = rpc_error(named(range.from, range.to) + " not readable", failure);
  ranges_.clear();
  if (too_much && blocks > 1) return {};
  return std::unexpected(std::move(error));
}

/// The next range as large as is good by what this one had, and at most twice as large.
void AgreedReader::learn(std::size_t logs, std::uint64_t blocks) {
  cap_ = std::min(most_, cap_ + cap_ / 16 + 1);
  const auto good = blocks * good_answer / std::max<std::size_t>(1, logs);
  blocks_ = std::clamp<std::uint64_t>(std::min(good, 2 * blocks), 1, cap_);
}

Result<std::optional<AgreedReader::Part>> AgreedReader::read(std::uint64_t from, std::uint64_t last,
                                                             const std::vector<Address>& addresses,
                                                             Clock::time_point until) {
  if (addresses_ != addresses) forget();
  addresses_ = addresses;
  while (true) {
    ask_ahead(from, last);
    for (auto& range : ranges_) advance(range, Clock::now());  // where one answer is not enough, the next is asked for
    auto& first = ranges_.front();
    if (!first.agreed && !advance(first, until)) return std::nullopt;
    if (first.agreed) break;
    if (auto done = failed(first); !done) return std::unexpected(std::move(done.error()));
  }
  auto part = *std::move(ranges_.front().agreed);
  learn(part.logs.size(), part.upto.num - from + 1);
  ranges_.pop_front();
  if (part.upto.num < last) ask_ahead(part.upto.num + 1, last);
  pool_.rest(Clock::now());  // so that they are sent
  return part;
}

}  // namespace lockstep::evm
