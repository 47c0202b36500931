#pragma once
// Everything that can happen to a plan, as the coordinator sees it. Time and identity arrive here; nothing else comes in.
// Every event may be late, repeated or out of order: decide() guards once at the top and then ignores what is stale (S12).
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
enum class Action : std::uint8_t { engage, switch_version, decide, close };
enum class TxnStatus : std::uint8_t { sent, mined, reverted, rejected };  // rejected: never got a nonce (simulation failed, no funds)
enum class GovernanceStage : std::uint8_t { unseen, proposed, queued, ready, executed, cancelled };
enum class CommandKind : std::uint8_t { hold, resume, abort };

struct PlanSubmitted { Plan plan; };                       // compiled and checked; the documents are already durable
/// The gate as read at a head or final block. Sent for every new final block and for every head block on which anything but the block changed.
struct GateObserved { Hash32 plan; InstanceIndex instance; Finality finality; GateView view; };
/// Head blocks from `first_num` on were replaced; nothing final was.
struct HeadRetracted { Hash32 plan; InstanceIndex instance; std::uint64_t first_num; };
/// A block we had called final is no longer there (F12). Freezes the plan.
struct FinalityViolated { Hash32 plan; InstanceIndex instance; BlockRef was; BlockRef now; };
struct ReadinessReported { Hash32 plan; InstanceIndex instance; std::uint32_t round; std::vector<CheckRow> rows; };
/// State of the halted instance before the switch: the baseline every later comparison uses.
struct BaselineReported { Hash32 plan; InstanceIndex instance; EvidenceReport report; };
struct EvidenceReported { Hash32 plan; InstanceIndex instance; Outcome expected; EvidenceReport report; };
struct AttestationReceived { Attestation attestation; };   // ours (from Sign) or a peer's; signature already verified
struct SignRefused { Hash32 plan; Kind kind; std::string reason; };  // guard or signer said no: we become observers for this kind
struct TxnReported { Hash32 plan; InstanceIndex instance; Action action; TxnStatus status; Hash32 txn; std::string detail; };
struct GovernanceObserved { Hash32 plan; InstanceIndex instance; GovernanceStage stage; UnixSeconds executable_at; std::string detail; };
/// Somebody touched the instance outside the plan (upgrade, role, pause, timelock configuration).
struct InterferenceObserved { Hash32 plan; InstanceIndex instance; BlockRef block; std::string detail; };
struct CommandReceived { Hash32 plan; CommandKind command; std::string reason; std::string by; };
/// Our own clock, for pacing only (re-asking, not deciding).
struct ClockTicked { UnixSeconds now; };

using Event = std::variant<PlanSubmitted, GateObserved, HeadRetracted, FinalityViolated, ReadinessReported, BaselineReported, EvidenceReported,
                           AttestationReceived, SignRefused, TxnReported, GovernanceObserved, InterferenceObserved, CommandReceived, ClockTicked>;

const char* to_text(Action action);
const char* to_text(TxnStatus status);
const char* to_text(GovernanceStage stage);
const char* to_text(CommandKind command);

}  // namespace lockstep::coordinator
