// Logs up to the final block, block by block and without gaps: to the mirror, to the watch over governance, and to the
// watch over everybody else.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/interference.hpp"

namespace lockstep::evm {
namespace {

constexpr int chunks_per_tick = 8;  // a long back-fill must not keep heads waiting

}  // namespace

void EvmChain::Impl::reset_feed() {
  next_log = logs_from;
  for (auto& instance : instances) {
    instance.feed_error.clear();
    instance.admins.clear();
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
      if (const auto admin = granted_admin(log); admin && log.address == config.timelock.address)
        instance.admins.insert(*admin);
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

/// The furthest fact any dialect reads at `block`. An error if one of them could not be read: what it would have said
/// might be further on its way than what the others say.
Result<std::optional<governance::Fact>> EvmChain::Impl::governance_at(const FollowedPlan& plan, const Header& block) {
  const governance::Wanted wanted{plan.hash, plan.gate(), plan.arm_calldata};
  std::optional<governance::Fact> best;
  for (const auto& dialect : instances[plan.instance].dialects) {
    const auto calls = dialect->reads(wanted, block.hash);
    if (calls.empty()) continue;
    const auto answers = agreed_all(pool, calls);
    if (!answers) return std::unexpected(answers.error());
    auto fact = dialect->judge(wanted, *answers, block.time);
    if (!fact) return std::unexpected(fact.error());
    if (*fact && (!best || governance::rank((*fact)->stage) > governance::rank(best->stage))) best = *std::move(fact);
  }
  return best;
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
    const auto& best = *fact;
    if (!best || plan.governance_told == std::pair(best->stage, best->executable_at)) continue;
    plan.governance_told = {best->stage, best->executable_at};
    sink(coordinator::Event(
        coordinator::GovernanceObserved{plan.hash, plan.index, best->stage, best->executable_at, best->detail}));
  }
}

}  // namespace lockstep::evm
