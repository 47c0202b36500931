#include <algorithm>

#include "adapters/evm/compile_parts.hpp"

// An instance without a gate: its leaf holds what the relayer's account sends, so that everything that reads a leaf
// (the hash people compare, the checks of code and reads, the page) works as with a gate.
namespace lockstep::evm {
namespace {

Bytes plain_call(InstanceContext& context, const std::string& signature) {
  const auto where = context.protocol.file.string() + ": direct on " + context.instance.chain;
  const auto function = abi::parse_function(signature);
  if (!function) {
    context.errors.push_back({"signature \"" + signature + "\" does not parse", where, function.error().text(), {}});
    return {};
  }
  if (!function->inputs.empty()) {
    context.errors.push_back({function->canonical() + " takes arguments", where, "direct mode gives none", {}});
    return {};
  }
  return abi::encode_call(*function, {});
}

direct::Operation operation(const std::vector<ResolvedCall>& calls, const Hash32& predecessor, const Hash32& salt) {
  direct::Operation out{.calls = plain(calls), .predecessor = predecessor, .salt = salt, .id = {}};
  out.id = direct::operation_id(out);
  return out;
}

}  // namespace

std::optional<direct::Setup> resolve_direct(InstanceContext& context, const std::vector<ResolvedCall>& switch_calls,
                                            const std::vector<ResolvedCall>& rollback_calls, Leaf& leaf) {
  const auto& declared = context.instance.direct;
  if (!declared) return std::nullopt;
  direct::Setup setup{.timelock = context.instance.timelock.address, .contracts = {}, .forward = {}, .back = {}};
  for (const auto& name : declared->contracts) {
    const auto known = context.instance.contracts.find(name);
    if (known == context.instance.contracts.end()) continue;  // refused where the protocol file was read
    setup.contracts.push_back({.name = name,
                               .address = known->second.address,
                               .pause = plain_call(context, declared->pause),
                               .unpause = plain_call(context, declared->unpause),
                               .paused = plain_call(context, declared->paused)});
  }
  const auto& protocol = context.protocol.name;
  const auto arm_by = context.document.arm_by;
  setup.forward = operation(switch_calls, {}, direct::salt(protocol, leaf, arm_by, 0));
  setup.back = operation(rollback_calls, setup.forward.id, direct::salt(protocol, leaf, arm_by, 1));
  leaf.switch_calls = {{setup.timelock, 0, direct::execute_calldata(setup.forward)}};
  leaf.rollback_calls = {{setup.timelock, 0, direct::execute_calldata(setup.back)}};
  return setup;
}

bool is_direct(const CompiledPlan& plan) {
  return std::ranges::any_of(plan.instances, [](const auto& instance) { return instance.direct.has_value(); });
}

const std::vector<Call>& declared_switch(const CompiledInstance& instance) {
  return instance.direct ? instance.direct->forward.calls : instance.leaf.switch_calls;
}

const std::vector<Call>& declared_rollback(const CompiledInstance& instance) {
  return instance.direct ? instance.direct->back.calls : instance.leaf.rollback_calls;
}

}  // namespace lockstep::evm
