// Governance before anyone halts: how each of its contracts is configured, when arm may be executed (the windows of all
// chains meet where each holds the plan's own arm_by), and what else waits in its queues.
#include <algorithm>

#include "adapters/evm/follower.hpp"
#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GovernanceStage;

constexpr UnixSeconds margin_s = 600;  // of a window: a stuck transaction is noticed and sent again in less
constexpr std::size_t lines_shown = 8;

void add_delay_row(Rows& rows, const FollowedPlan& plan, const coordinator::GateView& gate, const std::string& slot,
                   const Uint256& delay) {
  const auto name = slot + "-min-delay";
  const auto arm_by = plan.plan.window.arm_by;
  if (armed_with(gate, plan)) {
    rows.add(name.c_str(), "", Colour::green, "{} s; the plan is armed", to_decimal(delay));
    return;
  }
  const auto told = plan.governance.value_or(GovernanceSight{});
  if ((told.stage == GovernanceStage::queued || told.stage == GovernanceStage::ready) && told.from != 0) {
    rows.add(name.c_str(), "", green_if(told.from < arm_by),
             "{} s; arm is queued and may be executed at {}, it must be by {}", to_decimal(delay),
             to_rfc3339(told.from), to_rfc3339(arm_by));
    return;
  }
  rows.add(name.c_str(), "", green_if(gate.block.time + delay < arm_by),
           "{} s; queued now, arm could be executed at {}, it must be by {}", to_decimal(delay),
           to_decimal(gate.block.time + delay), to_rfc3339(arm_by));
}

/// F27: a window that closes before, or just after, arm can be executed is none.
void add_window_row(Rows& rows, const FollowedPlan& plan, const coordinator::GateView& gate) {
  if (armed_with(gate, plan) || !plan.governance) return;
  const auto& sight = *plan.governance;
  const bool waits = sight.stage == GovernanceStage::queued || sight.stage == GovernanceStage::ready;
  if (sight.stage == GovernanceStage::cancelled) {
    rows.add("governance-window", "", Colour::red, "{}: it will not arm the gate", sight.detail);
    return;
  }
  if (!waits) return;
  const auto first = std::max(sight.from, gate.block.time), arm_by = plan.plan.window.arm_by;
  const auto last = sight.until == 0 ? arm_by : std::min(sight.until, arm_by);
  const auto colour = last < first ? Colour::red : amber_unless(last - first >= margin_s || sight.until == 0);
  rows.add("governance-window", "", colour, "{}: arm may be executed from {} {}{}, and must be by {}: {} s are left",
           sight.detail, to_rfc3339(first), sight.until == 0 ? "on, without end" : "until ",
           sight.until == 0 ? "" : to_rfc3339(sight.until), to_rfc3339(arm_by), last < first ? 0 : last - first);
}

Result<void> add_pending_row(Rows& rows, const ReadinessContext& context, const governance::Reader& read) {
  const auto& plan = context.plan;
  std::vector<Address> watched{plan.gate()};
  for (const auto& dialect : context.dialects) watched.push_back(dialect->address());
  for (const auto& [name, contract] : context.instance.contracts) watched.push_back(contract.address);
  governance::Wanted wanted{plan.hash, plan.gate(), plan.arm_calldata};
  for (const auto* calls : {&plan.compiled.leaf.switch_calls, &plan.compiled.leaf.rollback_calls}) {
    for (const auto& call : *calls) {
      if (const auto execution = direct::execution_of(call))
        wanted.planned.push_back("timelock operation " + to_hex(execution->operation.id));
    }
  }
  const auto pending = governance::unplanned(wanted, context.dialects, watched, read, plan.plan.window.decide_by);
  if (!pending) return std::unexpected(pending.error());
  std::string text;
  for (std::size_t i = 0; i < std::min(pending->lines.size(), lines_shown); ++i)
    text += (i == 0 ? "" : "; ") + pending->lines[i];
  if (pending->lines.size() > lines_shown) text += fmt::format("; and {} more", pending->lines.size() - lines_shown);
  if (text.empty())
    text = pending->unread > 0 ? "nothing but this plan was found waiting in any queue"
                               : "nothing but this plan waits in any queue";
  if (pending->unread > 0)
    text +=
        fmt::format("; {} older operations were not asked for yet: the next checks go on with them", pending->unread);
  rows.add("governance-pending", "", governance::colour_of(*pending), "{}{}", text,
           pending->ripe      ? "; it can be executed before the plan is decided, and calls this instance. Next: have "
                                "governance execute or cancel it"
           : pending->touches ? "; it may touch this instance while the plan is under way"
                              : "");
  return {};
}

}  // namespace

Result<void> add_governance_rows(Rows& rows, const ReadinessContext& context, const coordinator::GateView& gate) {
  const governance::Reader read([&](const auto& calls) { return agreed_all(context.pool, calls); },
                                ref(context.final ? *context.final : context.head));
  for (const auto& dialect : context.dialects) {
    governance::Configuration out{
        .rows = rows, .slot = dialect->place().slot, .delay_s = {}, .logs_from = context.logs_from};
    if (auto done = dialect->configure(out, read); !done) return done;
    if (out.delay_s && !context.plan.compiled.direct && out.slot != "upgrader")
      add_delay_row(rows, context.plan, gate, out.slot, *out.delay_s);
  }
  if (!context.plan.compiled.direct) add_window_row(rows, context.plan, gate);
  return add_pending_row(rows, context, read);
}

}  // namespace lockstep::evm
