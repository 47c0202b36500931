#pragma once
// LockstepGate's rules in C++: the same transitions, the same refusals in the same order, certificates verified as on
// chain (EIP-712 digest, signers recovered, ascending, N or f+1 of the current set). What the armed calls do to the
// instance is the exchange's business. A value: copying it is a snapshot.
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sim/exchange.hpp"
#include "coordinator/attestation.hpp"
#include "coordinator/gate.hpp"
#include "coordinator/plan.hpp"

namespace lockstep::sim {

using coordinator::GatePhase;
using coordinator::Kind;
using coordinator::Outcome;

struct ResumeStage {
  std::uint64_t after_s = 0;
  std::uint32_t mask = 0;
};

/// What one plan arms on one instance.
struct Leaf {
  std::uint64_t chain_id = 0;
  Address gate;
  std::uint64_t epoch = 0;
  UnixSeconds halt_at = 0, switch_by = 0, decide_by = 0;
  Hash32 operator_set;
  std::uint64_t oracle_max_age_s = 0;  // 0: no oracle checks are armed
  bool push_breaker = false;           // halt and resume calls
  bool switches = true;                // switch and rollback calls
  UnixSeconds activates_at = 0;        // by this chain's clock its base layer changes (network plans); 0: it does not
  Hash32 old_code, new_code;
  std::vector<ResumeStage> stages;

  Hash32 hash() const;
  /// From when an instance without switch calls counts as switched.
  UnixSeconds onset() const { return activates_at > 0 ? activates_at : halt_at; }
};

/// Constant for the life of a gate, but for the set.
struct GateTiming {
  std::uint64_t min_notice_s = 600, disarm_margin_s = 120, halt_now_s = 3600, force_delay_s = 86400;
};

/// What a refused call says; a constant.
using Refused = std::expected<void, const char*>;

/// Recovers the signer of a digest; memoised by the world, because a certificate is looked at by many.
using Recover = std::function<std::optional<Address>(const Hash32& digest, const Bytes& signature)>;

struct Certificate {
  Hash32 evidence;
  std::vector<Bytes> signatures;
};

class Gate {
 public:
  Gate() = default;
  Gate(std::uint64_t chain_id, const Address& address, std::uint64_t home_chain_id, const Address& home_gate,
       const coordinator::OperatorSet& set, const GateTiming& timing);

  struct Call {  // where and when a call runs
    coordinator::BlockRef block;
    Exchange& exchange;
    const Recover& recover;
  };

  Refused arm(const Call& call, const Hash32& plan_hash, const std::shared_ptr<const Leaf>& leaf);
  Refused disarm(const Call& call);
  Refused skip_epoch(const Call& call);
  Refused engage(const Call& call);
  Refused switch_version(const Call& call, const Certificate& cert);
  Refused decide(const Call& call, Outcome outcome, const Certificate& cert);
  Refused close(const Call& call, Outcome outcome, const Certificate& cert);
  Refused halt_now(const Call& call, const Certificate& cert, bool guardian);
  Refused force_resolve(const Call& call, Outcome outcome);
  /// Every block, before its transactions: notes where an instance without switch calls came to count as switched.
  bool tick(const coordinator::BlockRef& block);
  bool due(const coordinator::BlockRef& block) const;  // tick() would change something

  coordinator::GateView view(const coordinator::BlockRef& block) const;
  std::uint32_t mask(UnixSeconds now) const;
  bool halted(UnixSeconds now) const { return halted_now(now) || halted_by_plan(now); }
  bool halted_by_plan(UnixSeconds now) const { return open() && now >= halt_at_; }
  bool open() const { return phase_ == GatePhase::armed || phase_ == GatePhase::switched; }
  bool engaged() const { return engaged_; }
  bool is_home() const { return chain_id_ == home_chain_id_ && address_ == home_gate_; }

  GatePhase phase() const { return phase_; }
  std::uint64_t epoch() const { return epoch_; }
  const Hash32& plan_hash() const { return plan_hash_; }
  const Leaf* leaf() const { return leaf_.get(); }
  Outcome decision() const { return decision_; }
  bool forced() const { return forced_; }  // this epoch ended by forceResolve
  UnixSeconds halt_at() const { return halt_at_; }
  UnixSeconds open_at() const { return open_at_; }
  UnixSeconds switched_at() const { return switched_at_; }
  UnixSeconds halt_now_until() const { return halt_now_until_; }
  const coordinator::OperatorSet& operators() const { return set_; }
  const GateTiming& timing() const { return timing_; }
  const Hash32& domain() const { return domain_; }
  const Address& address() const { return address_; }

 private:
  bool halted_now(UnixSeconds now) const { return now < halt_now_until_; }
  Refused require_idle(UnixSeconds now) const;
  Refused require_leaf() const;
  Refused require_signed(const Call& call, Kind kind, Outcome outcome, const Certificate& cert, std::size_t need) const;
  Refused run_switch(const Call& call);
  Refused finish(const Call& call, Outcome outcome);
  void begin(const Hash32& plan_hash);
  void close_as(const Call& call, Outcome outcome, bool in_stages);

  std::uint64_t chain_id_ = 0, home_chain_id_ = 0;
  Address address_, home_gate_;
  Hash32 domain_;
  coordinator::OperatorSet set_;
  GateTiming timing_;

  GatePhase phase_ = GatePhase::idle;
  std::uint64_t epoch_ = 0;
  Hash32 plan_hash_, leaf_hash_;
  std::shared_ptr<const Leaf> leaf_;
  UnixSeconds halt_at_ = 0, closed_at_ = 0, open_at_ = 0, halt_now_until_ = 0, switched_at_ = 0;
  Outcome decision_ = Outcome::none;
  Hash32 decision_evidence_;
  bool engaged_ = false, halt_certificate_used_ = false, forced_ = false, staged_ = false;
  coordinator::BlockRef switched_in_;
};

/// keccak256(abi.encode(address[] operators, uint32 threshold, uint32 faulty)), as the gate computes it.
Hash32 operator_set_hash(const std::vector<Address>& operators, std::uint32_t threshold, std::uint32_t faulty);

inline constexpr std::uint32_t mask_all = 0xff, mask_oracle = 1u << 2, mask_trade = 1u << 5;

}  // namespace lockstep::sim
