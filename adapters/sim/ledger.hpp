#pragma once
// One chain: blocks with the state after each, transactions that wait, finality that lags, stalls or is broken, and a
// clock of its own. It is told when to make a block; it knows nothing of operators. Several protocols may live on it.
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "adapters/sim/gate.hpp"
#include "adapters/sim/rng.hpp"
#include "coordinator/effect.hpp"

namespace lockstep::sim {

/// Milliseconds since 1970 of the one true clock, which nobody in the simulation can read.
using TimeMs = std::uint64_t;
inline constexpr TimeMs second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

using ProtocolIndex = std::size_t;

/// One instance after a block.
struct Instance {
  Gate gate;
  Exchange exchange;
  bool open(UnixSeconds now) const {  // to trading
    return exchange.push() ? !exchange.paused() : (gate.mask(now) & mask_trade) != 0;
  }
};
using InstancePtr = std::shared_ptr<const Instance>;

// What a transaction does. Certificates are sent by anybody, the rest by who may.
struct Certified {
  coordinator::Action action = coordinator::Action::engage;
  Outcome outcome = Outcome::none;
  Certificate cert;
};
struct Arm {
  Hash32 plan_hash;
  std::shared_ptr<const Leaf> leaf;
  Payload payload;
};
struct Disarm {};
struct ForceResolve {
  Outcome outcome = Outcome::none;
};
struct GuardianHalt {};
/// Somebody with a role that should not exist: upgrades past the gate, or lifts the pause that the gate engaged.
struct Outsider {
  std::optional<Hash32> code;  // nothing: unpauses
};
struct Price {
  std::int64_t value = 0;
};
struct Trade {
  std::uint64_t account = 0;
  std::int64_t amount = 0;  // negative: withdraw
};
using TxnCall = std::variant<Certified, Arm, Disarm, ForceResolve, GuardianHalt, Outsider, Price, Trade>;

using TxnId = std::uint64_t;
struct Txn {
  TxnId id = 0;
  ProtocolIndex protocol = 0;
  TxnCall call;
  TimeMs ready = 0;         // not included before
  bool out_of_gas = false;  // reverts though the call is good
};

struct Receipt {
  TxnId txn = 0;
  ProtocolIndex protocol = 0;
  const char* refused = nullptr;  // null: it succeeded
};

struct Block {
  coordinator::BlockRef ref;
  std::vector<InstancePtr> instances;                      // by protocol; null where the protocol is not here
  std::vector<std::vector<mirror::Operation>> operations;  // by protocol
  std::vector<Txn> txns;
  std::vector<Receipt> receipts;  // of txns, in order
  std::vector<ProtocolIndex> touched_by_outsider;
  bool changed = false;  // anything but the block
  bool stirred = false;  // a gate, or what only an outsider touches
};

struct LedgerRules {
  std::uint64_t chain_id = 0;
  std::string name;
  TimeMs interval_ms = 12'000;
  std::uint64_t depth = 2;  // a block is final when so many are above it
  std::int64_t clock_ahead_s = 0;
};

class Ledger {
 public:
  Ledger(LedgerRules rules, std::size_t protocols, TimeMs now, const Recover& recover);

  void deploy(ProtocolIndex protocol, const Gate& gate, const Hash32& code, bool push);
  void send(Txn txn) { mempool_.push_back(std::move(txn)); }
  bool forget(TxnId id);  // from the mempool
  /// Makes one block with every transaction that is ready, in the order `rng` likes.
  const Block& mine(TimeMs now, Rng& rng);
  /// The `depth` highest blocks never happened; their transactions wait again, but for those `rng` loses. Reaching
  /// below the final block is a violation of finality. Returns the number of the first block that is gone.
  std::uint64_t fork(std::uint64_t depth, TimeMs now, Rng& rng, std::uint32_t lose_per_mille);
  /// What `txn` would say on top of the head, at the head's time.
  const char* simulate(const Txn& txn, std::uint64_t at) const;

  void set_stalled(bool stalled) { stalled_ = stalled; }  // no blocks at all
  void set_finality_stalled(bool stalled) { finality_stalled_ = stalled; }
  /// Until then nobody confirms prices; otherwise a price is as new as the block that is being made.
  void set_oracle_stale_until(UnixSeconds time) { oracle_stale_until_ = time; }
  void set_clock(std::int64_t ahead_s) { rules_.clock_ahead_s = ahead_s; }
  bool stalled() const { return stalled_; }
  bool finality_stalled() const { return finality_stalled_; }

  const LedgerRules& rules() const { return rules_; }
  std::uint64_t head_num() const { return blocks_.size() - 1; }
  std::uint64_t final_num() const { return final_num_; }
  const Block& head() const { return *blocks_.back(); }
  const Block& at(std::uint64_t num) const { return *blocks_[num]; }
  bool has(const coordinator::BlockRef& ref) const { return ref.num < blocks_.size() && at(ref.num).ref == ref; }
  const std::vector<Txn>& mempool() const { return mempool_; }
  struct Included {
    std::uint64_t num = 0;
    const char* refused = nullptr;
  };
  const Included* included(TxnId id) const;
  bool waits(TxnId id) const;  // in the mempool
  UnixSeconds clock(TimeMs now) const;
  std::uint64_t forks() const { return forks_; }
  std::uint64_t last_change() const { return last_change_; }  // number of the last block that changed anything
  bool violated() const { return violated_; }                 // finality was broken at some time

 private:
  const char* execute(const Txn& txn, const coordinator::BlockRef& ref, Instance& instance) const;

  LedgerRules rules_;
  const Recover& recover_;
  std::vector<std::shared_ptr<const Block>> blocks_;  // by number
  std::vector<Txn> mempool_;
  std::map<TxnId, Included> included_;
  std::uint64_t final_num_ = 0, forks_ = 0, last_change_ = 0;
  UnixSeconds oracle_stale_until_ = 0;
  bool stalled_ = false, finality_stalled_ = false, violated_ = false;
};

}  // namespace lockstep::sim
