#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/render.hpp"
#include "app/cli/plan_file.hpp"
#include "app/cli/safe_batch.hpp"
#include "app/cli/verbs.hpp"
#include "base/time.hpp"

// Verbs that only read files: the same answer on every machine.
namespace lockstep::app {
namespace {

nlohmann::json hashes(const evm::CompiledPlan& plan) {
  auto instances = nlohmann::json::array();
  for (const auto& i : plan.instances) {
    instances.push_back({{"chain", i.chain},
                         {"chain_id", i.leaf.chain_id},
                         {"gate", to_hex(i.leaf.gate)},
                         {"leaf_hash", to_hex(i.leaf_hash)}});
  }
  return {{"plan_hash", to_hex(plan.plan.hash)},
          {"short_id", to_hex(plan.plan.hash).substr(2, 8)},
          {"document_hash", to_hex(plan.document_hash)},
          {"instances", instances}};
}

}  // namespace

Exit plan_lint(Session& session, const std::string& file) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  auto document = hashes(plan->compiled);
  document["schema"] = "lockstep.lint/1";
  document["ok"] = true;
  const auto& compiled = plan->compiled;
  const bool direct = evm::is_direct(compiled);
  if (direct) document["assurance"] = "degraded";
  return session.result(
      document, fmt::format("{}: ok\nplan {} for {} instances, halt at {}\n{}", file, to_hex(compiled.plan.hash),
                            compiled.instances.size(), to_rfc3339(compiled.plan.window.halt_at),
                            direct ? "assurance: degraded (direct mode, docs/direct.md)\n" : ""));
}

Exit plan_hash(Session& session, const std::string& file) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  auto document = hashes(plan->compiled);
  document["schema"] = "lockstep.hash/1";
  for (const auto& i : plan->compiled.instances) session.detail("leaf " + i.chain + " " + to_hex(i.leaf_hash));
  return session.result(document, to_hex(plan->compiled.plan.hash));
}

Exit plan_render(Session& session, const std::string& file, Page page) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  if (page == Page::proposal) {
    const auto proposals = evm::proposal_json(plan->compiled);
    return session.result(proposals, proposals.dump(2));
  }
  return session.result(evm::render_json(plan->compiled, plan->document),
                        evm::render_markdown(plan->compiled, plan->document));
}

Exit plan_safe_batch(Session& session, const std::string& file, const SafeOptions& options) {
  Exit failed{};
  const auto plan = read_plan_file(session, file, failed);
  if (!plan) return failed;
  const auto& instances = plan->compiled.instances;
  std::string known;
  for (const auto& one : instances) known += (known.empty() ? "" : ", ") + one.chain;
  const auto wanted = options.chain.empty() && instances.size() == 1 ? instances.front().chain : options.chain;
  const auto found = std::ranges::find(instances, wanted, &evm::CompiledInstance::chain);
  if (found == instances.end())
    return session.fail({"a batch is for one chain", "--chain", {}, "name one of: " + known}, Exit::usage);
  const auto declared = std::ranges::find(plan->protocol.instances, wanted, &settings::InstanceConfig::chain);
  const auto step = options.execute ? SafeStep::execute : SafeStep::schedule;
  const auto batch =
      safe_batch(plan->compiled, static_cast<std::size_t>(found - instances.begin()), *declared, step, options.delay_s);
  if (!batch) return session.fail(batch.error(), Exit::usage);
  return session.result(*batch, batch->dump(2));
}

}  // namespace lockstep::app
