// Effects: what the coordinator asked for, one at a time, transactions before evidence before readiness.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "adapters/evm/chain_impl.hpp"
#include "adapters/evm/evidence.hpp"
#include "adapters/evm/mirror_audit.hpp"
#include "adapters/evm/readiness.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BaselineReported;
using coordinator::CheckEvidence;
using coordinator::CheckReadiness;
using coordinator::Colour;
using coordinator::Effect;
using coordinator::Event;
using coordinator::EvidenceReported;
using coordinator::ReadinessReported;
using coordinator::Submit;
using coordinator::TakeBaseline;
using coordinator::TxnReported;
using coordinator::TxnStatus;

int urgency(const Effect& effect) {
  if (std::holds_alternative<Submit>(effect)) return 0;
  return std::holds_alternative<CheckReadiness>(effect) ? 2 : 1;
}

std::vector<ports::RpcCalls> calls_of(const transport::EndpointStatus& status) {
  std::vector<ports::RpcCalls> calls;
  for (const auto& [method, count] : status.calls) calls.push_back({method, count.ok, count.refused, count.failed});
  return calls;
}

ports::EndpointHealth health_of(const transport::EndpointStatus& status) {
  return {.name = status.name,
          .up = status.up,
          .requests = status.requests,
          .failures = status.failures,
          .last_error = status.last_error,
          .latency_s = status.latency_s,
          .disagreements = status.disagreements,
          .calls = calls_of(status),
          .latencies = status.latencies};
}

constexpr std::chrono::milliseconds health_interval{500};
constexpr std::chrono::seconds forecast_interval{30};

}  // namespace

bool EvmChain::Impl::work() {
  const auto now = Clock::now();
  auto best = tasks.end();
  for (auto it = tasks.begin(); it != tasks.end(); ++it) {
    if (it->due <= now && (best == tasks.end() || urgency(it->effect) < urgency(best->effect))) best = it;
  }
  if (best == tasks.end()) return false;
  auto task = std::move(*best);
  tasks.erase(best);
  if (const auto done = carry_out(task); !done) {
    note(coordinator::key(task.effect) + ": " + done.error().text());
    task.failures++;
    task.due = Clock::now() + std::chrono::milliseconds(std::min(100U << std::min(task.failures, 6U), 5000U));
    tasks.push_back(std::move(task));
  }
  return true;
}

Result<void> EvmChain::Impl::carry_out(Task& task) {
  if (const auto* submit = std::get_if<Submit>(&task.effect)) {
    auto* plan = plan_of(submit->plan, submit->instance);
    if (plan == nullptr) return fail("the plan was never added to this chain", setup.config.id);
    if (plan->compiled.direct)
      begin_direct(*plan, *submit);
    else
      sender.submit(*submit, *plan);
    return {};
  }
  if (const auto* check = std::get_if<CheckReadiness>(&task.effect)) return readiness(*check, task.expected);
  if (std::holds_alternative<TakeBaseline>(task.effect) || std::holds_alternative<CheckEvidence>(task.effect))
    return evidence(task);
  return {};  // signing and alarms are not a chain's work
}

Result<void> EvmChain::Impl::readiness(const CheckReadiness& effect, const ports::ExpectedRows& part) {
  auto* plan = plan_of(effect.plan, effect.instance);
  if (plan == nullptr) return fail("the plan was never added to this chain", setup.config.id);
  const auto& instance = instances[plan->instance];
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto costs_now = sender.address() ? std::optional(forecast()) : std::nullopt;
  const ShadowSample sample{instance.views, part, tolerances_of(part)};
  const ReadinessContext context{.pool = pool,
                                 .config = setup.config,
                                 .instance = instance.setup.config,
                                 .plan = *plan,
                                 .signer = sender.address(),
                                 .head = *follower.head(),
                                 .final = follower.final(),
                                 .dialects = instance.dialects,
                                 .roles = instance.roles,
                                 .logs_from = logs_from,
                                 .local_now = static_cast<UnixSeconds>(now),
                                 .forecast = costs_now ? &*costs_now : nullptr,
                                 .nonces = {sender.nonce(), sender.waiting()},
                                 .sample = &sample};
  auto rows = check_readiness(context);
  if (!rows) return std::unexpected(rows.error());
  if (!instance.feed_error.empty()) rows->push_back({"mirror-feed", "", Colour::red, instance.feed_error});
  plan->ready = worst(*rows) != Colour::red;
  sink(Event(ReadinessReported{effect.plan, effect.instance, effect.round, *std::move(rows)}));
  return {};
}

Result<void> EvmChain::Impl::evidence(const Task& task) {
  const auto* baseline = std::get_if<TakeBaseline>(&task.effect);
  const auto* check = std::get_if<CheckEvidence>(&task.effect);
  auto* plan =
      baseline != nullptr ? plan_of(baseline->plan, baseline->instance) : plan_of(check->plan, check->instance);
  if (plan == nullptr) return fail("the plan was never added to this chain", setup.config.id);
  const auto& instance = instances[plan->instance];
  const auto* rows = task.expected ? &task.expected->rows : nullptr;
  EvidenceContext context{.pool = pool,
                          .views = instance.views,
                          .state = state,
                          .plan = *plan,
                          .before = tolerances_of(task.expected),
                          .follower = follower,
                          .moves = instance.moves};
  auto report = baseline != nullptr ? take_baseline(context, baseline->block, rows)
                                    : check_evidence(context, check->block, check->expected, rows);
  if (!report) return std::unexpected(report.error());
  if (report->rows.size() > coordinator::max_check_rows)
    return fail("more rows of evidence than can be kept", setup.config.id, std::to_string(report->rows.size()));
  if (baseline != nullptr)
    sink(Event(BaselineReported{plan->hash, plan->index, *std::move(report)}));
  else
    sink(Event(EvidenceReported{plan->hash, plan->index, check->expected, *std::move(report)}));
  return {};
}

std::vector<mirror::Tolerance> EvmChain::Impl::tolerances_of(const ports::ExpectedRows& expected) const {
  std::vector<mirror::Tolerance> all;
  for (const auto& [key, plan] : plans)
    if (expected && std::ranges::find(expected->upgrades, key.first) != expected->upgrades.end())
      all.insert(all.end(), plan.tolerances.begin(), plan.tolerances.end());
  return all;
}

bool EvmChain::Impl::audit_one() {
  if (audits.empty()) return false;
  const auto asked = std::move(audits.extract(audits.begin()).mapped());
  ports::AuditSeen seen;
  seen.protocol = asked.protocol;
  seen.chain = setup.config.id;
  seen.block = asked.expected->block;
  const auto instance =
      std::ranges::find_if(instances, [&](const WatchedInstance& one) { return one.setup.protocol == asked.protocol; });
  auto found = instance == instances.end()
                   ? Result<Audit>(fail("the protocol has no instance on this chain", setup.config.id))
                   : evm::audit(pool, instance->views, asked.expected->rows, seen.block.hash);
  if (found) {
    seen.rows = asked.expected->rows.size();
    seen.views = found->views;
    std::tie(seen.differing, seen.differences) = in_words(asked.expected->rows, *found, tolerances_of(asked.expected));
  } else {
    seen.error = found.error().text();
  }
  sink(std::move(seen));
  return true;
}

void EvmChain::Impl::tell_txn(const TxnIntent& intent, TxnStatus status) {
  sink(ports::TxnSeen{.plan = intent.plan,
                      .chain = setup.config.id,
                      .action = intent.action,
                      .status = status,
                      .txn = intent.current(),
                      .nonce = intent.txn.nonce,
                      .block_num = intent.block_num,
                      .gas_used = intent.gas_used,
                      .attempt = intent.attempt});
  const auto* plan = plan_of(intent.plan, intent.instance);
  if (plan != nullptr && plan->compiled.direct) {
    drive_due = true;  // whether the action is done, or failed, is for the state to say
    if (status != TxnStatus::sent) return;
  }
  sink(Event(TxnReported{intent.plan, intent.instance, intent.action, status, intent.current(), intent.detail}));
}

void EvmChain::Impl::keep_evidence() {
  constexpr std::size_t kept = 16;
  for (auto& found : pool.take_evidence()) {
    disputes.push_back({++disputes_seen, std::move(found.endpoint), std::move(found.method), std::move(found.detail)});
    if (disputes.size() > kept) disputes.pop_front();
  }
}

Result<Forecast> EvmChain::Impl::forecast() {
  std::vector<Txn> to_come;
  for (const auto& [key, plan] : plans) {
    if (plan.following) std::ranges::move(still_to_come(plan, setup.config.chain_id), std::back_inserter(to_come));
  }
  return make_forecast(pool, sender.l1_fees(), setup.config, follower.head()->base_fee, to_come);
}

void EvmChain::Impl::renew_forecast() {
  if (!sender.address() || Clock::now() < forecast_due) return;
  forecast_due = Clock::now() + forecast_interval;
  costs = {};
  if (const auto made = forecast(); made)
    costs = {static_cast<std::uint32_t>(made->txns), to_decimal(made->now), to_decimal(made->cap),
             to_decimal(made->upgrade)};
}

void EvmChain::Impl::tell_missed() {
  if (sender.missed().empty() == !missed_told) return;
  missed_told = !missed_told;
  sink(ports::SignerMissed{setup.config.id, sender.missed()});
}

void EvmChain::Impl::tell_health(bool force) {
  const auto now = Clock::now();
  health_owed = !force && now < health_due;
  if (health_owed) return;
  health_due = now + health_interval;
  tell_missed();
  ports::ChainHealth health;
  health.chain = setup.config.id;
  if (follower.head() != nullptr) health.head = ref(*follower.head());
  if (follower.final()) health.final = ref(*follower.final());
  for (const auto& status : pool.status()) health.endpoints.push_back(health_of(status));
  const auto troubles = hints ? hints->troubles() : std::vector<std::string>{};
  for (std::size_t i = 0, ws = 0; ws < troubles.size(); ++i) {
    if (!setup.endpoints[i].ws) continue;
    const auto& why = troubles[ws++];
    if (health.endpoints[i].last_error.empty() && !why.empty())
      health.endpoints[i].last_error = "polled, as ws: " + why;
  }
  keep_evidence();
  health.disputes.assign(disputes.begin(), disputes.end());
  health.logs = {.from = logs_from, .next = next_log, .proved = reader.proved()};
  // What holds the chain up is shown where people look first: at the endpoint in use.
  std::string trouble = note_;
  if (trouble.empty()) trouble = sender.trouble();
  for (const auto& instance : instances) {
    if (trouble.empty()) trouble = instance.feed_error;
  }
  if (trouble.empty()) trouble = not_kept;
  auto& used = health.endpoints[pool.preferred()];
  if (used.last_error.empty()) used.last_error = trouble;
  health.reorgs = reorgs;
  health.reorg_depth_max = reorg_depth_max;
  if (sender.address()) {
    health.signer = to_hex(*sender.address());
    health.balance_wei = to_decimal(sender.balance());
    health.nonce = sender.nonce();
    health.forecast = costs;
  }
  sink(std::move(health));
}

}  // namespace lockstep::evm
