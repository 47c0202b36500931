// Logs up to the final block, block by block and without gaps: to the mirror, to the watch over governance, and to the
// watch over everybody else.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/chain_impl.hpp"

namespace lockstep::evm {
namespace {

constexpr int chunks_per_tick = 8;  // a long back-fill must not keep heads waiting

}  // namespace

void EvmChain::Impl::reset_feed() {
  next_log = logs_from;
  for (auto& instance : instances) {
    instance.feed_error.clear();
    for (auto& dialect : instance.dialects) dialect->forget();
  }
}

bool EvmChain::Impl::feed_logs() {
  const auto final = *follower.final();
  for (int chunk = 0; chunk < chunks_per_tick && next_log <= final.num && !stopping; ++chunk) {
    const auto to = std::min(final.num, next_log + logs_range - 1);
    if (const auto done = read_logs(next_log, to, final); !done) {
      note(done.error().text());
      logs_range = std::max<std::uint64_t>(1, logs_range / 2);
      return false;
    }
    logs_range = std::min<std::uint64_t>(logs_range * 2, std::max(1U, setup.config.logs_range));
    next_log = to + 1;
  }
  return next_log > final.num;
}

RpcCall EvmChain::Impl::logs_call(std::uint64_t from, std::uint64_t to) const {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& address : addresses) list.push_back(to_hex(address));
  return {"eth_getLogs", {{{"fromBlock", to_quantity(from)}, {"toBlock", to_quantity(to)}, {"address", list}}}};
}

Result<void> EvmChain::Impl::read_logs(std::uint64_t from, std::uint64_t to, const Header& final) {
  if (addresses.empty()) return {};
  std::vector<RpcCall> calls{logs_call(from, to)};
  if (to != final.num) calls.push_back(block_by_number(to));
  const auto answers = pool.agreed(calls);
  if (!answers) return std::unexpected(rpc_error("logs not readable", answers.error()));
  if (!(*answers)[0])
    return std::unexpected(
        rpc_error(fmt::format("logs of blocks {} to {} not readable", from, to), (*answers)[0].error()));
  const auto logs = parse_logs(*(*answers)[0], addresses, from, to);
  if (!logs) return std::unexpected(logs.error());
  const auto upto = to == final.num ? Result<Header>(final) : as_header((*answers)[1]);
  if (!upto) return std::unexpected(upto.error());
  if (upto->num != to)
    return fail("the endpoint gave another block", {}, fmt::format("expected {}, got {}", to, upto->num));
  for (const auto& log : *logs) {
    const auto* held = follower.window().at(log.block_num);
    if (held != nullptr && held->hash != log.block_hash)
      return fail("a log is of a block that is not canonical", {}, fmt::format("block {}", log.block_num));
    if (log.block_num == to && log.block_hash != upto->hash)
      return fail("a log is of a block that is not canonical", {}, fmt::format("block {}", to));
  }
  digest_logs(*logs, from, *upto);
  return {};
}

void EvmChain::Impl::digest_logs(const std::vector<Log>& logs, std::uint64_t from, const Header& upto) {
  for (auto& instance : instances) {
    const auto& config = instance.setup.config;
    ports::MirrorFeed feed{.protocol = instance.setup.protocol,
                           .chain = setup.config.id,
                           .from_num = std::max(from, config.deployed_at),
                           .upto = ref(upto),
                           .operations = {}};
    for (const auto& log : logs) {
      for (auto& dialect : instance.dialects) {
        if (dialect->address() == log.address) dialect->observe(log);
      }
      if (!instance.feed_error.empty() || log.block_num < config.deployed_at) continue;
      auto operations = instance.events.decode(log);
      if (!operations)
        instance.feed_error = operations.error().text();
      else
        std::ranges::move(*operations, std::back_inserter(feed.operations));
    }
    if (instance.feed_error.empty() && upto.num >= config.deployed_at) sink(std::move(feed));
  }
  watch_interference(logs);
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
