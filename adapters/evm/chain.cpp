#include "adapters/evm/chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/governance/registry.hpp"
#include "base/assert.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

std::vector<transport::EndpointUrl> urls(const ChainSetup& setup) {
  std::vector<transport::EndpointUrl> list;
  list.reserve(setup.endpoints.size());
  for (const auto& endpoint : setup.endpoints) list.push_back({endpoint.name, endpoint.url.reveal()});
  return list;
}

transport::PoolOptions options(const settings::ChainConfig& config, const std::string& anchor) {
  return {.chain_id = config.chain_id,
          .quorum = std::max(1U, config.rpc_quorum),
          .timeout_ms = config.timeout_ms,
          .anchor = anchor};
}

/// What was kept of logs is of use only to who would read the same and believe it for the same reasons.
Hash32 key_of_logs(const settings::ChainConfig& config, std::uint64_t from, const std::vector<Address>& addresses) {
  auto text = fmt::format("lockstep logs 1 {} {} ", config.chain_id, from);
  if (config.receipts != settings::Receipts::agreed) {
    text += "proved";
  } else {
    text += fmt::format("agreed by {}", config.rpc_quorum);
    for (const auto& rpc : config.rpc) text += " " + rpc.name;
  }
  for (const auto& address : addresses) text += " " + to_hex(address);
  return crypto::keccak256(to_bytes(text));
}

Result<WatchedInstance> watch(InstanceSetup setup, std::uint64_t chain_id) {
  if (setup.config.contracts.empty()) {  // a bare gate: nothing of the protocol is here to mirror
    setup.events.clear();
    setup.views.clear();
  }
  auto events = EventBindings::parse(setup.config, setup.events);
  if (!events) return std::unexpected(events.error());
  auto views = ViewBindings::parse(setup.config, setup.views);
  if (!views) return std::unexpected(views.error());
  WatchedInstance instance{.setup = std::move(setup),
                           .events = *std::move(events),
                           .views = *std::move(views),
                           .dialects = {},
                           .moves = {},
                           .feed_error = {}};
  auto dialects = governance::dialects_of(instance.setup.config, chain_id);
  if (!dialects) return std::unexpected(dialects.error());
  instance.dialects = *std::move(dialects);
  return instance;
}

}  // namespace

EvmChain::Impl::Impl(ChainSetup given, std::vector<WatchedInstance> watched, StateDir dir, const std::string& anchor)
    : setup(std::move(given)),
      instances(std::move(watched)),
      state(std::move(dir)),
      pool(urls(setup), options(setup.config, anchor)),
      follower(pool, setup.config),
      reader(pool, setup.config),
      sender(
          pool, state, setup.gas_key, setup.config,
          [this](const TxnIntent& intent, coordinator::TxnStatus status) { tell_txn(intent, status); },
          [this] {
            hinted = true;
            pool.wake();
          }) {
  for (const auto& instance : instances) {
    const auto& config = instance.setup.config;
    addresses.push_back(config.gate);
    for (const auto& dialect : instance.dialects) addresses.push_back(dialect->address());
    for (const auto& [name, contract] : config.contracts) addresses.push_back(contract.address);
    logs_from = &instance == &instances.front() ? config.deployed_at : std::min(logs_from, config.deployed_at);
  }
  if (setup.config.logs_from > 0) logs_from = std::min(logs_from, setup.config.logs_from);
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  always_read = addresses;
  next_log = logs_from;
  if (!addresses.empty()) kept_logs.emplace(setup.state_dir / "logs", key_of_logs(setup.config, logs_from, addresses));
}

Result<void> EvmChain::Impl::add_plan(const CompiledPlan& compiled, coordinator::InstanceIndex index) {
  if (index >= compiled.instances.size())
    return fail("plan has no such instance", setup.config.id, std::to_string(index));
  FollowedPlan plan{
      .hash = compiled.plan.hash,
      .plan = compiled.plan,
      .index = index,
      .compiled = compiled.instances[index],
      .newly_liquidatable_max = compiled.newly_liquidatable_max,
      .tolerances = compiled.tolerances,
      .network = compiled.network && compiled.network->instance == index ? compiled.network : std::nullopt,
      .arm_calldata = arm_calldata(compiled, index),
      .memory = {},
      .head_told = {},
      .final_told = {},
      .switched_in = {},
      .closed_without = {},
      .governance_told = {},
      .governance = {},
      .interference_told = {}};
  const auto it = std::ranges::find_if(instances, [&](const auto& instance) {
    return instance.setup.protocol == compiled.plan.protocol && instance.setup.config.gate == plan.gate();
  });
  if (it == instances.end())
    return fail("the plan's gate is on no instance of this chain", setup.config.id, to_hex(plan.gate()));
  plan.instance = static_cast<std::size_t>(it - instances.begin());
  const auto kept = state.read(plan.memory_name());
  if (!kept) return std::unexpected(kept.error());
  if (*kept) {
    auto memory = PlanMemory::from_json(**kept);
    if (!memory) return std::unexpected(memory.error());
    plan.memory = *std::move(memory);
  }
  if (plan.compiled.direct) {
    plan.arm_calldata.clear();
    const auto facts = state.read(plan.facts_name());
    if (!facts) return std::unexpected(facts.error());
    if (*facts) {
      auto known = direct::Facts::from_json(**facts);
      if (!known) return std::unexpected(known.error());
      plan.facts = *known;
    }
  }
  const std::lock_guard lock(mutex);
  added.push_back(std::move(plan));
  return {};
}

void EvmChain::Impl::follow(const Hash32& plan, coordinator::InstanceIndex index) {
  const std::lock_guard lock(mutex);
  to_follow.emplace_back(plan, index);
  pool.wake();
}

void EvmChain::Impl::perform(const coordinator::Effect& effect, ports::ExpectedRows expected) {
  const std::lock_guard lock(mutex);
  inbox.push_back({.effect = effect, .expected = std::move(expected)});
  pool.wake();
}

void EvmChain::Impl::audit(ports::AuditAsked asked) {
  const std::lock_guard lock(mutex);
  const auto protocol = asked.protocol;
  audits_asked.insert_or_assign(protocol, std::move(asked));
  pool.wake();
}

void EvmChain::Impl::refeed(const std::string& protocol) {
  const std::lock_guard lock(mutex);
  refeeds_asked.insert(protocol);
  pool.wake();
}

void EvmChain::Impl::start(ports::Sink to) {
  LOCKSTEP_ASSERT(!thread.joinable());
  sink = std::move(to);
  thread = std::thread([this] { run(); });
}

void EvmChain::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
    pool.wake();
  }
  pool.interrupt();
  if (thread.joinable()) thread.join();
  sender.stop();
  hints.reset();
}

EvmChain::EvmChain(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EvmChain::~EvmChain() { impl_->stop(); }
Result<void> EvmChain::add_plan(const CompiledPlan& plan, coordinator::InstanceIndex instance) {
  return impl_->add_plan(plan, instance);
}
void EvmChain::start(ports::Sink sink) { impl_->start(std::move(sink)); }
void EvmChain::follow(const Hash32& plan, coordinator::InstanceIndex instance) { impl_->follow(plan, instance); }
void EvmChain::perform(const coordinator::Effect& effect, ports::ExpectedRows expected) {
  impl_->perform(effect, std::move(expected));
}
void EvmChain::audit(ports::AuditAsked asked) { impl_->audit(std::move(asked)); }
void EvmChain::refeed(const std::string& protocol) { impl_->refeed(protocol); }
void EvmChain::stop() { impl_->stop(); }

Result<std::unique_ptr<EvmChain>> make_chain(ChainSetup setup) {
  const std::string id = setup.config.id;  // a copy: `setup` is moved away before the last refusal
  if (setup.endpoints.empty()) return fail("chain has no endpoint", id, {}, "add a [[chain.rpc]]");
  if (setup.config.rpc_quorum > setup.endpoints.size()) {
    return fail("rpc_quorum is larger than the number of endpoints", id,
                fmt::format("{} of {}", setup.config.rpc_quorum, setup.endpoints.size()));
  }
  auto state = StateDir::open(setup.state_dir);
  if (!state) return std::unexpected(state.error());
  std::vector<WatchedInstance> instances;
  for (const auto& instance : setup.instances) {
    auto watched = watch(instance, setup.config.chain_id);
    if (!watched) return std::unexpected(watched.error());
    instances.push_back(*std::move(watched));
  }
  const auto anchor = state->read("anchor");
  if (!anchor) return std::unexpected(anchor.error());
  const auto known = *anchor && (*anchor)->contains("hash") && (**anchor)["hash"].is_string()
                         ? (**anchor)["hash"].get<std::string>()
                         : std::string();
  auto impl = std::make_unique<EvmChain::Impl>(std::move(setup), std::move(instances), *std::move(state), known);
  if (auto done = impl->sender.recover(); !done) return std::unexpected(done.error());
  if (auto done = impl->recall_unplanned(); !done) return std::unexpected(done.error());
  const auto final = impl->state.read("final");
  if (!final) return std::unexpected(final.error());
  if (*final) {
    const auto& kept = **final;
    const auto hash = kept.contains("hash") && kept["hash"].is_string()
                          ? fixed_from_hex<Hash32>(kept["hash"].get<std::string>())
                          : std::nullopt;
    if (!hash || !kept.contains("num") || !kept["num"].is_number_unsigned())
      return fail("what was kept of the final block is damaged", id);
    impl->follower.remember_final({kept["num"].get<std::uint64_t>(), *hash, kept.value("time", std::uint64_t{0})});
  }
  return std::make_unique<EvmChain>(std::move(impl));
}

}  // namespace lockstep::evm
