#pragma once
// The words trace() is made of. Facts and steps share them, whether they come as an event or as a record.
#include <string>

#include "coordinator/record.hpp"

namespace lockstep::coordinator {

/// Knows how to name instances and says what each event, record and effect is about.
struct Teller {
  const Plan* plan;

  std::string at(InstanceIndex index) const;

  std::string operator()(const PlanSubmitted& e) const;
  std::string operator()(const GateObserved& e) const;
  std::string operator()(const HeadRetracted& e) const;
  std::string operator()(const FinalityViolated& e) const;
  std::string operator()(const ReadinessReported& e) const;
  std::string operator()(const BaselineReported& e) const;
  std::string operator()(const EvidenceReported& e) const;
  std::string operator()(const AttestationReceived& e) const;
  std::string operator()(const SignRefused& e) const;
  std::string operator()(const TxnReported& e) const;
  std::string operator()(const GovernanceObserved& e) const;
  std::string operator()(const InterferenceObserved& e) const;
  std::string operator()(const CommandReceived& e) const;
  std::string operator()(const ClockTicked& e) const;

  std::string operator()(const ReadinessConfirmed& r) const;
  std::string operator()(const StageChanged& r) const;
  std::string operator()(const ReadinessAsked& r) const;
  std::string operator()(const BaselineAsked& r) const;
  std::string operator()(const EvidenceAsked& r) const;
  std::string operator()(const SignIntended& r) const;
  std::string operator()(const SubmitIntended& r) const;
  std::string operator()(const OldWanted& r) const;
  std::string operator()(const Decided& r) const;
  std::string operator()(const Equivocated& r) const;
  std::string operator()(const Frozen& r) const;
  std::string operator()(const AlarmRaised& r) const;
  std::string operator()(const WaitingChanged& r) const;
  std::string operator()(const SubmitDelayed& r) const;
  std::string operator()(const HaltWanted& r) const;

  std::string operator()(const CheckReadiness& e) const;
  std::string operator()(const TakeBaseline& e) const;
  std::string operator()(const CheckEvidence& e) const;
  std::string operator()(const Sign& e) const;
  std::string operator()(const Submit& e) const;
  std::string operator()(const Alarm& e) const;
};

std::string tell(const BlockRef& block);
std::string tell(const Statement& statement);
std::string tell(const std::vector<CheckRow>& rows);

}  // namespace lockstep::coordinator
