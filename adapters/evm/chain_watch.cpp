// The watch over everybody else (F28): what they do to an instance from outside the plan, as events tell it and as
// state shows it. Told from final blocks, since an interference is never taken back; a plan that says
// halt_on_interference has its head blocks watched as well, because then stopping too early is what it asks for.
#include <algorithm>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/code_watch.hpp"
#include "adapters/evm/diamond.hpp"
#include "adapters/evm/interference.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GatePhase;
using coordinator::InterferenceObserved;

std::set<Address> targets(const std::vector<Call>& calls) {
  std::set<Address> accounts;
  for (const auto& call : calls) accounts.insert(call.target);
  return accounts;
}

bool open_epoch(const coordinator::GateView& view, const Hash32& plan) {
  return view.plan_hash == plan && (view.phase == GatePhase::armed || view.phase == GatePhase::switched);
}

}  // namespace

void EvmChain::Impl::watch_brakes(const FollowedPlan& plan) {
  for (const auto& target : targets(plan.compiled.leaf.halt_calls)) {
    const auto place = std::ranges::lower_bound(addresses, target);
    if (place == addresses.end() || *place != target) addresses.insert(place, target);
  }
}

void EvmChain::Impl::watch_plan(FollowedPlan& plan, const std::vector<Log>& logs) {
  const auto& config = instances[plan.instance].setup.config;
  const auto brakes = targets(plan.compiled.leaf.halt_calls);
  const auto& without_gate = plan.compiled.direct;
  // By place, which receipts prove; a transaction's hash is only what the endpoint says.
  const auto place = [](const Log& log) { return std::pair(log.block_num, log.txn_index); };
  std::set<std::pair<std::uint64_t, std::uint32_t>> explained;
  for (const auto& log : logs) {
    if (without_gate ? carries_out_direct(log, *without_gate) : carries_out(log, plan.gate(), plan.hash))
      explained.insert(place(log));
  }
  for (const auto& log : logs) {
    if (log.block_num < plan.memory.watch_from || explained.contains(place(log))) continue;
    if (without_gate && paused_by(log, plan.gate())) continue;
    auto detail = interference(log, config, instances[plan.instance].dialects, brakes);
    if (!detail) detail = cancels(log, plan.compiled.leaf);
    if (!detail || !plan.interference_told.insert(*detail).second) continue;
    const auto* held = follower.window().at(log.block_num);
    const coordinator::BlockRef block{log.block_num, log.block_hash, held != nullptr ? held->time : 0};
    sink(coordinator::Event(InterferenceObserved{plan.hash, plan.index, block, *std::move(detail)}));
  }
}

void EvmChain::Impl::watch_interference(const std::vector<Log>& logs) {
  for (auto& [key, plan] : plans) {
    for (const auto& log : logs) {
      if (is_switched(log, plan.gate(), plan.hash)) plan.memory.switched_num = log.block_num;
    }
    if (plan.following && plan.memory.watch_from != 0) watch_plan(plan, logs);
  }
}

void EvmChain::Impl::watch_heads() {
  heads_due = false;
  std::vector<FollowedPlan*> eager;
  std::uint64_t from = follower.head()->num;
  for (auto& [key, plan] : plans) {
    if (!plan.following || !plan.plan.halt_on_interference || plan.memory.watch_from == 0) continue;
    if (!plan.head_told || !open_epoch(*plan.head_told, plan.hash)) continue;
    const auto next = std::max({plan.heads_watched + 1, plan.memory.watch_from, follower.window().lowest().num});
    if (next > follower.head()->num) continue;
    from = std::min(from, next);
    eager.push_back(&plan);
  }
  if (eager.empty()) return;
  const auto to = follower.head()->num;
  std::vector<Header> blocks;
  for (auto num = from; num <= to; ++num) blocks.push_back(*follower.window().at(num));
  const auto logs = reader.read_blocks(blocks, addresses, Clock::now() + turn);
  heads_due = logs && !*logs;
  if (!logs) return note(logs.error().text());  // the next head asks again, and final blocks tell as well
  if (!*logs) return;
  for (auto* plan : eager) {
    watch_plan(*plan, **logs);
    plan->heads_watched = to;
  }
}

void EvmChain::Impl::watch_code(FollowedPlan& plan, const coordinator::GateView& view) {
  if (!open_epoch(view, plan.hash) || plan.memory.watch_from == 0 || plan.rolled_back) return;
  const bool expect_new = view.phase == GatePhase::switched;
  const auto requests = code_requests(plan.compiled, expect_new);
  if (requests.empty()) return;
  const auto proved = prove(pool, view.block.hash, requests);
  if (!proved) return note("code at the final block: " + proved.error().text());  // the next final block shows it too
  const auto diamonds = diamond::read(pool, plan.compiled, view.block.hash);
  if (!diamonds) return note("diamonds at the final block: " + diamonds.error().text());
  auto found = strange_code(plan.compiled, expect_new, *proved);
  std::ranges::move(diamond::strange(plan.compiled, expect_new, *diamonds), std::back_inserter(found));
  for (auto& detail : found) {
    if (!plan.interference_told.insert(detail).second) continue;
    sink(coordinator::Event(InterferenceObserved{plan.hash, plan.index, view.block, std::move(detail)}));
  }
}

}  // namespace lockstep::evm
