// Logs up to the final block, block by block and without gaps: to the mirror, to the watch over governance, and to the
// watch over everybody else.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/chain_impl.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint64_t state_kept = 64;  // blocks below the final one at which every node still has the state

}  // namespace

void EvmChain::Impl::forget_feed() {
  next_log = logs_from;
  feed_upto.reset();
  reader.forget();
  kept_page.reset();
  last_kept.reset();
  for (auto& instance : instances) {
    instance.moves = {};
    for (auto& dialect : instance.dialects) dialect->forget();
    instance.roles.clear();
  }
}

/// What was read is in the file, or else is read from nodes again. Others are fed once more, too, and skip it.
void EvmChain::Impl::feed_again(const std::set<std::string>& protocols) {
  flush_logs();
  forget_feed();
  if (kept_logs) kept_logs->rewind();
  resumed = kept_believed = false;
  for (auto& instance : instances) instance.begins = instance.begins || protocols.contains(instance.setup.protocol);
  final_due = true;
}

void EvmChain::Impl::forget_history() {
  forget_feed();
  unkept.reset();
  resumed = true;
  if (kept_logs) {
    if (const auto done = kept_logs->clear(); !done) keep_no_more(done.error().text());
  }
  for (auto& instance : instances) {
    instance.feed_error.clear();
    instance.begins = true;
  }
}

/// A final block at a time: on a node so slow that the next one comes before the logs of this one are read, plans are
/// told of this one all the same.
bool EvmChain::Impl::feed_logs() {
  if (!feed_upto || feed_upto->num + state_kept < follower.final()->num) feed_upto = *follower.final();
  const auto until = Clock::now() + turn;
  more_logs = false;
  if (!resumed && !resume_logs(until)) return false;
  if (addresses.empty()) next_log = feed_upto->num + 1;
  while (next_log <= feed_upto->num && !stopping) {
    if (Clock::now() >= until) {
      more_logs = true;
      return false;
    }
    const auto page = reader.read_until(next_log, *feed_upto, addresses, until);
    if (!page) {
      note(page.error().text());
      return false;
    }
    if (!*page) continue;
    for (const auto& log : (*page)->logs) {
      const auto* held = follower.window().at(log.block_num);
      if (held == nullptr || held->hash == log.block_hash) continue;
      note(fmt::format("a log is of a block that is not canonical: block {}", log.block_num));
      return false;
    }
    const auto upto = ref((*page)->upto);
    digest_logs((*page)->logs, next_log, upto);
    keep_logs(std::move((*page)->logs), next_log, upto);
    next_log = upto.num + 1;
  }
  return next_log > feed_upto->num;
}

void EvmChain::Impl::digest_logs(const std::vector<Log>& logs, std::uint64_t from, const coordinator::BlockRef& upto) {
  for (auto& instance : instances) {
    const auto& config = instance.setup.config;
    ports::MirrorFeed feed{.protocol = instance.setup.protocol,
                           .chain = setup.config.id,
                           .from_num = std::max(from, config.deployed_at),
                           .upto = upto,
                           .operations = {},
                           .begins = instance.begins};
    for (const auto& log : logs) {
      for (auto& dialect : instance.dialects) {
        if (dialect->address() == log.address) dialect->observe(log);
      }
      governance::observe(instance.roles, log);
      if (!instance.feed_error.empty() || log.block_num < config.deployed_at) continue;
      auto operations = instance.events.decode(log);
      if (!operations)
        instance.feed_error = operations.error().text();
      else
        std::ranges::move(*operations, std::back_inserter(feed.operations));
    }
    if (!instance.feed_error.empty() || upto.num < config.deployed_at) continue;
    for (const auto& operation : feed.operations) instance.moves.observe(operation);
    instance.begins = false;
    sink(std::move(feed));
  }
  const auto ours = explained_by_plans(logs);
  watch_interference(logs, ours);
  finish_unplanned(logs, ours, upto);
}

/// What events left out, from the calldata of their transactions. Proved by a hash, so one endpoint is enough; a
/// transaction that is not given is asked for again.
void EvmChain::Impl::look_up_txns(governance::Dialects& dialects) {
  for (const auto& dialect : dialects) {
    const auto txns = dialect->txns_wanted();
    std::vector<RpcCall> calls;
    for (const auto& txn : txns) calls.push_back({"eth_getTransactionByHash", {to_hex(txn)}});
    if (calls.empty()) continue;
    const Result<std::vector<RpcAnswer>> answers = ask_all(pool, calls);
    for (std::size_t i = 0; answers && i < answers->size(); ++i) {
      const RpcAnswer& answer = (*answers)[i];
      if (!answer || !answer->is_object()) continue;
      const auto input = answer->find("input");
      if (input == answer->end() || !input->is_string()) continue;
      if (const auto bytes = bytes_from_hex(input->get<std::string>())) dialect->learn(txns[i], *bytes);
    }
  }
}

/// The furthest fact any dialect reads at `block`.
Result<std::optional<governance::Fact>> EvmChain::Impl::governance_at(const FollowedPlan& plan, const Header& block) {
  auto& dialects = instances[plan.instance].dialects;
  look_up_txns(dialects);
  const governance::Wanted wanted{plan.hash, plan.gate(), plan.arm_calldata};
  const governance::Reader read([this](const auto& calls) { return agreed_all(pool, calls); }, ref(block));
  return governance::fact_about(wanted, dialects, read);
}

/// All logs up to `block` are known. What they hint at is read from state at that block before it is told: a state, no
/// history, so what came and went between two final blocks we looked at (scheduled and cancelled again) is not told.
void EvmChain::Impl::observe_governance(const Header& block) {
  governance_due = false;
  for (auto& [key, plan] : plans) {
    if (!plan.following) continue;
    if (plan.memory.watch_from == 0) {
      plan.memory.watch_from = block.num + 1;
      if (const auto kept = state.write(plan.memory_name(), plan.memory.to_json()); !kept) note(kept.error().text());
    }
    const auto fact = governance_at(plan, block);
    if (!fact) {
      governance_due = true;
      note("governance: " + fact.error().text());
      continue;
    }
    if (!*fact) continue;
    const auto& best = **fact;
    const auto stage = governance::told_as(best.stage);
    plan.governance = {stage, best.window.from, best.window.until, best.detail};
    if (plan.governance_told == std::pair(stage, best.window.from)) continue;
    plan.governance_told = {stage, best.window.from};
    sink(coordinator::Event(
        coordinator::GovernanceObserved{plan.hash, plan.index, stage, best.window.from, best.detail}));
  }
}

}  // namespace lockstep::evm
