#pragma once
// What the coordinator asks of the world. An effect is durable before anyone acts on it (S11), may be carried out more
// than once, and its completion is an Event. key(effect) is its idempotency key: at most one effect of a key is
// outstanding.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "coordinator/attestation.hpp"
#include "coordinator/event.hpp"

namespace lockstep::coordinator {

/// → ReadinessReported of the same round
struct CheckReadiness {
  Hash32 plan;
  InstanceIndex instance = 0;
  std::uint32_t round = 0;
  bool operator==(const CheckReadiness&) const = default;
};
/// → BaselineReported of the same block
struct TakeBaseline {
  Hash32 plan;
  InstanceIndex instance = 0;
  BlockRef block;
  bool operator==(const TakeBaseline&) const = default;
};
/// → EvidenceReported of the same block
struct CheckEvidence {
  Hash32 plan;
  InstanceIndex instance = 0;
  BlockRef block;
  Outcome expected = Outcome::none;
  bool operator==(const CheckEvidence&) const = default;
};
/// → AttestationReceived | SignRefused
struct Sign {
  Statement statement;
  bool operator==(const Sign&) const = default;
};
/// → TxnReported, at last GateObserved
struct Submit {
  Hash32 plan;
  InstanceIndex instance = 0;
  Action action = Action::engage;
  Outcome outcome = Outcome::none;  // decide, close
  Hash32 evidence;                  // of the certificate
  std::vector<Bytes> signatures;    // ascending by signer; empty for engage and for decide(OLD) after the deadline
  std::uint32_t attempt = 0;        // a later attempt replaces an earlier one
  bool operator==(const Submit&) const = default;
};
/// log, metric, notification; no completion, so it is never outstanding
struct Alarm {
  Hash32 plan;
  std::string code;  // constant, kebab-case
  std::string detail;
  bool operator==(const Alarm&) const = default;
};

using Effect = std::variant<CheckReadiness, TakeBaseline, CheckEvidence, Sign, Submit, Alarm>;

/// "<verb>/<plan hash>/<instance or kind>/<round, block or attempt>", e.g. "switch/0x12ab…/2/0"; stable across
/// restarts. Two different effects never share a key, so whoever carries effects out may ignore a key it has seen.
std::string key(const Effect& effect);

}  // namespace lockstep::coordinator
