#pragma once
// One operator's signed statement (EIP-712 on the wire; the gate's Statement type).
#include <cstdint>

#include "base/bytes.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::coordinator {

struct Statement {
  Kind kind = Kind::none;
  std::uint64_t epoch = 0;
  Hash32 plan_hash;
  Outcome outcome = Outcome::none;  // only for Kind::outcome
  Hash32 operator_set;
  Hash32 evidence;
  bool operator==(const Statement&) const = default;
};

struct Attestation {
  Statement statement;
  Address signer;   // recovered from the signature by whoever made this value; never claimed
  Bytes signature;  // 65 bytes r‖s‖v, low s, v 27 or 28
  bool operator==(const Attestation&) const = default;
};

}  // namespace lockstep::coordinator
