#pragma once
// Whoever wants the laws broken: runs the Byzantine operators, knows every signature the moment it is made, signs
// anything with the keys it has, tells each peer what it likes, and sends every certificate it can make to every gate
// as soon as a gate would take it, complete or not.
#include <map>
#include <memory>
#include <vector>

#include "adapters/sim/keys.hpp"
#include "adapters/sim/network.hpp"
#include "adapters/sim/scenario.hpp"
#include "adapters/sim/spec.hpp"

namespace lockstep::sim {

class Adversary {
 public:
  Adversary(const Scenario& scenario, const std::vector<std::unique_ptr<Ledger>>& ledgers, const Register& plans,
            Rng rng);
  bool active() const { return !keys_.empty() || scenario_.anyone_submits; }

  void overhear(const coordinator::Attestation& made);
  void plan_begins(const PlanSpec& spec);
  /// What it says when an operator pulls from one of its own.
  SimPeers::Answer serve(std::size_t peer, std::size_t asker, const Hash32& plan);
  /// Transactions worth sending to this chain now; `send` broadcasts one.
  void attack(std::size_t ledger, const std::function<void(const Txn&)>& send);

 private:
  struct Known {
    coordinator::Statement statement;
    std::map<Address, Bytes> signatures;
  };
  enum class Manner : std::uint8_t { silent, eager, contrary, two_faced, garbage, count_ };
  void consider(const coordinator::Statement& statement, const PlanSpec& spec);
  coordinator::Attestation sign(std::size_t who, const coordinator::Statement& statement, const PlanSpec& spec);
  std::vector<coordinator::Statement> tellable(Manner manner, const PlanSpec& spec, std::size_t asker);
  static Certified certified(const Known& known, const PlanSpec& spec);
  void attack_gate(const PlanSpec& spec, const Gate& gate, std::size_t ledger,
                   const std::function<void(const Txn&)>& send);

  const Scenario& scenario_;
  const std::vector<std::unique_ptr<Ledger>>& ledgers_;
  const Register& plans_;
  Rng rng_;
  std::map<std::size_t, Manner> keys_;  // operators it runs
  std::map<Hash32, std::vector<Known>> known_;
  std::map<std::pair<std::size_t, Hash32>, coordinator::Attestation> made_;  // operator, digest
};

}  // namespace lockstep::sim
