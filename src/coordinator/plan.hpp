#pragma once
// What the coordinator must know of one upgrade. Chain-specific bytes (leaves, calls, declared writes) stay with the
// adapter.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace lockstep::coordinator {

/// Place of an instance in Plan::instances. Constant for the life of a plan.
using InstanceIndex = std::uint16_t;

inline constexpr std::size_t max_instances = 64;
inline constexpr std::size_t max_operators = 32;

struct OperatorSet {
  std::vector<Address> operators;  // strictly ascending; 1 … max_operators
  std::uint32_t threshold = 0;     // N: signatures that switch, vote NEW, release
  std::uint32_t faulty = 0;        // f: f+1 signatures vote OLD early or halt
  Hash32 hash;                     // as the gate computes it
  bool operator==(const OperatorSet&) const = default;
};

struct Instance {
  std::string chain;  // the operator's name for it, unique in the plan
  std::uint64_t chain_id = 0;
  Address gate;
  Hash32 leaf_hash;
  bool push_breaker = false;  // has halt calls: engage() is needed once haltAt passed
  bool switches = true;       // has switch calls; without them GateView::switched_in says when it counts as switched
  bool revocable = true;      // can be rolled back; at most one instance cannot, and it switches first
  bool activates = false;     // network plans: its own base layer changes; its baseline must be from before that
  bool operator==(const Instance&) const = default;
};

/// UNIX seconds, each compared with the clock of the chain it is enforced on; never with another chain's or with ours.
struct Window {
  UnixSeconds arm_by = 0;  // not armed everywhere at finality by then: vote OLD
  UnixSeconds halt_at = 0;
  UnixSeconds switch_by = 0;
  UnixSeconds decide_by = 0;
  std::uint64_t soak_s = 0;
  bool operator==(const Window&) const = default;
};

/// protocol: we switch every instance. network: the base layer of a chain changes; we halt, observe and release.
enum class PlanKind : std::uint8_t { protocol, network };

struct Plan {
  Hash32 hash;
  std::string protocol;
  std::string name;
  std::uint64_t epoch = 0;
  std::string from_version, to_version;
  std::vector<Instance> instances;
  InstanceIndex home = 0;  // the instance whose gate orders the decision
  OperatorSet operators;
  std::optional<Address> self;  // our operator address; nothing = observe only
  Window window;
  std::uint64_t last_stage_s = 0;  // seconds after close until everything is allowed again
  Hash32 config_hash;              // of chain set, quorums and finality this epoch runs with (S14)
  PlanKind kind = PlanKind::protocol;
  bool halt_on_interference = false;  // interference outside the halted window makes us sign HALT_NOW
  bool operator==(const Plan&) const = default;
};

const char* to_text(PlanKind kind);

}  // namespace lockstep::coordinator
