#pragma once
// When the world knows more of our signatures than this journal does (F3, F20): an older journal was restored, or our
// key runs elsewhere. Then we observe and sign nothing, because whatever we sign could contradict what we signed.
#include <optional>
#include <string>

#include "coordinator/draft.hpp"

namespace lockstep::coordinator {

/// Why nothing of this plan is signed here any more, of any kind, whatever an operator resumes; null if it may be. It
/// is the refusal of Kind::none, which is never taken back.
const std::string* quarantined(const PlanState& plan);

/// A signature of ours is known that this journal never intended, or, if every operator has to sign, a final block that
/// needed one: quarantine from here on, and people are told.
void derive_quarantine(Draft& draft);

struct Doubt {
  InstanceIndex instance = 0;
  std::string why;
};
/// The same in a head block, which one endpoint can make up: while it is there nothing is signed but HALT_NOW, which
/// can only say one thing.
std::optional<Doubt> doubt(const PlanState& plan);

}  // namespace lockstep::coordinator
