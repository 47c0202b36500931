#pragma once
// Counts what passes by, for the page of metrics. Bounded by the number of chains, and by the transactions that are
// shown.
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "coordinator/record.hpp"
#include "ports/chain.hpp"
#include "view/tallies.hpp"

namespace lockstep::runtime {

class Tally {
 public:
  /// Chains are there from the start, with zeroes.
  explicit Tally(const std::vector<std::string>& chains);
  void add(const ports::ChainHealth& health);
  /// `before`: what was known of the same transaction; null the first time.
  void add(const ports::TxnSeen& txn, const ports::TxnSeen* before, std::uint64_t now_ms);
  void alarm(const std::string& code) { ++tallies_.alarms[code]; }
  /// Rows of a new report that say that an instance is not as the mirror has it.
  void report(const std::string& chain, const coordinator::EvidenceReport& report);
  /// Fields of an audited sample that differ.
  void audited(const std::string& chain, std::uint64_t differing) { tallies_.chains[chain].mismatches += differing; }
  void appended(double seconds) { tallies_.appended.add(seconds); }
  const view::Tallies& value() const { return tallies_; }

 private:
  static constexpr std::size_t heads_kept = 33, pending_kept = 1000;
  view::Tallies tallies_;
  std::map<std::string, std::deque<coordinator::BlockRef>> heads_;
  std::map<Hash32, std::uint64_t> first_seen_ms_;  // of transactions that are not mined
};

}  // namespace lockstep::runtime
