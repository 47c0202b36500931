#pragma once
// Everything that can happen to a plan, as the coordinator sees it. Time and identity arrive here; nothing else comes
// in. Every event may be late, repeated or out of order: decide() guards once at the top and then ignores what is stale
// (S12).
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "coordinator/attestation.hpp"
#include "coordinator/evidence.hpp"
#include "coordinator/gate.hpp"
#include "coordinator/plan.hpp"

namespace lockstep::coordinator {

/// What we may ask a chain to do. One durable intent per (plan, instance, action).
enum class Action : std::uint8_t { engage, switch_version, decide, close, halt_now };
enum class TxnStatus : std::uint8_t {
  sent,
  mined,
  reverted,
  rejected
};  // rejected: never got a nonce (simulation failed, no funds)
enum class GovernanceStage : std::uint8_t { unseen, proposed, queued, ready, executed, cancelled };
enum class CommandKind : std::uint8_t { hold, resume, abort, halt };  // halt: HALT_NOW on every instance, and OLD

/// compiled and checked; the documents are already durable
struct PlanSubmitted {
  Plan plan;
  bool operator==(const PlanSubmitted&) const = default;
};
/// The gate as read at a head or final block. Sent for every new final block and for every head block on which anything
/// but the block changed.
struct GateObserved {
  Hash32 plan;
  InstanceIndex instance = 0;
  Finality finality = Finality::head;
  GateView view;
  bool operator==(const GateObserved&) const = default;
};
/// Head blocks from `first_num` on were replaced; nothing final was.
struct HeadRetracted {
  Hash32 plan;
  InstanceIndex instance = 0;
  std::uint64_t first_num = 0;
  bool operator==(const HeadRetracted&) const = default;
};
/// A block we had called final is no longer there (F12). Freezes the plan.
struct FinalityViolated {
  Hash32 plan;
  InstanceIndex instance = 0;
  BlockRef was;
  BlockRef now;
  bool operator==(const FinalityViolated&) const = default;
};
struct ReadinessReported {
  Hash32 plan;
  InstanceIndex instance = 0;
  std::uint32_t round = 0;
  std::vector<CheckRow> rows;
  bool operator==(const ReadinessReported&) const = default;
};
/// State of the halted instance before the switch: the baseline every later comparison uses.
struct BaselineReported {
  Hash32 plan;
  InstanceIndex instance = 0;
  EvidenceReport report;
  bool operator==(const BaselineReported&) const = default;
};
struct EvidenceReported {
  Hash32 plan;
  InstanceIndex instance = 0;
  Outcome expected = Outcome::none;
  EvidenceReport report;
  bool operator==(const EvidenceReported&) const = default;
};
/// ours (from Sign) or a peer's; signature already verified
struct AttestationReceived {
  Attestation attestation;
  bool operator==(const AttestationReceived&) const = default;
};
/// guard or signer said no: we become observers for this kind
struct SignRefused {
  Hash32 plan;
  Kind kind = Kind::none;
  std::string reason;
  bool operator==(const SignRefused&) const = default;
};
struct TxnReported {
  Hash32 plan;
  InstanceIndex instance = 0;
  Action action = Action::engage;
  TxnStatus status = TxnStatus::sent;
  Hash32 txn;
  std::string detail;
  bool operator==(const TxnReported&) const = default;
};
struct GovernanceObserved {
  Hash32 plan;
  InstanceIndex instance = 0;
  GovernanceStage stage = GovernanceStage::unseen;
  UnixSeconds executable_at = 0;
  std::string detail;
  bool operator==(const GovernanceObserved&) const = default;
};
/// Somebody touched the instance outside the plan (upgrade, role, pause, timelock configuration).
struct InterferenceObserved {
  Hash32 plan;
  InstanceIndex instance = 0;
  BlockRef block;
  std::string detail;
  bool operator==(const InterferenceObserved&) const = default;
};
struct CommandReceived {
  Hash32 plan;
  CommandKind command = CommandKind::hold;
  std::string reason;
  std::string by;
  bool operator==(const CommandReceived&) const = default;
};
/// Our own clock, for pacing only (re-asking, not deciding).
struct ClockTicked {
  UnixSeconds now = 0;
  bool operator==(const ClockTicked&) const = default;
};

using Event = std::variant<PlanSubmitted, GateObserved, HeadRetracted, FinalityViolated, ReadinessReported,
                           BaselineReported, EvidenceReported, AttestationReceived, SignRefused, TxnReported,
                           GovernanceObserved, InterferenceObserved, CommandReceived, ClockTicked>;

const char* to_text(Action action);
const char* to_text(TxnStatus status);
const char* to_text(GovernanceStage stage);
const char* to_text(CommandKind command);

}  // namespace lockstep::coordinator
