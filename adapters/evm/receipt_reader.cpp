#include "adapters/evm/receipt_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "adapters/evm/ordered_trie.hpp"
#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

using transport::Failure;
using transport::FailureKind;
using transport::Verdict;

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

}  // namespace

/// More blocks behind those under way join them; else what is known of blocks that are asked for again stays.
void ReceiptReader::take_up(const std::vector<Header>& blocks, const std::vector<Address>& addresses) {
  const auto same = [](const Block& known, const Header& header) { return known.header.hash == header.hash; };
  std::vector<Block> known;
  const bool go_on = addresses_ == addresses && blocks_.size() <= blocks.size() &&
                     std::ranges::equal(blocks_, std::span(blocks).first(blocks_.size()), same);
  if (!go_on) {
    fetch_.reset();
    known = std::exchange(blocks_, {});
    if (addresses_ != addresses) known.clear();
    addresses_ = addresses;
  }
  const auto held = blocks_.size();
  for (const auto& header : std::span(blocks).subspan(held)) {
    const auto found = std::ranges::find_if(known, [&](const Block& block) { return same(block, header); });
    blocks_.push_back(found == known.end() ? Block{.header = header, .logs = {}, .txns = {}, .receipts = {}}
                                           : std::move(*found));
  }
  if (fetch_) extend_whole(held);
}

bool ReceiptReader::has_first(std::size_t wanted) const {
  return std::ranges::all_of(std::span(blocks_).first(wanted),
                             [](const Block& block) { return block.logs.has_value(); });
}

Result<std::optional<ReceiptReader::Logs>> ReceiptReader::read(const std::vector<Header>& blocks, std::size_t wanted,
                                                               const std::vector<Address>& addresses,
                                                               Clock::time_point until) {
  LOCKSTEP_ASSERT(wanted <= blocks.size());
  take_up(blocks, addresses);
  while (!has_first(wanted)) {
    if (!fetch_) {
      if (auto begun = begin(); !begun) return std::unexpected(begun.error());
    }
    const bool over = pool_.advance(
        fetch_, until, [this](std::size_t i, std::string& body, std::size_t) { return judge(parts_[i], body); },
        [&] { return has_first(wanted); });
    const auto done = over ? end_fetch() : Result<void>{};
    if (has_first(wanted)) break;  // what failed of others is asked for again when they are wanted
    if (!done) return std::unexpected(done.error());
    if (!over) return std::nullopt;
  }
  Logs logs;
  const auto end = blocks_.begin() + static_cast<std::ptrdiff_t>(wanted);
  for (auto block = blocks_.begin(); block != end; ++block) logs.push_back(*std::move(block->logs));
  blocks_.erase(blocks_.begin(), end);
  given_ += wanted;
  return logs;
}

void ReceiptReader::begin_with(const std::vector<Header>& blocks, const std::vector<Address>& addresses) {
  take_up(blocks, addresses);
  if (!fetch_) begin_whole();
  pool_.rest(Clock::now());  // so that they are sent
}

/// Something is missing.
Result<void> ReceiptReader::begin() {
  begin_whole();
  if (fetch_) return {};
  const auto next = std::ranges::find_if(blocks_, [](const Block& block) { return !block.logs; });
  LOCKSTEP_ASSERT(next != blocks_.end());
  return begin_pieces(static_cast<std::size_t>(next - blocks_.begin()));
}

/// Of the blocks from the one at `from` on that are not there.
std::vector<EndpointPool::Request> ReceiptReader::ask_whole(std::size_t from) {
  std::vector<EndpointPool::Request> requests;
  for (auto i = from; i < blocks_.size(); ++i) {
    const auto how = how_of(blocks_[i]);
    if (blocks_[i].logs || how == How::in_pieces) continue;
    parts_.push_back({.block = given_ + i, .how = how});
    const auto* method = how == How::raw ? "debug_getRawReceipts" : "eth_getBlockReceipts";
    requests.push_back({.calls = {{method, nlohmann::json::array({to_hex(blocks_[i].header.hash)})}}});
  }
  return requests;
}

void ReceiptReader::begin_whole() {
  parts_.clear();
  for (auto* way : {&raw_, &whole_}) way->unknown = way->good = 0;
  if (auto requests = ask_whole(0); !requests.empty()) fetch_ = pool_.begin_fetch(std::move(requests), in_flight_);
}

/// As long as all goes well, and not for ever: what a fetch has learned is looked at when it is over.
void ReceiptReader::extend_whole(std::size_t from) {
  if (parts_.front().how == How::in_pieces || !fetch_->failed().empty() || parts_.size() >= most_in_fetch) return;
  auto requests = ask_whole(from);
  if (requests.empty()) return;
  in_flight_ = std::min(most_in_flight, in_flight_ + 1);
  pool_.extend(fetch_, std::move(requests), in_flight_);
}

Result<void> ReceiptReader::begin_pieces(std::size_t index) {
  auto& block = blocks_[index];
  if (block.txns.empty()) {
    const auto answers = pool_.ask({block_by_hash(block.header.hash)});
    if (!answers) return std::unexpected(rpc_error("block not readable", answers.error()));
    const auto& body = (*answers)[0];
    if (!body || !body->is_object() || !body->contains("transactions") || !(*body)["transactions"].is_array())
      return fail(fmt::format("transactions of block {} not readable", block.header.num));
    block.txns.assign((*body)["transactions"].begin(), (*body)["transactions"].end());
    block.receipts.assign(block.txns.size(), std::nullopt);
  }
  std::vector<EndpointPool::Request> requests;
  for (std::size_t i = 0; i < block.txns.size(); ++i) {
    if (block.receipts[i]) continue;
    if (parts_.empty() || parts_.back().count == piece_ || parts_.back().from + parts_.back().count != i) {
      parts_.push_back({.block = given_ + index, .from = i});
      requests.push_back({.calls = {}, .batch = true});
    }
    parts_.back().count++;
    requests.back().calls.push_back({"eth_getTransactionReceipt", nlohmann::json::array({block.txns[i]})});
  }
  if (requests.empty()) return fail(fmt::format("block {} has logs and no transactions", block.header.num));
  fetch_ = pool_.begin_fetch(std::move(requests), in_flight_);
  return {};
}

Verdict ReceiptReader::judge(const Part& part, std::string& body) {
  auto& block = block_of(part);
  if (part.how == How::in_pieces) return take_pieces(block, part, body);
  auto verdict = part.how == How::raw ? take_raw(block, body) : take_whole(block, body);
  if (verdict.kind == Verdict::Kind::good) ++(part.how == How::raw ? raw_ : whole_).good;
  return verdict;
}

/// The best way that is left.
ReceiptReader::How ReceiptReader::how_of(const Block& block) const {
  if (block.how == How::raw && raw_.asked) return How::raw;
  return block.how != How::in_pieces && whole_.asked ? How::whole : How::in_pieces;
}

/// Whatever is wrong with them, the block's receipts in the usual form decide what to think of it.
Verdict ReceiptReader::take_raw(Block& block, std::string& body) {
  const auto encoded = parse_raw_receipts(body);
  const auto otherwise = [&](const std::string& why) {
    block.how = How::whole;
    return Verdict{Verdict::Kind::none, fmt::format("raw receipts of block {}: {}", block.header.num, why)};
  };
  if (!encoded) {
    if (encoded.error().kind == NoAnswer::Kind::unknown_method) ++raw_.unknown;
    return otherwise(encoded.error().why);
  }
  pool_.rest(Clock::now());
  const auto root = ordered_root(*encoded);
  if (root != block.header.receipts_root) return otherwise(not_rebuilt(block.header, root));
  pool_.rest(Clock::now());
  auto receipts = decode_logs(*encoded);
  if (!receipts) return otherwise("they are of another form");
  if (receipts->size() != block.header.txns.size()) return otherwise("not one for each of its transactions");
  for (auto& receipt : *receipts) receipt.txn = block.header.txns[receipt.index];
  block.logs = picked(*receipts, block.header, addresses_);
  return {};
}

Verdict ReceiptReader::take_whole(Block& block, std::string& body) {
  auto receipts = parse_block_receipts(body);
  if (!receipts) {
    const auto& [kind, why] = receipts.error();
    if (kind == NoAnswer::Kind::unknown_method) ++whole_.unknown;
    if (kind == NoAnswer::Kind::unknown_method || kind == NoAnswer::Kind::too_much) block.how = How::in_pieces;
    return {kind == NoAnswer::Kind::malformed ? Verdict::Kind::lie : Verdict::Kind::none,
            fmt::format("receipts of block {}: {}", block.header.num, why)};
  }
  pool_.rest(Clock::now());  // a node whose answers nobody takes stands still
  const auto root = receipts_root(*receipts);
  if (root != block.header.receipts_root) return {Verdict::Kind::lie, not_rebuilt(block.header, root)};
  pool_.rest(Clock::now());
  block.logs = picked(*receipts, block.header, addresses_);
  return {};
}

Verdict ReceiptReader::take_pieces(Block& block, const Part& part, std::string& body) {
  auto receipts = parse_receipt_batch(body);
  if (!receipts)
    return {Verdict::Kind::none, fmt::format("receipts of block {}: {}", block.header.num, receipts.error().why)};
  const bool those = receipts->size() == part.count && receipts->front().index == part.from &&
                     receipts->back().index + 1 == part.from + part.count;
  if (!those) return {Verdict::Kind::none, fmt::format("receipts of block {}: not those asked for", block.header.num)};
  for (std::size_t i = 0; i < part.count; ++i) block.receipts[part.from + i] = std::move((*receipts)[i]);
  return {};
}

/// What was too much for every endpoint is asked for in smaller parts; anything else ends the turn.
Result<void> ReceiptReader::end_fetch() {
  const auto fetch = std::exchange(fetch_, {});
  std::optional<Failure> trouble;
  bool slow = false, less = false;
  for (const auto& [request, failure] : fetch->failed()) {
    const auto& part = parts_[request];
    auto& block = block_of(part);
    slow = slow || failure.kind == FailureKind::timeout;
    const bool too_much = is_too_large(failure);
    if (part.count > 1 && (too_much || failure.kind == FailureKind::malformed)) {
      less = true;
    } else if (part.how == How::raw) {
      block.how = How::whole;
    } else if (part.how == How::whole && failure.kind != FailureKind::disagreement &&
               (too_much || block.how == How::in_pieces)) {
      block.how = How::in_pieces;
    } else {
      trouble = failure;
    }
  }
  if (slow) in_flight_ = std::max<std::size_t>(1, in_flight_ / 2);
  if (less) piece_ = std::max<std::size_t>(1, piece_ / 2);
  if (fetch->failed().empty()) {
    in_flight_ = std::min(most_in_flight, in_flight_ + 1);
    piece_ = std::min(most_in_piece, piece_ + 1);
  }
  for (auto* way : {&raw_, &whole_}) {
    if (way->unknown > 0 && way->good == 0) way->asked = false;
  }
  if (trouble) return std::unexpected(rpc_error("receipts not readable", *trouble));
  if (parts_.front().how != How::in_pieces) return {};
  auto& block = block_of(parts_.front());
  const bool complete = std::ranges::all_of(block.receipts, [](const auto& one) { return one.has_value(); });
  return complete ? assemble(block) : Result<void>{};
}

Result<void> ReceiptReader::assemble(Block& block) {
  std::vector<Receipt> all;
  for (auto& receipt : std::exchange(block.receipts, {})) all.push_back(*std::move(receipt));
  block.txns.clear();
  const auto root = receipts_root(all);
  if (root == block.header.receipts_root) {
    block.logs = picked(all, block.header, addresses_);
    return {};
  }
  pool_.distrust(pool_.preferred(), "eth_getTransactionReceipt", not_rebuilt(block.header, root));
  return fail("receipts cannot be rebuilt", {}, not_rebuilt(block.header, root));
}

}  // namespace lockstep::evm
