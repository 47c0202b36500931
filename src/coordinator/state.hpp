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
  nothing,
  readiness,
  governance,
  halt_time,
  finality,
  breaker,
  baseline,
  signatures,
  transaction,
  evidence,
  decision,
  decision_deadline,
  release_stage,
  soak,
  chain_unreachable,
  held,
  frozen,
  operator_key,
  activation  // of the base layer's change, which a network plan observes
};

struct WaitingOn {
  Waiting code = Waiting::nothing;
  std::optional<InstanceIndex> instance;
  UnixSeconds since = 0;  // chain time of the home at entry, 0 if unknown
  std::string detail;
  std::string unblocks_when;
  bool operator==(const WaitingOn&) const = default;
};

struct SubmitProgress {
  Submit intent;
  TxnStatus status = TxnStatus::sent;
  Hash32 txn;
  std::string detail;
  UnixSeconds asked_at = 0;     // our clock when this attempt was intended; pacing only
  bool seen = false;            // a head block showed the effect; if a later one does not, it was lost
  std::uint64_t gone_from = 0;  // mined, but heads from here on were replaced before one showed the effect
};

struct InstanceState {
  std::optional<GateView> head, final;
  std::uint32_t readiness_round = 0;  // asked
  std::uint32_t readiness_answered = 0;
  UnixSeconds readiness_asked_at = 0;  // our clock; pacing only
  std::uint32_t confirm_round = 0;  // rounds from this one on were asked after governance armed somewhere; 0: not yet
  std::vector<CheckRow> readiness;  // of the last answered round whose colours differed from the one before
  std::optional<BlockRef> baseline_asked;
  std::optional<EvidenceReport> baseline;
  std::optional<BlockRef> evidence_asked;
  Outcome evidence_expected =
      Outcome::none;  // what evidence_asked looks for: the new version, or the old one after a rollback
  std::optional<EvidenceReport> evidence;  // after the switch, or after the rollback
  std::optional<BlockRef> soak_asked;
  std::optional<EvidenceReport> soak_evidence;
  std::map<Action, SubmitProgress> submits;
  std::map<Action, UnixSeconds> submit_after;  // operators of a lower rank go first; our clock, pacing only
  GovernanceStage governance = GovernanceStage::unseen;
  UnixSeconds governance_executable_at = 0;
  std::uint64_t governance_since = 0;  // the final block that was known when that stage was told; 0: none
  bool armed_once = false;             // our plan was seen ARMED or further in a final block
  bool switched_once = false;          // seen SWITCHED in any block: a close OLD is a rollback and is verified
  Outcome closed = Outcome::none;      // how the gate closed our epoch, final
  UnixSeconds closed_at = 0;
  std::uint64_t closed_num = 0;  // block in which that was seen
  bool mismatch_known = false;   // it closed with another outcome than home decided; the plan was frozen for it once
  std::optional<BlockRef> interference;  // last block in which somebody touched the instance outside the plan
  bool breaker_doubted = false;  // push breaker: touched while it should hold; engaged once more whatever the gate says
  bool halt_after_close = false;  // HALT_NOW was wanted when it was already closed; an OLD close after it answers it
  std::optional<BlockRef> fork;   // block that replaced a final one (F12)
};

struct PlanState {
  Plan plan;
  Stage stage = Stage::checking;
  std::vector<InstanceState> instances;                         // as Plan::instances
  std::map<Kind, std::map<Address, Attestation>> attestations;  // valid, of this plan, by kind and signer
  std::map<Kind, Statement> signing;                            // intents to sign, durable before the signer is asked
  std::map<Kind, std::string> sign_refused;
  std::map<Kind, std::map<Address, Attestation>>
      equivocations;                 // first statement that contradicts the kept one, by kind and signer
  Outcome decision = Outcome::none;  // home's, at finality
  Hash32 decision_evidence;
  std::uint64_t decided_num = 0;  // home's block in which the decision was seen
  std::string old_reason;         // why OLD is wanted; empty while NEW is possible
  bool aborted = false;           // by command
  std::string abort_reason;
  std::string halt_reason;  // why HALT_NOW is wanted; empty while it is not
  bool forked = false;      // a final block was replaced at some time
  bool held = false;
  std::string held_reason;
  bool frozen = false;
  std::string frozen_reason;
  WaitingOn waiting;
};

struct State {
  std::map<Hash32, PlanState> plans;  // by plan hash
  UnixSeconds now = 0;                // last ClockTicked
};

const char* to_text(Stage stage);
const char* to_text(Waiting code);
bool ended(Stage stage);

}  // namespace lockstep::coordinator
