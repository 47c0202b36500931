// Readiness of an instance without a gate (ADR 0023): what a gate would guarantee is looked at, or said to be missing.
#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/gate_view.hpp"
#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

/// pause() on every contract by the account, all paused, unpause(), all open again: as a switch and its rollback.
Leaf brake_leaf(const CompiledInstance& compiled) {
  Leaf leaf;
  leaf.switch_calls = compiled.leaf.halt_calls;
  leaf.rollback_calls = compiled.leaf.resume_calls;
  for (const auto& contract : compiled.direct->contracts) {
    Hash32 yes;
    yes.bytes.back() = 1;
    leaf.new_reads.push_back({contract.address, contract.paused, 0, Compare::equal, yes});
    leaf.old_reads.push_back({contract.address, contract.paused, 0, Compare::equal, {}});
  }
  return leaf;
}

/// Both operations as the account would execute them.
Leaf execution_leaf(const CompiledInstance& compiled) {
  auto leaf = compiled.leaf;
  leaf.new_reads.clear();
  leaf.old_reads.clear();
  return leaf;
}

/// What failed; empty if it holds.
std::string failure_of(const RpcAnswer& answer) {
  if (!answer) return is_revert(answer.error()) ? why_reverted(answer.error()) : to_text(answer.error());
  const auto bytes = as_bytes(answer);
  const auto result = bytes ? decode_rehearsal(*bytes) : Result<Rehearsal>(std::unexpected(bytes.error()));
  if (!result) return result.error().text();
  if (result->failed_step == 0) return {};
  return fmt::format("{} {} failed: {}", step_name(result->failed_step), result->index, revert_text(result->reason));
}

void add_account_rows(Rows& rows, const ReadinessContext& context) {
  const auto& account = context.plan.gate();
  rows.add("direct-mode", "", Colour::amber,
           "assurance degraded: no gate; pauses are transactions of {}, the decision is this operator's alone, and no "
           "chain opens again by itself",
           to_hex(account));
  rows.add("direct-account", "", green_if(context.signer == account),
           "the account of direct mode is {}, the signer here {}", to_hex(account),
           context.signer ? to_hex(*context.signer) : "none");
}

void add_brake_row(Rows& rows, const direct::Sight& sight, bool armed, const RpcAnswer& answer) {
  if (sight.any_paused()) {
    rows.add("direct-brake", "", green_if(armed), "{}",
             armed ? "paused, and the plan is armed" : "something is paused already, and not by this plan");
    return;
  }
  const auto why = failure_of(answer);
  rows.add("direct-brake", "", green_if(why.empty()), "{}",
           why.empty() ? "the account can pause every contract, and unpause it again" : why);
}

void add_operation_row(Rows& rows, const FollowedPlan& plan, const char* what, const direct::Operation& operation,
                       const Uint256& timestamp, const coordinator::BlockRef& block) {
  const auto arm_by = plan.plan.window.arm_by;
  const bool armed = plan.facts.armed.has_value();
  const auto id = to_hex(operation.id);
  if (timestamp == 0) {
    rows.add("direct-operation", "", armed || block.time >= arm_by ? Colour::red : Colour::amber,
             "the {} is not in the timelock: operation {}; plan render --proposal says what to schedule", what, id);
  } else if (timestamp == 1) {
    rows.add("direct-operation", "", green_if(armed && block.time >= plan.plan.window.halt_at),
             "the {} was executed: operation {}", what, id);
  } else {
    const bool in_time = timestamp < arm_by;
    rows.add("direct-operation", "", in_time ? Colour::green : Colour::red,
             "the {} is queued as operation {}, ripe at {}; it must be before {}", what, id, to_decimal(timestamp),
             to_rfc3339(arm_by));
  }
}

void add_time_row(Rows& rows, const FollowedPlan& plan, const coordinator::BlockRef& block) {
  const auto& window = plan.plan.window;
  const bool armed = plan.facts.armed.has_value();
  rows.add("windows", "", green_if(armed || block.time < window.arm_by), "chain time {}: {}, halts at {}",
           to_rfc3339(block.time), armed ? "armed" : "to be armed by " + to_rfc3339(window.arm_by),
           to_rfc3339(window.halt_at));
}

}  // namespace

std::vector<RpcCall> direct_calls(const ReadinessContext& context, const Hash32& block) {
  const auto& plan = context.plan;
  auto calls = view_calls(plan, block);
  calls.push_back(rehearse_at(plan.gate(), rehearse_calldata(brake_leaf(plan.compiled), true), block));
  calls.push_back(rehearse_at(plan.gate(), rehearse_calldata(execution_leaf(plan.compiled), true), block));
  return calls;
}

Result<coordinator::GateView> add_direct_rows(Rows& rows, const ReadinessContext& context,
                                              const coordinator::BlockRef& block, std::span<const RpcAnswer> answers) {
  if (auto done = all_answered(answers, "the instance is not readable"); !done) return std::unexpected(done.error());
  const auto& plan = context.plan;
  const auto& setup = *plan.compiled.direct;
  const auto view_end = setup.contracts.size() + 2;
  add_account_rows(rows, context);
  const auto sight = direct::sight_of(setup, answers.first(view_end));
  if (!sight) {
    rows.add("direct-brake", "", Colour::red, "{}", sight.error().text());
    coordinator::GateView unknown;
    unknown.block = block;
    return unknown;
  }
  add_brake_row(rows, *sight, plan.facts.armed.has_value(), answers[view_end]);
  add_operation_row(rows, plan, "switch", setup.forward, sight->forward, block);
  add_operation_row(rows, plan, "rollback", setup.back, sight->back, block);
  if (sight->ripe(block.time)) {
    const auto why = failure_of(answers[view_end + 1]);
    rows.add("direct-execution", "", green_if(why.empty()), "{}",
             why.empty() ? "the account can execute the switch and then its inverse" : why);
  }
  add_time_row(rows, plan, block);
  return direct::view_of(plan, *sight, block);
}

}  // namespace lockstep::evm
