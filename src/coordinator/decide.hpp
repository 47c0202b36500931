#pragma once
// The one door in and the one fold. decide() looks, apply() changes; recovery replays records through the same apply().
#include <cstdint>
#include <vector>

#include "coordinator/effect.hpp"
#include "coordinator/event.hpp"
#include "coordinator/record.hpp"
#include "coordinator/state.hpp"

namespace lockstep::coordinator {

/// Goes up whenever apply() or outstanding() makes something else of records that exist, so that a start of a newer
/// program in the middle of a plan is told from a bug (FORMAT.md).
inline constexpr std::uint32_t rules_version = 1;

struct Decision {
  std::vector<Record> records;  // to be made durable, together with effects, before anything else happens
  std::vector<Effect> effects;
};

Decision decide(const State& state, const Event& event);
void apply(State& state, const Record& record);

/// Effects that are still outstanding in `state`: what recovery dispatches again. Equal to the journal's outbox after
/// every step.
std::vector<Effect> outstanding(const State& state);

}  // namespace lockstep::coordinator
