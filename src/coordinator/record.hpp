#pragma once
// What becomes durable. A record is either a fact (the event as it was accepted) or a step the rules derived from
// facts. State is the fold of records and of nothing else. The encoding is in codec.hpp; once written, the meaning of a
// record never changes.
#include <variant>

#include "coordinator/effect.hpp"
#include "coordinator/event.hpp"
#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// A readiness round was answered with the same names and colours as the round before; the rows kept are those of that
/// round.
struct ReadinessConfirmed {
  Hash32 plan;
  InstanceIndex instance = 0;
  std::uint32_t round = 0;
  bool operator==(const ReadinessConfirmed&) const = default;
};
struct StageChanged {
  Hash32 plan;
  Stage from = Stage::checking;
  Stage to = Stage::checking;
  bool operator==(const StageChanged&) const = default;
};
struct ReadinessAsked {
  Hash32 plan;
  InstanceIndex instance = 0;
  std::uint32_t round = 0;
  UnixSeconds at = 0;  // our clock; pacing only
  bool operator==(const ReadinessAsked&) const = default;
};
struct BaselineAsked {
  Hash32 plan;
  InstanceIndex instance = 0;
  BlockRef block;  // final
  bool operator==(const BaselineAsked&) const = default;
};
struct EvidenceAsked {
  Hash32 plan;
  InstanceIndex instance = 0;
  BlockRef block;  // of the switch for the new version, newest final one for the old version and for the soak
  Outcome expected = Outcome::none;
  bool soak = false;  // the second verification
  bool operator==(const EvidenceAsked&) const = default;
};
/// The intent to sign; durable before the signer hears of it (S11). At most one per plan and kind, never changed (S8).
struct SignIntended {
  Statement statement;
  bool operator==(const SignIntended&) const = default;
};
struct SubmitIntended {
  Submit intent;
  UnixSeconds at = 0;  // our clock; pacing only
  bool operator==(const SubmitIntended&) const = default;
};
/// A certificate is complete, and operators of a lower rank get until `until` to submit it (rank: PROTOCOL.md).
struct SubmitDelayed {
  Hash32 plan;
  InstanceIndex instance = 0;
  Action action = Action::engage;
  UnixSeconds until = 0;  // our clock; pacing only
  bool operator==(const SubmitDelayed&) const = default;
};
/// From here on this operator wants every instance halted at once. Never taken back.
struct HaltWanted {
  Hash32 plan;
  std::string reason;
  bool operator==(const HaltWanted&) const = default;
};
/// From here on this operator works for OLD. Never taken back.
struct OldWanted {
  Hash32 plan;
  std::string reason;
  bool operator==(const OldWanted&) const = default;
};
/// Home's decision, seen at finality.
struct Decided {
  Hash32 plan;
  Outcome outcome = Outcome::none;
  Hash32 evidence;              // of the certificate that decided; zero without one
  std::uint64_t block_num = 0;  // of home
  bool operator==(const Decided&) const = default;
};
/// Two different statements of one (epoch, kind) by one signer; both are kept as proof.
struct Equivocated {
  Attestation kept, contradiction;
  bool operator==(const Equivocated&) const = default;
};
/// An instance ended differently from what home decided, or out of our sight. Nothing is signed or sent until an
/// operator resumes.
struct Frozen {
  Hash32 plan;
  InstanceIndex instance = 0;
  std::string reason;
  bool operator==(const Frozen&) const = default;
};
struct AlarmRaised {
  Hash32 plan;
  std::string code;
  std::string detail;
  bool operator==(const AlarmRaised&) const = default;
};
struct WaitingChanged {
  Hash32 plan;
  WaitingOn waiting;
  bool operator==(const WaitingChanged&) const = default;
};

using Record =
    std::variant<PlanSubmitted, GateObserved, HeadRetracted, FinalityViolated, ReadinessReported, BaselineReported,
                 EvidenceReported, AttestationReceived, SignRefused, TxnReported, GovernanceObserved,
                 InterferenceObserved, CommandReceived, ClockTicked, ReadinessConfirmed, StageChanged, ReadinessAsked,
                 BaselineAsked, EvidenceAsked, SignIntended, SubmitIntended, OldWanted, Decided, Equivocated, Frozen,
                 AlarmRaised, WaitingChanged, SubmitDelayed, HaltWanted>;

}  // namespace lockstep::coordinator
