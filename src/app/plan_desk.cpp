#include "app/plan_desk.hpp"

namespace lockstep::app {

std::expected<evm::CompiledPlan, std::vector<Error>> PlanDesk::read(const std::string& toml,
                                                                    const std::string& file_name,
                                                                    const std::optional<Hash32>& meant) const {
  auto plan = compiler_.compile(toml, file_name);
  if (!plan) return plan;
  if (meant && plan->plan.hash != *meant) {
    const Error other{
        "the daemon compiles another plan from this file", file_name,
        "it gives plan " + to_hex(plan->plan.hash) + " here, " + to_hex(*meant) + " where it was submitted",
        "compare the daemon's protocol file and chain ids with yours"};
    return std::unexpected(std::vector{other});
  }
  return plan;
}

Result<void> PlanDesk::keep(const evm::CompiledPlan& plan, const std::string& toml) {
  if (auto saved = store_.save(plan, toml); !saved) return saved;
  return bind(plan);
}

Result<void> PlanDesk::bind(const evm::CompiledPlan& plan) {
  std::vector<std::vector<mirror::Delta>> deltas;
  for (std::size_t i = 0; i < plan.instances.size(); ++i) {
    const auto& chain = plan.plan.instances[i].chain;
    const auto found = chains_.find(chain);
    if (found == chains_.end())
      return fail("chain \"" + chain + "\" is not configured", to_hex(plan.plan.hash), "",
                  "add a [[chain]] with this id");
    if (auto added = found->second->add_plan(plan, static_cast<coordinator::InstanceIndex>(i)); !added) return added;
    deltas.push_back(plan.instances[i].deltas);
  }
  const std::lock_guard lock(mutex_);
  deltas_.insert_or_assign(plan.plan.hash, std::move(deltas));
  return {};
}

Result<void> PlanDesk::restore(const coordinator::State& state) {
  for (const auto& [hash, plan] : state.plans) {
    auto restored = restore(plan.plan);
    if (restored || coordinator::ended(plan.stage))
      continue;  // an ended plan is only replayed into the mirror, which says what it misses
    return restored;
  }
  return {};
}

Result<void> PlanDesk::restore(const coordinator::Plan& plan) {
  const auto name = "plan " + to_hex(plan.hash);
  const auto source = store_.source(plan.hash);
  if (!source) return std::unexpected(source.error());
  const auto compiled = compiler_.compile(*source, name);
  if (!compiled) return std::unexpected(compiled.error().front());
  if (compiled->plan.hash != plan.hash) {
    return fail("the protocol file changed under an unfinished plan", name,
                "it would now be plan " + to_hex(compiled->plan.hash),
                "put the protocol file back as it was when the plan was submitted");
  }
  if (compiled->plan.config_hash != plan.config_hash) {
    return fail(
        "the configuration changed under an unfinished plan", name,
        "chain set, chain ids, gates, finality, quorums, operators and the operator key are fixed within an epoch",
        "put the configuration back as it was when the plan was submitted");
  }
  return bind(*compiled);
}

Result<std::vector<mirror::Delta>> PlanDesk::deltas(const Hash32& plan, coordinator::InstanceIndex instance) const {
  const std::lock_guard lock(mutex_);
  const auto found = deltas_.find(plan);
  if (found == deltas_.end() || instance >= found->second.size())
    return fail("no document is bound to plan " + to_hex(plan));
  return found->second[instance];
}

}  // namespace lockstep::app
