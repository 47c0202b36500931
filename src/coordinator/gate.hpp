#pragma once
// What a gate is, as read at one block.
#include <cstdint>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace lockstep::coordinator {

struct BlockRef {
  std::uint64_t num = 0;
  Hash32 hash;
  UnixSeconds time = 0;
  bool operator==(const BlockRef&) const = default;
};

enum class GatePhase : std::uint8_t { idle, armed, switched, closed_new, closed_old };  // as ILockstepGate.Phase
enum class Outcome : std::uint8_t { none, new_version, old_version };                   // as ILockstepGate.Outcome
enum class Kind : std::uint8_t {
  none,
  switch_version,
  vote_new,
  vote_old,
  outcome,
  halt_now
};  // as ILockstepGate.Kind

struct GateView {
  BlockRef block;
  GatePhase phase = GatePhase::idle;
  std::uint64_t epoch = 0;
  Hash32 plan_hash, leaf_hash;
  UnixSeconds halt_at = 0, switch_by = 0, decide_by = 0, switched_at = 0, closed_at = 0;
  Outcome decision = Outcome::none;  // home only
  Hash32 decision_evidence;
  bool engaged = false;
  bool halted = false;
  UnixSeconds halt_now_until = 0;
  std::uint32_t mask = 0;
  Hash32 operator_set;
  /// The block from which on the instance runs what the plan wants: the one in which SWITCHED began; for an instance
  /// without switch calls the first one at or past its activation (network plans) or its halt time. The same for
  /// everybody who looks at this fork, however late (evidence is about this block). Zero hash: not yet.
  BlockRef switched_in;
  bool operator==(const GateView&) const = default;
};

enum class Finality : std::uint8_t { head, final };

const char* to_text(GatePhase phase);
const char* to_text(Outcome outcome);
const char* to_text(Kind kind);
const char* to_text(Finality finality);

}  // namespace lockstep::coordinator
