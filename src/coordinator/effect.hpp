#pragma once
// What the coordinator asks of the world. An effect is durable before anyone acts on it (S11), may be carried out more than once, and its
// completion is an Event. key(effect) is its idempotency key: at most one effect of a key is outstanding.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "coordinator/attestation.hpp"
#include "coordinator/event.hpp"

namespace lockstep::coordinator {

struct CheckReadiness { Hash32 plan; InstanceIndex instance; std::uint32_t round; };           // → ReadinessReported of the same round
struct TakeBaseline { Hash32 plan; InstanceIndex instance; BlockRef block; };                  // → BaselineReported
struct CheckEvidence { Hash32 plan; InstanceIndex instance; BlockRef block; Outcome expected; }; // → EvidenceReported
struct Sign { Statement statement; };                                                          // → AttestationReceived | SignRefused
struct Submit {                                                                                // → TxnReported, at last GateObserved
  Hash32 plan;
  InstanceIndex instance;
  Action action;
  Outcome outcome = Outcome::none;       // decide, close
  Hash32 evidence;                       // of the certificate
  std::vector<Bytes> signatures;         // ascending by signer; empty for engage and for decide(OLD) after the deadline
  std::uint32_t attempt = 0;             // a later attempt replaces an earlier one
};
struct Alarm { Hash32 plan; std::string code; std::string detail; };                           // log, metric, notification; no completion

using Effect = std::variant<CheckReadiness, TakeBaseline, CheckEvidence, Sign, Submit, Alarm>;

/// e.g. "switch/0x12ab…/2"; stable across restarts.
std::string key(const Effect& effect);

}  // namespace lockstep::coordinator
