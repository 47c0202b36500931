#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GatePhase;

Bytes getter(const char* signature) {
  const auto selector = abi::parse_function(signature).value().selector();
  return {selector.begin(), selector.end()};
}

Result<Hash32> word(const RpcAnswer& answer, const char* name) {
  const auto bytes = as_bytes(answer);
  if (!bytes) return fail(std::string("gate.") + name + " not readable", {}, bytes.error().text());
  const auto value = word_of(*bytes, 0);
  if (!value) return fail(std::string("gate.") + name + " gives no word");
  return *value;
}

void add_epoch_row(Rows& rows, const coordinator::GateView& gate, const FollowedPlan& plan) {
  if (armed_with(gate, plan)) {
    rows.add("gate-epoch", "", Colour::green, "epoch {} is armed with this plan", gate.epoch);
    return;
  }
  const bool open = gate.phase == GatePhase::armed || gate.phase == GatePhase::switched;
  rows.add("gate-epoch", "", green_if(!open && gate.epoch + 1 == plan.plan.epoch),
           "the gate is {} in epoch {}; the plan is for epoch {}{}", coordinator::to_text(gate.phase), gate.epoch,
           plan.plan.epoch, open ? ", another plan is open" : "");
}

void add_window_row(Rows& rows, const coordinator::GateView& gate, const FollowedPlan& plan, UnixSeconds now,
                    std::uint64_t notice_s) {
  const auto& window = plan.plan.window;
  if (armed_with(gate, plan)) {
    rows.add("windows", "", Colour::green, "armed; halts at {}", to_rfc3339(gate.halt_at));
    return;
  }
  const bool notice = window.halt_at > now + notice_s;
  const bool arm = window.arm_by > now;
  rows.add("windows", "", green_if(notice && arm),
           "chain time {}: to be armed by {}, halts at {}; the gate wants {} s between the two", to_rfc3339(now),
           to_rfc3339(window.arm_by), to_rfc3339(window.halt_at), notice_s);
}

}  // namespace

std::vector<RpcCall> gate_calls(const ReadinessContext& context, const Hash32& block) {
  if (context.plan.compiled.direct) return direct_calls(context, block);
  const auto& gate = context.plan.gate();
  return {call_at(gate, status_calldata(), block),
          call_at(gate, getter("timelock()(address)"), block),
          call_at(gate, getter("homeChainId()(uint256)"), block),
          call_at(gate, getter("homeGate()(address)"), block),
          call_at(gate, getter("minNotice()(uint32)"), block),
          code_at(gate, block),
          call_at(gate, getter("guardian()(address)"), block),
          call_at(gate, getter("haltNowDuration()(uint32)"), block)};
}

Result<coordinator::GateView> add_gate_rows(Rows& rows, const ReadinessContext& context,
                                            const coordinator::BlockRef& block, std::span<const RpcAnswer> answers) {
  if (context.plan.compiled.direct) return add_direct_rows(rows, context, block, answers);
  if (auto done = all_answered(answers, "the gate is not readable"); !done) return std::unexpected(done.error());
  const auto& plan = context.plan;
  coordinator::GateView unknown;
  unknown.block = block;
  const auto status = as_bytes(answers[0]);
  const auto gate =
      status ? decode_status(*status, block) : Result<coordinator::GateView>(std::unexpected(status.error()));
  const auto timelock = word(answers[1], "timelock()");
  const auto home_chain = word(answers[2], "homeChainId()"), home_gate = word(answers[3], "homeGate()");
  const auto notice = word(answers[4], "minNotice()");
  const auto guardian = word(answers[6], "guardian()"), duration = word(answers[7], "haltNowDuration()");
  if (!gate || !timelock || !home_chain || !home_gate || !notice || !guardian || !duration) {
    const auto code = as_bytes(answers[5]);
    rows.add("gate-code", "", Colour::red, "{} at block {}: {}", to_hex(plan.gate()), block.num,
             code && code->empty() ? "no code" : "the code does not answer as a LockstepGate");
    return unknown;
  }
  const auto governor = to_address(from_word(*timelock));
  rows.add("gate-code", "", green_if(governor == context.instance.timelock.address),
           "gate {} has code; its timelock is {}, configured {}", to_hex(plan.gate()), to_hex(governor),
           to_hex(context.instance.timelock.address));
  const auto& home = plan.plan.instances[plan.plan.home];
  const bool same_home = from_word(*home_chain) == home.chain_id && to_address(from_word(*home_gate)) == home.gate;
  rows.add("gate-home", "", green_if(same_home), "home is gate {} on chain id {}, planned {} on {}",
           to_hex(to_address(from_word(*home_gate))), to_decimal(from_word(*home_chain)), to_hex(home.gate),
           home.chain_id);
  rows.add("gate-operator-set", "", green_if(gate->operator_set == plan.plan.operators.hash),
           "operator set {}, planned {} ({} of {})", to_hex(gate->operator_set), to_hex(plan.plan.operators.hash),
           plan.plan.operators.threshold, plan.plan.operators.operators.size());
  const auto brake = to_address(from_word(*guardian));
  rows.add("gate-guardian", "", Colour::green, "{} operators, {} may halt at once, for {} s",
           plan.plan.operators.faulty + 1,
           brake.is_zero() ? "and nobody else," : "or the guardian " + to_hex(brake) + " alone,",
           to_decimal(from_word(*duration)));
  add_epoch_row(rows, *gate, plan);
  add_window_row(rows, *gate, plan, block.time, static_cast<std::uint64_t>(from_word(*notice) & 0xffffffffU));
  return *gate;
}

}  // namespace lockstep::evm
