// Logs that an earlier run read: told again from a file instead of read again from nodes, as far as the chain still has
// the block with which they end. That block's hash stands for all blocks below it, and each page was proved under them
// before it was kept.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/interference.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint64_t most_unkept = 256;  // blocks without a log of ours are kept that many at a time

}  // namespace

void EvmChain::Impl::keep_no_more(std::string why) {
  not_kept = std::move(why);
  kept_logs.reset();
  unkept.reset();
}

bool EvmChain::Impl::resume_logs(Clock::time_point until) {
  if (kept_logs && !kept_logs->open(until)) {
    more_logs = true;
    return false;
  }
  const auto upto = kept_logs ? kept_logs->upto() : std::nullopt;
  if (kept_logs) not_kept = kept_logs->damage();
  if (!upto) return resumed = true;
  if (!kept_believed) {
    if (upto->num > feed_upto->num) feed_upto = *follower.final();
    if (upto->num > feed_upto->num) {
      note(fmt::format("events were read up to block {} before, and final is only {}", upto->num, feed_upto->num));
      return false;
    }
    const auto header = agreed_header(pool, upto->num, true);
    if (!header) {
      note(header.error().text());
      return false;
    }
    if (header->hash != upto->hash) {
      not_kept = fmt::format("events had been read up to block {} of another history: all are read again", upto->num);
      if (const auto done = kept_logs->clear(); !done) keep_no_more(done.error().text());
      return resumed = true;
    }
    kept_believed = true;
  }
  while (Clock::now() < until) {
    const auto more = tell_kept();
    if (!more) return false;
    if (*more) continue;
    if (last_kept) reader.go_on_behind(*last_kept);
    return resumed = true;
  }
  more_logs = true;
  return false;
}

/// One page. False if there is none left that is of use; nothing if it has to be tried again.
std::optional<bool> EvmChain::Impl::tell_kept() {
  if (!kept_page) {
    kept_page = kept_logs->next();
    if (!kept_page) {
      if (next_log != kept_logs->upto()->num + 1) keep_no_more("what was kept of events changed while it was read");
      return false;
    }
  }
  if (kept_page->from != next_log || !covers(*kept_page)) {
    kept_page.reset();
    if (const auto done = kept_logs->cut(); !done) keep_no_more(done.error().text());
    return false;
  }
  if (!name_txns(kept_page->logs)) return std::nullopt;
  const auto page = *std::exchange(kept_page, std::nullopt);
  digest_logs(page.logs, page.from, page.upto);
  next_log = page.upto.num + 1;
  last_kept = page.upto;
  return true;
}

/// Whether the logs of everything we have to watch are in it. What a plan calls is read only while the plan is known.
bool EvmChain::Impl::covers(const LogPage& page) const {
  return std::ranges::all_of(plans, [&](const auto& entry) {
    const auto& [hash, watch_from] = std::pair(entry.second.hash, entry.second.memory.watch_from);
    if (watch_from == 0 || page.upto.num < watch_from) return true;
    return std::ranges::all_of(called_by(entry.second.compiled), [&](const auto& other) {
      return std::ranges::binary_search(always_read, other.first) || std::ranges::binary_search(page.also, other.first);
    });
  });
}

/// Which transaction a log is of is not proved by receipts: it is what an endpoint said, which may have been found
/// lying since. Where a transaction is looked up, it is asked for anew. False if nobody answers.
bool EvmChain::Impl::name_txns(std::vector<Log>& logs) {
  std::map<std::pair<Hash32, std::uint32_t>, Hash32> names;
  for (const auto& log : logs) {
    for (const auto& instance : instances) {
      for (const auto& dialect : instance.dialects) {
        if (dialect->address() == log.address) names.try_emplace({log.block_hash, log.txn_index}, log.txn);
      }
    }
  }
  std::vector<RpcCall> calls;
  for (const auto& [place, txn] : names) {
    calls.push_back(
        {"eth_getTransactionByBlockHashAndIndex", {to_hex(place.first), to_quantity(Uint256(place.second))}});
  }
  if (calls.empty()) return true;
  const Result<std::vector<RpcAnswer>> answers = ask_all(pool, calls);
  if (!answers) {
    note(answers.error().text());
    return false;
  }
  auto answer = answers->begin();
  for (auto& [place, txn] : names) {
    const RpcAnswer& said = *answer++;
    if (!said || !said->is_object() || !said->contains("hash") || !(*said)["hash"].is_string()) continue;
    txn = fixed_from_hex<Hash32>((*said)["hash"].get<std::string>()).value_or(txn);
  }
  for (auto& log : logs) {
    if (const auto name = names.find({log.block_hash, log.txn_index}); name != names.end()) log.txn = name->second;
  }
  return true;
}

void EvmChain::Impl::keep_logs(std::vector<Log> logs, std::uint64_t from, const coordinator::BlockRef& upto) {
  if (!kept_logs) return;
  std::vector<Address> also;
  std::ranges::set_difference(addresses, always_read, std::back_inserter(also));
  if (unkept && unkept->also != also) flush_logs();
  if (!unkept) unkept = {.from = from, .upto = {}, .also = std::move(also), .logs = {}};
  unkept->upto = upto;
  unkept->logs = std::move(logs);
  if (!unkept->logs.empty() || upto.num - unkept->from >= most_unkept) flush_logs();
}

void EvmChain::Impl::flush_logs() {
  if (!kept_logs || !unkept) return;
  const auto page = *std::exchange(unkept, std::nullopt);
  if (const auto done = kept_logs->append(page); !done) keep_no_more(done.error().text());
}

}  // namespace lockstep::evm
