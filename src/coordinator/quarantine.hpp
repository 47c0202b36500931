#pragma once
// When the world knows more of our signatures than this journal does (F3, F20): an older journal was restored, or our
// key runs elsewhere. Then we observe and sign nothing, because whatever we sign could contradict what we signed.
#include <string>

#include "coordinator/draft.hpp"

namespace lockstep::coordinator {

/// Refuses every kind and tells people. An operator who knows better resumes the plan.
void quarantine(Draft& draft, const std::string& reason);

/// What this view shows needed a signature of ours, if every operator had to sign for it, and this journal never
/// intended one. Empty if all is well.
std::string unknown_signature(const PlanState& plan, InstanceIndex index, const GateView& view);

}  // namespace lockstep::coordinator
