#pragma once
// Everything shown that is not coordinator state, each list bounded; makes the snapshot.
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/record.hpp"
#include "runtime/tally.hpp"
#include "view/snapshot.hpp"

namespace lockstep::runtime {

/// A record in words; seq and time are filled in once it is durable. `plan` may be null.
view::JournalLine line_of(const coordinator::Record& record, const coordinator::State& state);

class Showcase {
 public:
  static constexpr std::size_t max_transactions = 1000, max_alarms = 200, max_lines = 1000;

  Showcase(std::string service_name, std::string version, std::string assurance, std::uint64_t started_ms,
           std::vector<std::string> chains);
  void add(view::JournalLine line);
  void add(const view::Alarm& alarm);
  void add(const ports::TxnSeen& txn, std::uint64_t now_ms);  // replaces what was known of the same transaction
  void add(const ports::ChainHealth& health);
  void add(const ports::PeerHealth& health);
  void add(const ports::PeerHeard& heard);
  void add(const ports::SignerMissed& missed);
  /// These plans are no longer as they were shown.
  void changed(const coordinator::State& state, const std::set<Hash32>& plans);
  void set_degraded(bool degraded) { degraded_ = degraded; }
  void set_quarantined(std::string why) { quarantined_ = std::move(why); }

  Tally& tally() { return tally_; }

  view::SnapshotPtr snapshot(std::map<Hash32, view::Hearing> hearing, std::vector<view::MirrorSummary> mirrors,
                             std::uint64_t seq, std::uint64_t now_ms) const;

 private:
  std::vector<std::string> not_ready(const std::vector<view::MirrorSummary>& mirrors) const;
  std::string service_name_, version_, assurance_;
  std::uint64_t started_ms_;
  std::vector<std::string> expected_chains_;
  view::Plans plans_;
  std::map<std::string, ports::ChainHealth> chains_;
  std::map<Address, view::Peer> peers_;
  std::map<std::string, ports::SignerMissed> missed_;
  std::vector<ports::TxnSeen> transactions_;
  std::deque<view::Alarm> alarms_;
  std::deque<view::JournalLine> lines_;
  bool degraded_ = false;
  std::string quarantined_;  // why nothing is signed
  Tally tally_;
};

}  // namespace lockstep::runtime
