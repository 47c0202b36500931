#pragma once
// The whole state of the coordinator: a fold of records. Values only; equal states have equal encodings.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/effect.hpp"
#include "coordinator/event.hpp"
#include "coordinator/plan.hpp"

namespace lockstep::coordinator {

enum class Stage : std::uint8_t {
  checking,    // readiness not yet green on every instance
  arming,      // ready; governance has not armed every gate at finality
  armed,       // armed everywhere; the halt time has not come
  halting,     // the halt time came; not every instance is halted at finality with a good baseline
  switching,   // SWITCH certificate being made or carried out
  verifying,   // switched at finality somewhere; evidence outstanding
  deciding,    // voted; home has not decided at finality
  closing,     // decided; not every instance is closed at finality
  releasing,   // closed everywhere; staged resume runs
  soaking,     // open; second verification outstanding (NEW only)
  closed_new,  // end
  closed_old,  // end: rolled back, refused after arming, or disarmed everywhere
  refused      // end: never armed, withdrawn by its operator
};

/// The closed set of reasons that hold a plan.
enum class Waiting : std::uint8_t {
  nothing, readiness, governance, halt_time, finality, breaker, baseline, signatures, transaction, evidence, decision, decision_deadline,
  release_stage, soak, chain_unreachable, held, frozen, operator_key
};

struct WaitingOn {
  Waiting code = Waiting::nothing;
  std::optional<InstanceIndex> instance;
  UnixSeconds since = 0;         // chain time of the home at entry, 0 if unknown
  std::string detail;
  std::string unblocks_when;
  bool operator==(const WaitingOn&) const = default;
};

struct SubmitProgress {
  Submit intent;
  TxnStatus status = TxnStatus::sent;
  Hash32 txn;
  std::string detail;
};

struct InstanceState {
  std::optional<GateView> head, final;
  std::uint32_t readiness_round = 0;               // asked
  std::uint32_t readiness_answered = 0;
  std::vector<CheckRow> readiness;                 // of the last answered round
  std::optional<BlockRef> baseline_asked;
  std::optional<EvidenceReport> baseline;
  std::optional<BlockRef> evidence_asked;
  std::optional<EvidenceReport> evidence;          // after the switch, or after the rollback
  std::optional<EvidenceReport> soak_evidence;
  std::map<Action, SubmitProgress> submits;
  GovernanceStage governance = GovernanceStage::unseen;
  UnixSeconds governance_executable_at = 0;
};

struct PlanState {
  Plan plan;
  Stage stage = Stage::checking;
  std::vector<InstanceState> instances;            // as Plan::instances
  std::map<Kind, std::map<Address, Attestation>> attestations;   // valid, of this plan, by kind and signer
  std::map<Kind, Statement> signing;               // intents to sign, durable before the signer is asked
  std::map<Kind, std::string> sign_refused;
  Outcome decision = Outcome::none;                // home's, at finality
  std::string old_reason;                          // why OLD is wanted; empty while NEW is possible
  bool held = false;
  std::string held_reason;
  bool frozen = false;
  std::string frozen_reason;
  WaitingOn waiting;
};

struct State {
  std::map<Hash32, PlanState> plans;               // by plan hash
  UnixSeconds now = 0;                             // last ClockTicked
};

const char* to_text(Stage stage);
const char* to_text(Waiting code);
bool ended(Stage stage);

}  // namespace lockstep::coordinator
