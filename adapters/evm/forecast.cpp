#include "adapters/evm/forecast.hpp"

#include <algorithm>
#include <utility>

#include "adapters/evm/gate_abi.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using coordinator::Action;
using coordinator::GatePhase;

constexpr std::uint64_t most_upgrades = 1'000'000;
constexpr std::size_t usual_leaf_bytes = 4096;

/// Gas beside that of the data; together two million for an instance.
std::uint64_t allowance(Action action) {
  switch (action) {
    case Action::engage:
      return 300'000;
    case Action::switch_version:
      return 900'000;
    case Action::decide:
      return 300'000;
    case Action::close:
      return 500'000;
    case Action::halt_now:
      return 200'000;
  }
  std::unreachable();
}

/// Bytes that no compression makes smaller, as those of signatures are: fees for data are by what is left of it.
Bytes noise(std::size_t size) {
  Bytes out;
  auto hash = crypto::keccak256("noise");
  while (out.size() < size) {
    append(out, hash.view());
    hash = crypto::keccak256(hash.view());
  }
  out.resize(size);
  return out;
}

Txn txn_of(Action action, std::uint64_t chain_id, const Address& gate, Bytes data) {
  Txn txn;
  txn.chain_id = chain_id;
  txn.gas_limit = allowance(action);
  txn.max_fee = txn.max_priority_fee = gwei;
  txn.to = gate;
  txn.data = std::move(data);
  return txn;
}

Txn txn_of(Action action, std::uint64_t chain_id, const FollowedPlan& plan) {
  coordinator::Submit sample;
  sample.plan = plan.hash;
  sample.instance = plan.index;
  sample.action = action;
  sample.outcome = coordinator::Outcome::new_version;
  sample.evidence = crypto::keccak256("evidence");
  sample.signatures.assign(std::max(1U, plan.plan.operators.threshold), noise(65));
  return txn_of(action, chain_id, plan.gate(), submit_calldata(sample, plan.compiled.leaf));
}

Uint256 gas_of(std::span<const Txn> txns) {
  Uint256 gas = 0;
  for (const auto& txn : txns) gas += txn.gas_limit;
  return gas;
}

Uint256 tip_of(EndpointPool& pool) {
  const auto answers = pool.ask({{"eth_maxPriorityFeePerGas", nlohmann::json::array()}});
  const auto tip = answers ? as_quantity((*answers)[0]) : Result<Uint256>(fail("no answer"));
  return tip ? *tip : gwei;
}

}  // namespace

std::vector<Txn> still_to_come(const FollowedPlan& plan, std::uint64_t chain_id) {
  const auto& view = plan.head_told ? plan.head_told : plan.final_told;
  const bool ours = view && view->plan_hash == plan.hash;
  const bool closed = ours && (view->phase == GatePhase::closed_new || view->phase == GatePhase::closed_old);
  if (closed || (view && !ours && view->epoch >= plan.plan.epoch)) return {};
  const auto& instance = plan.plan.instances[plan.index];
  std::vector<Txn> txns;
  const auto add = [&](Action action) { txns.push_back(txn_of(action, chain_id, plan)); };
  if (instance.push_breaker && !(ours && view->engaged)) add(Action::engage);
  if (instance.switches && !(ours && view->phase == GatePhase::switched)) add(Action::switch_version);
  if (plan.index == plan.plan.home && !(ours && view->decision != coordinator::Outcome::none)) add(Action::decide);
  add(Action::close);
  return txns;
}

std::vector<Txn> usual_upgrade(std::uint64_t chain_id) {
  std::vector<Txn> txns;
  for (const auto action : {Action::engage, Action::switch_version, Action::decide, Action::close})
    txns.push_back(txn_of(action, chain_id, Address{}, noise(usual_leaf_bytes)));
  return txns;
}

std::uint64_t Forecast::more(const Uint256& balance) const {
  if (balance < now) return 0;
  const Uint256 left = balance - now;
  if (upgrade == 0 || left / upgrade > most_upgrades) return most_upgrades;
  return static_cast<std::uint64_t>(left / upgrade);
}

Result<Forecast> make_forecast(EndpointPool& pool, L1Fees& l1_fees, const settings::ChainConfig& config,
                               const Uint256& base_fee, std::span<const Txn> to_come) {
  const auto one_more = usual_upgrade(config.chain_id);
  const auto l1 = l1_fees.of(to_come), l1_more = l1_fees.of(one_more);
  const auto l1_gas = l1_fees.gas_of(to_come), l1_gas_more = l1_fees.gas_of(one_more);
  for (const auto* read : {&l1, &l1_more, &l1_gas, &l1_gas_more})
    if (!*read) return std::unexpected(read->error());
  const Uint256 gas = gas_of(to_come) + *l1_gas, gas_more = gas_of(one_more) + *l1_gas_more;
  const Uint256 price = base_fee + tip_of(pool), cap = gwei * config.max_fee_gwei;
  Forecast made;
  made.txns = to_come.size();
  made.l1 = *l1 + *l1_gas * price;
  made.now = gas * price + *l1;
  made.cap = std::max(made.now, Uint256(gas * cap));
  made.upgrade = gas_more * price + *l1_more;
  made.upgrade_cap = std::max(made.upgrade, Uint256(gas_more * cap));
  return made;
}

}  // namespace lockstep::evm
