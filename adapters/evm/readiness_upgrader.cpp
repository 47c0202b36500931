// A gate that is only executor: the right to upgrade stays with a timelock that was there before, in which governance
// has queued the switch and its inverse. Who else may execute there is a row of its dialect.
#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GatePhase;

struct Waiting {
  const char* what;
  direct::Execution execution;
};

std::vector<Waiting> waiting_for(const Leaf& leaf) {
  std::vector<Waiting> all;
  const auto add = [&](const char* what, const std::vector<Call>& calls) {
    for (const auto& call : calls) {
      if (auto execution = direct::execution_of(call)) all.push_back({what, *std::move(execution)});
    }
  };
  add("switch", leaf.switch_calls);
  add("rollback", leaf.rollback_calls);
  return all;
}

void add_operation_row(Rows& rows, const Waiting& waiting, const std::optional<Uint256>& timestamp, UnixSeconds now,
                       bool switched) {
  const auto& id = waiting.execution.operation.id;
  if (!timestamp) {
    rows.add("upgrader-operation", "", Colour::red, "{} does not answer getTimestamp()",
             to_hex(waiting.execution.timelock));
  } else if (*timestamp == 0) {
    rows.add("upgrader-operation", "", Colour::red,
             "the {} is not in the timelock: operation {}. Next: have governance schedule it", waiting.what,
             to_hex(id));
  } else if (*timestamp == 1) {
    rows.add("upgrader-operation", "", green_if(switched), "the {} was executed: operation {}", waiting.what,
             to_hex(id));
  } else {
    rows.add("upgrader-operation", "", green_if(*timestamp <= now),
             "the {} is queued as operation {}, ripe at {}; it must be before the gate is armed", waiting.what,
             to_hex(id), to_decimal(*timestamp));
  }
}

}  // namespace

Result<void> add_upgrader_rows(Rows& rows, const ReadinessContext& context, const coordinator::GateView& gate) {
  const auto& plan = context.plan;
  if (plan.compiled.direct) return {};
  const auto& declared = context.instance.upgrader;
  const auto all = waiting_for(plan.compiled.leaf);
  if (declared && all.empty())
    rows.add("upgrader", "", Colour::amber, "no call of the plan executes an operation of the upgrader {}",
             to_hex(declared->address));
  std::vector<const Waiting*> known;
  std::vector<Bytes> asked;
  for (const auto& waiting : all) {
    const auto& timelock = waiting.execution.timelock;
    if (!declared || declared->address != timelock) {
      rows.add("upgrader", "", Colour::red,
               "the {} executes an operation of {}, and nobody looks at who else may. Next: name it as upgrader of the "
               "instance",
               waiting.what, to_hex(timelock));
      continue;
    }
    known.push_back(&waiting);
    asked.push_back(direct::timestamp_calldata(waiting.execution.operation.id));
  }
  if (known.empty()) return {};
  const governance::Reader read([&](const auto& calls) { return agreed_all(context.pool, calls); }, gate.block);
  const auto answers = read.calls(declared->address, asked);
  if (!answers) return std::unexpected(answers.error());
  const bool switched = armed_with(gate, plan) && gate.phase != GatePhase::armed;
  for (std::size_t i = 0; i < known.size(); ++i)
    add_operation_row(rows, *known[i], governance::word((*answers)[i]), gate.block.time, switched);
  return {};
}

}  // namespace lockstep::evm
