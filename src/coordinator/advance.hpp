#pragma once
// What follows from the facts. Every event ends here, so that every path obeys the same rules in the same order.
#include <optional>
#include <string>

#include "coordinator/draft.hpp"

namespace lockstep::coordinator {

/// Adds every step that follows until nothing follows any more, then what the plan waits for. `fresh`: the instance
/// whose final view came with this very event; checks that must look at the newest final block are asked only then.
void advance(Draft& draft, std::optional<InstanceIndex> fresh = std::nullopt);

// The rules, in the order they are tried. Each adds what follows now, at most once.
void derive_decision(Draft& draft);  // home's word, and gates that contradict it
void derive_halt(Draft& draft);      // others that pull the hand brake
void derive_old(Draft& draft);       // reasons to work for OLD
void derive_stage(Draft& draft);
void derive_checks(Draft& draft, std::optional<InstanceIndex> fresh);  // readiness, baseline, evidence, soak
void derive_signing(Draft& draft);
void derive_submits(Draft& draft);
void derive_waiting(Draft& draft);

/// From here on every gate is to be halted at once; people are told.
void want_halt(Draft& draft, const std::string& reason);

/// Steps that need our clock: readiness asked again, failed submissions sent again, our turn
/// to submit.
void pace_readiness(Draft& draft);
void pace_submits(Draft& draft);
/// A new round everywhere, unless one is running or the halt is close.
void ask_readiness_again(Draft& draft);

/// The stage the facts amount to. Not stored in the facts, so a chain that takes something back takes the stage back
/// too.
Stage stage_of(const PlanState& plan);
/// What the plan waits for; `since` is 0 and is filled in by derive_waiting.
WaitingOn waiting_of(const PlanState& plan);

}  // namespace lockstep::coordinator
