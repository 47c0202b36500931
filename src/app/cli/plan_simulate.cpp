#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/diamond.hpp"
#include "adapters/evm/readiness.hpp"
#include "adapters/evm/shadow_trace.hpp"
#include "app/cli/chain_access.hpp"
#include "app/cli/plan_file.hpp"
#include "app/cli/verbs.hpp"
#include "base/time.hpp"

// The switch of a plan, and then its rollback, as an eth_call on the newest final state of every chain: before anybody
// proposes, signs or pays.
namespace lockstep::app {
namespace {

using nlohmann::json;

evm::FollowedPlan followed(const evm::CompiledPlan& plan, std::size_t at) {
  evm::FollowedPlan made;
  made.hash = plan.plan.hash;
  made.plan = plan.plan;
  made.index = static_cast<coordinator::InstanceIndex>(at);
  made.compiled = plan.instances[at];
  return made;
}

struct Simulated {
  coordinator::BlockRef block;
  std::vector<coordinator::CheckRow> rows;
};

Result<Simulated> simulate(const settings::ChainConfig& chain, const evm::FollowedPlan& plan) {
  const auto pool = open_pool(chain);
  if (!pool) return std::unexpected(pool.error());
  const auto block = newest_final(**pool, chain);
  if (!block) return std::unexpected(block.error());
  const auto state = evm::prove(**pool, block->hash, evm::code_requests(plan.compiled, false));
  if (!state) return std::unexpected(state.error());
  auto calls = evm::read_calls(plan.compiled.leaf.old_reads, block->hash);
  calls.push_back(evm::rehearsal_call(plan, block->hash, evm::revocable(plan)));
  const auto answers = evm::agreed_all(**pool, calls);
  if (!answers) return std::unexpected(answers.error());
  const std::span<const evm::RpcAnswer> all(*answers);
  const auto& rehearsal = all.back();
  if (!rehearsal && !evm::is_revert(rehearsal.error()) && rehearsal.error().kind != transport::FailureKind::rpc)
    return std::unexpected(evm::rpc_error("the shadow run was not answered", rehearsal.error()));
  evm::Rows rows;
  evm::add_code_rows(rows, plan.compiled, false, *state);
  if (auto done = evm::diamond::add_planned_rows(rows, **pool, plan.compiled, block->hash); !done)
    return std::unexpected(done.error());
  auto read = evm::add_read_rows(rows, "old-read", "", plan.compiled.leaf.old_reads, all.first(all.size() - 1));
  if (!read) return std::unexpected(read.error());
  evm::add_rehearsal_rows(rows, plan, rehearsal);
  if (chain.traces) evm::add_traced_rows(rows, **pool, plan, *state, block->hash);
  return Simulated{*block, rows.take()};
}

json instance_json(const std::string& chain, const Simulated& one) {
  json rows = json::array();
  for (const auto& row : one.rows)
    rows.push_back({{"name", row.name}, {"colour", coordinator::to_text(row.colour)}, {"detail", row.detail}});
  return {{"chain", chain},
          {"block", {{"num", std::to_string(one.block.num)}, {"hash", to_hex(one.block.hash)}}},
          {"rows", std::move(rows)}};
}

}  // namespace

Exit plan_simulate(Session& session, const std::string& file) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  json instances = json::array();
  std::string text;
  bool ok = true;
  for (std::size_t at = 0; at < plan->compiled.instances.size(); ++at) {
    const auto& name = plan->compiled.instances[at].chain;
    const auto chain = std::ranges::find(plan->config.chains, name, &settings::ChainConfig::id);
    if (chain == plan->config.chains.end())
      return session.fail({"chain " + name + " is not in this config", {}, {}, "add it as [[chain]]"},
                          Exit::bad_config);
    session.detail("asking " + name);
    const auto done = simulate(*chain, followed(plan->compiled, at));
    if (!done) return session.fail(done.error(), Exit::unreachable);
    instances.push_back(instance_json(name, *done));
    text += fmt::format("{} at block {}\n", name, done->block.num);
    for (const auto& row : done->rows) {
      ok = ok && row.colour != coordinator::Colour::red;
      text += fmt::format("  {:<6} {:<20} {}\n", coordinator::to_text(row.colour), row.name, row.detail);
    }
  }
  text += ok ? "it would hold on every chain\n" : "it would not hold\n";
  const auto written = session.result({{"schema", "lockstep.simulation/1"},
                                       {"plan_hash", to_hex(plan->compiled.plan.hash)},
                                       {"ok", ok},
                                       {"instances", instances}},
                                      text);
  return written != Exit::ok || ok ? written : Exit::drift;
}

}  // namespace lockstep::app
