#pragma once
// Who was heard of which plan since our start. Before we sign for a plan of several operators, enough of them must have
// told us what they hold of it: if our journal is an old copy, or our key runs elsewhere too, one of them knows a
// signature of ours that the journal does not, and the coordinator then signs nothing (F3, K3). HALT_NOW is exempt: it
// can only say one thing, and must not wait for anybody.
#include <cstdint>
#include <map>
#include <set>

#include "coordinator/gate.hpp"
#include "coordinator/plan.hpp"
#include "ports/peers.hpp"

namespace lockstep::runtime {

class Hearing {
 public:
  explicit Hearing(const ports::Peers* peers) : peers_(peers) {}  // may be null: nobody can be asked

  /// min(N - 1, configured peers that are operators of the plan): so many are needed to sign anything useful anyway.
  std::size_t needed(const coordinator::Plan& plan) const;
  bool enough(const coordinator::Plan& plan) const { return heard_of(plan.hash) >= needed(plan); }
  bool may_sign(const coordinator::Plan& plan, coordinator::Kind kind) const {
    return kind == coordinator::Kind::halt_now || enough(plan);
  }
  /// True if it is this one that makes it enough.
  bool add(const coordinator::Plan& plan, const Address& peer);
  void forget(const Hash32& plan) { heard_.erase(plan); }
  std::size_t heard_of(const Hash32& plan) const;

 private:
  const ports::Peers* peers_;
  std::map<Hash32, std::set<Address>> heard_;
};

}  // namespace lockstep::runtime
