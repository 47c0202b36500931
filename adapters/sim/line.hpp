#pragma once
// One operator's way to one chain: R endpoints of which K must agree, what they do wrong, and what the adapter keeps on
// disk. It outlives the operator's process.
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sim/ledger.hpp"

namespace lockstep::sim {

/// What lying endpoints say, all of them the same. K of them deceive the operator; fewer can only show a false head.
enum class Lie : std::uint8_t { none, halted, switched, decided_new, closed_new, closed_old, frozen, count_ };

struct Endpoint {
  bool up = true;
  bool lies = false;
  std::uint64_t lag = 0;  // blocks behind
};

/// What will happen to a transaction on its way.
enum class TxnFate : std::uint8_t { good, dropped, stuck, replaced, out_of_gas };

struct SentTxn {
  std::string key;  // of the effect
  std::uint32_t attempt = 0;
  TxnId id = 0;
  Txn txn;
  TimeMs sent_at = 0;
  coordinator::TxnStatus status = coordinator::TxnStatus::sent;
  std::string detail;
  bool settled = false;  // somebody else did it first
};

struct Line {
  std::vector<Endpoint> endpoints;
  std::size_t quorum = 1;
  Lie lie = Lie::none;
  std::size_t preferred = 0;
  std::deque<TxnFate> fates;

  std::optional<coordinator::BlockRef> remembered_final;
  std::map<std::string, SentTxn> sent;  // by plan, instance and action

  std::size_t liars() const {
    std::size_t count = 0;
    for (const auto& endpoint : endpoints) count += endpoint.up && endpoint.lies ? 1 : 0;
    return count;
  }
  bool deceived() const { return lie != Lie::none && liars() >= quorum; }
};

}  // namespace lockstep::sim
