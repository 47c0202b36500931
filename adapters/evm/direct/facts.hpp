#pragma once
// What has no place on a chain where there is no gate: that this operator took the plan up, what was decided, and in
// which block an instance was opened again. Kept in a small file of the chain's state directory, replaced as a whole
// and durable before anything follows from it (S11). Written once each: a decision is never changed.
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "base/result.hpp"
#include "coordinator/gate.hpp"

namespace lockstep::evm::direct {

using coordinator::BlockRef;
using coordinator::Outcome;

struct Decision {
  Outcome outcome = Outcome::none;
  Hash32 evidence;
  BlockRef block;  // home's head when it was taken
};

struct Closed {
  Outcome outcome = Outcome::none;
  BlockRef block;  // whose state showed it open, with the right code, and nothing of ours on its way
};

struct Facts {
  std::optional<BlockRef> armed;     // final block that showed both operations ripe
  std::optional<Decision> decision;  // home only
  std::optional<Closed> closed;      // goes away with its block
  std::optional<BlockRef> halt_now;  // head when everything was paused out of turn
  std::optional<BlockRef> switched;  // block in which the switch was executed, found once; goes away with its block

  nlohmann::json to_json() const;
  static Result<Facts> from_json(const nlohmann::json& value);
};

}  // namespace lockstep::evm::direct
