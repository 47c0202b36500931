#include "runtime/tally.hpp"

namespace lockstep::runtime {

using coordinator::TxnStatus;

Tally::Tally(const std::vector<std::string>& chains) {
  for (const auto& chain : chains) tallies_.chains.try_emplace(chain);
  for (const auto code : view::alarm_codes) tallies_.alarms.try_emplace(std::string(code));
}

void Tally::add(const ports::ChainHealth& health) {
  auto& heads = heads_[health.chain];
  if (!heads.empty() && health.head.num == heads.back().num) return;
  if (!heads.empty() && health.head.num < heads.back().num) heads.clear();  // replaced: measured anew
  heads.push_back(health.head);
  if (heads.size() > heads_kept) heads.pop_front();
  const auto blocks = heads.back().num - heads.front().num;
  if (blocks == 0 || heads.back().time < heads.front().time) return;
  tallies_.chains[health.chain].block_interval_s =
      static_cast<double>(heads.back().time - heads.front().time) / static_cast<double>(blocks);
}

void Tally::add(const ports::TxnSeen& txn, const ports::TxnSeen* before, std::uint64_t now_ms) {
  if (before != nullptr && before->status == txn.status) return;
  auto& chain = tallies_.chains[txn.chain];
  ++chain.transactions[static_cast<std::size_t>(txn.action)][static_cast<std::size_t>(txn.status)];
  if (txn.status == TxnStatus::sent) {
    if (first_seen_ms_.size() == pending_kept) first_seen_ms_.erase(first_seen_ms_.begin());
    first_seen_ms_.try_emplace(txn.txn, now_ms);
    return;
  }
  const auto sent = first_seen_ms_.find(txn.txn);
  if (sent == first_seen_ms_.end()) return;
  if (txn.status == TxnStatus::mined && now_ms >= sent->second)
    chain.confirmed.add(static_cast<double>(now_ms - sent->second) / 1000);
  first_seen_ms_.erase(sent);
}

void Tally::report(const std::string& chain, const coordinator::EvidenceReport& report) {
  for (const auto& row : report.rows) {
    if (row.colour == coordinator::Colour::red && (row.level == "E4" || row.level == "E5"))
      ++tallies_.chains[chain].mismatches;
  }
}

}  // namespace lockstep::runtime
