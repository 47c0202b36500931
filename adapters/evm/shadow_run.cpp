#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

// LockstepRehearsal's runtime code, from contracts_abi/LockstepRehearsal.json when the program was built.
constexpr const char* rehearsal_code =
#include <rehearsal_code.inc>
    ;

/// Who runs the calls, and which: the gate its leaf; without a gate the timelock what is in its two operations, ripe or
/// not.
struct Seat {
  Address address;
  Leaf leaf;
};

Seat seat_of(const FollowedPlan& plan) {
  const auto& compiled = plan.compiled;
  Seat seat{.address = plan.gate(), .leaf = compiled.leaf};
  if (!compiled.direct) return seat;
  seat.address = compiled.direct->timelock;
  seat.leaf.switch_calls = declared_switch(compiled);
  seat.leaf.rollback_calls = declared_rollback(compiled);
  return seat;
}

}  // namespace

bool revocable(const FollowedPlan& plan) {
  const auto& leaf = plan.compiled.leaf;
  return leaf.switch_calls.empty() || !leaf.rollback_calls.empty();
}

RpcCall rehearse_at(const Address& seat, Bytes calldata, const Hash32& block) {
  auto call = call_at(seat, calldata, block);
  call.params.push_back({{to_hex(seat), {{"code", rehearsal_code}}}});
  return call;
}

RpcCall rehearsal_call(const FollowedPlan& plan, const Hash32& block, bool and_back, std::span<const Call> views) {
  const auto seat = seat_of(plan);
  return rehearse_at(seat.address, rehearse_calldata(seat.leaf, and_back, views), block);
}

RpcCall trace_call(const FollowedPlan& plan, const Hash32& block) {
  const auto seat = seat_of(plan);
  auto call = call_at(seat.address, rehearse_calldata(seat.leaf, false), block);
  call.method = "debug_traceCall";
  call.params.push_back({{"tracer", "prestateTracer"},
                         {"tracerConfig", {{"diffMode", true}}},
                         {"stateOverrides", {{to_hex(seat.address), {{"code", rehearsal_code}}}}}});
  return call;
}

void add_rehearsal_rows(Rows& rows, const FollowedPlan& plan, const RpcAnswer& answer) {
  if (!answer) {
    rows.add("shadow-run", "", Colour::red, "could not be run: {}",
             is_revert(answer.error()) ? why_reverted(answer.error()) : to_text(answer.error()));
    return;
  }
  const auto bytes = as_bytes(answer);
  const auto result = bytes ? decode_rehearsal(*bytes) : Result<Rehearsal>(std::unexpected(bytes.error()));
  if (!result) {
    rows.add("shadow-run", "", Colour::red, "{}", result.error().text());
    return;
  }
  const auto step = result->failed_step;
  const auto failed =
      step == 0 ? std::string()
                : fmt::format("{} {} failed: {}", step_name(step), result->index, revert_text(result->reason));
  rows.add("upgrade-authority", "", green_if(step != switch_call_step && step != rollback_call_step), "{}",
           step == switch_call_step || step == rollback_call_step ? failed
           : plan.compiled.direct                                 ? "the timelock can run the planned calls"
                                                                  : "the gate can run the planned calls");
  rows.add("shadow-run", "", green_if(step == 0), "{}",
           step != 0         ? failed
           : revocable(plan) ? "the switch and then the rollback hold on live state, with all planned reads"
                             : "the switch holds on live state, with all planned reads");
  if (!revocable(plan)) {
    rows.add("revocable", "", Colour::amber,
             "this instance cannot be rolled back once it is switched: it switches first, and the others follow it");
  }
}

}  // namespace lockstep::evm
