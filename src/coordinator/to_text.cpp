#include "coordinator/codec.hpp"
#include "coordinator/state.hpp"

namespace lockstep::coordinator {
namespace {

/// Names in the order of the enumerators. A value outside is a bug of whoever made it, never of who reads it.
template <class Enum, std::size_t N>
const char* name(Enum value, const char* const (&names)[N]) {
  const auto at = static_cast<std::size_t>(value);
  return at < N ? names[at] : "unknown";
}

}  // namespace

const char* to_text(GatePhase phase) { return name(phase, {"idle", "armed", "switched", "closed_new", "closed_old"}); }
const char* to_text(Outcome outcome) { return name(outcome, {"none", "new", "old"}); }
const char* to_text(Kind kind) { return name(kind, {"none", "switch", "vote_new", "vote_old", "outcome", "halt_now"}); }
const char* to_text(Finality finality) { return name(finality, {"head", "final"}); }
const char* to_text(Colour colour) { return name(colour, {"green", "amber", "red"}); }
const char* to_text(Action action) { return name(action, {"engage", "switch", "decide", "close", "halt_now"}); }
const char* to_text(TxnStatus status) { return name(status, {"sent", "mined", "reverted", "rejected"}); }
const char* to_text(GovernanceStage stage) {
  return name(stage, {"unseen", "proposed", "queued", "ready", "executed", "cancelled"});
}
const char* to_text(CommandKind command) { return name(command, {"hold", "resume", "abort", "halt"}); }
const char* to_text(Stage stage) {
  return name(stage, {"checking", "arming", "armed", "halting", "switching", "verifying", "deciding", "closing",
                      "releasing", "soaking", "closed_new", "closed_old", "refused"});
}
const char* to_text(Waiting code) {
  return name(code, {"nothing", "readiness", "governance", "halt_time", "finality", "breaker", "baseline", "signatures",
                     "transaction", "evidence", "decision", "decision_deadline", "release_stage", "soak",
                     "chain_unreachable", "held", "frozen", "operator_key", "activation"});
}
const char* to_text(PlanKind kind) { return name(kind, {"protocol", "network"}); }
const char* to_text(CodecRefusal refusal) {
  return name(refusal, {"unknown codec version", "unknown type", "malformed"});
}

bool ended(Stage stage) { return stage == Stage::closed_new || stage == Stage::closed_old || stage == Stage::refused; }

Colour worst(const std::vector<CheckRow>& rows) {
  if (rows.empty()) return Colour::red;
  auto colour = Colour::green;
  for (const auto& row : rows) colour = row.colour > colour ? row.colour : colour;
  return colour;
}

}  // namespace lockstep::coordinator
