// The watch over everybody else (F28): what they do to an instance from outside the plan, as events tell it and as
// state shows it. Told from final blocks, since an interference is never taken back; a plan that says
// halt_on_interference has its head blocks watched as well, because then stopping too early is what it asks for. What
// is told whether a plan is open or not: chain_unplanned.cpp.
#include <algorithm>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/code_watch.hpp"
#include "adapters/evm/diamond.hpp"
#include "adapters/evm/explained.hpp"
#include "adapters/evm/interference.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GatePhase;
using coordinator::InterferenceObserved;

bool open_epoch(const coordinator::GateView& view, const Hash32& plan) {
  return view.plan_hash == plan && (view.phase == GatePhase::armed || view.phase == GatePhase::switched);
}

}  // namespace

void EvmChain::Impl::read_logs_of(const OtherContracts& others) {
  for (const auto& [target, what] : others) {
    const auto place = std::ranges::lower_bound(addresses, target);
    if (place == addresses.end() || *place != target) addresses.insert(place, target);
  }
}

/// By any plan that is known: one that has ended is followed on, and the next one upgrades the same contracts.
std::vector<bool> EvmChain::Impl::explained_by_plans(const std::vector<Log>& logs) const {
  std::vector<bool> ours(logs.size(), false);
  for (const auto& [key, plan] : plans) {
    const auto own = explained(logs, plan.compiled, plan.hash);
    for (std::size_t i = 0; i < logs.size(); ++i)
      ours[i] = ours[i] || own[i] || (plan.compiled.direct && paused_by(logs[i], plan.gate()));
  }
  return ours;
}

coordinator::BlockRef EvmChain::Impl::block_of(const Log& log) const {
  const auto* held = follower.window().at(log.block_num);
  return {log.block_num, log.block_hash, held != nullptr ? held->time : 0};
}

/// `ours`: which of them plans explain.
void EvmChain::Impl::watch_plan(FollowedPlan& plan, const std::vector<Log>& logs, const std::vector<bool>& ours) {
  const auto& instance = instances[plan.instance];
  auto others = called_by(plan.compiled);
  others.insert(instance.others.begin(), instance.others.end());
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const auto& log = logs[i];
    if (log.block_num < plan.memory.watch_from || ours[i]) continue;
    auto detail = interference(log, instance.setup.config, instance.dialects, others);
    if (!detail) detail = cancels(log, plan.compiled.leaf);
    if (!detail || !plan.interference_told.insert(*detail).second) continue;
    sink(coordinator::Event(InterferenceObserved{plan.hash, plan.index, block_of(log), *std::move(detail)}));
  }
}

/// First topics of everything that may be told of.
std::vector<Hash32> EvmChain::Impl::telling_topics() const {
  auto topics = own_topics();
  for (const auto& instance : instances) {
    for (const auto& dialect : instance.dialects) {
      for (const std::string_view event : dialect->config_events()) topics.push_back(crypto::keccak256(event));
    }
  }
  return topics;
}

void EvmChain::Impl::watch_interference(const std::vector<Log>& logs, const std::vector<bool>& ours) {
  for (auto& [key, plan] : plans) {
    for (const auto& log : logs) {
      if (is_switched(log, plan.gate(), plan.hash)) plan.memory.switched_num = log.block_num;
    }
    if (plan.following && plan.memory.watch_from != 0) watch_plan(plan, logs, ours);
  }
}

/// The logs of head blocks, for the watchdog and for plans that say halt_on_interference.
void EvmChain::Impl::watch_heads() {
  heads_due = false;
  const auto& window = follower.window();
  const auto to = follower.head()->num;
  if (!watchdog.begun()) {
    watchdog.begin(to);
    keep_unplanned();
  }
  auto from = std::max({heads_searched + 1, watchdog.upto() + 1, window.lowest().num});
  std::vector<FollowedPlan*> eager;
  for (auto& [key, plan] : plans) {
    if (!plan.following || !plan.plan.halt_on_interference || plan.memory.watch_from == 0) continue;
    if (!plan.head_told || !open_epoch(*plan.head_told, plan.hash)) continue;
    const auto next = std::max({plan.heads_watched + 1, plan.memory.watch_from, window.lowest().num});
    if (next > to) continue;
    from = std::min(from, next);
    eager.push_back(&plan);
  }
  if (from > to || addresses.empty()) return;
  std::vector<Header> blocks;
  for (auto num = from; num <= to; ++num) blocks.push_back(*window.at(num));
  renew_others(blocks.back());
  const auto logs = reader.read_blocks(blocks, addresses, telling_topics(), Clock::now() + turn);
  heads_due = logs && !*logs;
  if (!logs) return note(logs.error().text());  // the next head asks again, and final blocks tell as well
  if (!*logs) return;
  const auto ours = explained_by_plans(**logs);
  watch_unplanned(**logs, ours);
  heads_searched = to;
  for (auto* plan : eager) {
    watch_plan(*plan, **logs, ours);
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
