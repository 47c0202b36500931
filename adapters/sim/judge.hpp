#pragma once
// Judges the laws from the chains and from every signature ever made, and from nothing that a coordinator says. Called
// after every block; keeps the first law that was broken.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sim/scenario.hpp"
#include "adapters/sim/spec.hpp"

namespace lockstep::sim {

class Judge {
 public:
  Judge(const Scenario& scenario, const std::vector<std::unique_ptr<Ledger>>& ledgers, const Register& plans,
        const Recover& recover)
      : scenario_(scenario), ledgers_(ledgers), plans_(plans), recover_(recover) {}

  void block(std::size_t ledger);   // it has a new head
  void forked(std::size_t ledger);  // its newest blocks are gone
  void signature(std::size_t signer, const std::string& protocol, const coordinator::Attestation& made);
  /// Somebody acted past the gate there: what the laws say of versions is promised of the other instances only.
  void excuse(std::size_t ledger, ProtocolIndex protocol) { excused_.insert({ledger, protocol}); }
  void broke(const std::string& law);

  const std::optional<std::string>& broken() const { return broken_; }

 private:
  void transition(std::size_t ledger, ProtocolIndex protocol, const Instance& was, const Instance& now,
                  const coordinator::BlockRef& block);
  void switched(std::size_t ledger, const PlanSpec& spec, const coordinator::BlockRef& block);
  void closed(std::size_t ledger, const PlanSpec& spec, const Instance& now);
  void decided_new(const PlanSpec& spec);
  void certificates(std::size_t ledger, const Block& block);
  void one_version();
  void conserved(std::size_t ledger, const PlanSpec& spec, const Instance& now);
  std::size_t signers(const Certified& call, const Gate& gate, Kind kind, const PlanSpec& spec) const;
  std::string where(std::size_t ledger) const;
  bool excused(std::size_t ledger, ProtocolIndex protocol) const { return excused_.contains({ledger, protocol}); }

  const Scenario& scenario_;
  const std::vector<std::unique_ptr<Ledger>>& ledgers_;
  const Register& plans_;
  const Recover& recover_;
  std::map<std::pair<std::size_t, Hash32>, mirror::Rows> at_halt_;  // ledger, plan: the book when it was halted
  std::map<std::tuple<std::size_t, std::string, std::uint64_t, Kind>, coordinator::Statement> said_;
  std::set<std::pair<std::size_t, ProtocolIndex>> excused_;
  std::optional<std::string> broken_;
};

}  // namespace lockstep::sim
