#pragma once
// The vote before anyone halts: each check is a row with its evidence. An error means that the chain could not be read;
// ask again.
#include "adapters/evm/check.hpp"
#include "adapters/evm/forecast.hpp"
#include "adapters/evm/governance/roles.hpp"
#include "adapters/evm/governance/watch.hpp"
#include "adapters/evm/shadow_vectors.hpp"
#include "settings/config.hpp"
#include "settings/protocol.hpp"

namespace lockstep::evm {

/// Of the signer's key on one chain.
struct Nonces {
  std::uint64_t used = 0;  // up to the head
  std::uint64_t own = 0;   // transactions of this program that have one and are in no block
};

struct ReadinessContext {
  EndpointPool& pool;
  const settings::ChainConfig& config;
  const settings::InstanceConfig& instance;
  const FollowedPlan& plan;
  const std::optional<Address>& signer;
  const Header& head;
  const std::optional<Header>& final;
  const governance::Dialects& dialects;
  const governance::RoleBooks& roles;  // of the instance's contracts
  std::uint64_t logs_from = 0;         // the first block whose logs were read
  UnixSeconds local_now = 0;
  const Result<Forecast>* forecast = nullptr;  // of this chain; null without a signer
  Nonces nonces = {};
  const ShadowSample* sample = nullptr;  // null: there is no mirror
};

Result<std::vector<CheckRow>> check_readiness(const ReadinessContext& context);

/// eth_call of LockstepRehearsal in that account's place.
RpcCall rehearse_at(const Address& seat, Bytes calldata, const Hash32& block);
/// Whether the plan has a way back.
bool revocable(const FollowedPlan& plan);
/// In the place of the gate, or of the timelock where there is none: the switch, the way back, and then the views.
RpcCall rehearsal_call(const FollowedPlan& plan, const Hash32& block, bool and_back, std::span<const Call> views = {});
/// debug_traceCall of the same, only the switch.
RpcCall trace_call(const FollowedPlan& plan, const Hash32& block);
void add_rehearsal_rows(Rows& rows, const FollowedPlan& plan, const RpcAnswer& answer);

/// What the checks of the gate and of governance read, in one batch; the answers in the same order.
std::vector<RpcCall> gate_calls(const ReadinessContext& context, const Hash32& block);
/// Adds the rows and returns the gate's view; an error if an answer is missing.
Result<coordinator::GateView> add_gate_rows(Rows& rows, const ReadinessContext& context,
                                            const coordinator::BlockRef& block, std::span<const RpcAnswer> answers);

/// The same of an instance without a gate.
std::vector<RpcCall> direct_calls(const ReadinessContext& context, const Hash32& block);
Result<coordinator::GateView> add_direct_rows(Rows& rows, const ReadinessContext& context,
                                              const coordinator::BlockRef& block, std::span<const RpcAnswer> answers);

/// How governance is configured, when arm may be executed, and what else waits in its queues. Reads for itself.
Result<void> add_governance_rows(Rows& rows, const ReadinessContext& context, const coordinator::GateView& gate);

/// Where the plan's calls execute operations of a timelock (DESIGN, executor mode): that it is watched, and that each
/// of them waits there, ripe. Reads for itself.
Result<void> add_upgrader_rows(Rows& rows, const ReadinessContext& context, const coordinator::GateView& gate);

/// One row per contract of the instance: whether its code can be exchanged in a way that is not followed.
Result<void> add_proxy_kind_rows(Rows& rows, const ReadinessContext& context, const Hash32& block);

/// Per contract of the instance that can be upgraded or paused: who may, besides the gate. Reads for itself.
Result<void> add_holder_rows(Rows& rows, const ReadinessContext& context, const coordinator::BlockRef& block);
/// What the proxy slots of a contract show.
struct ProxySight {
  std::string name;
  Address address, admin, implementation;
  bool beacon = false;  // of another contract of the instance
  bool diamond = false;
};
Result<void> add_holder_rows(Rows& rows, const ReadinessContext& context, const coordinator::BlockRef& block,
                             const std::vector<ProxySight>& seen);

/// What the signer holds, beside what it must pay, and what is left of it then. Nobody else sends for the only operator
/// of a set.
Result<void> add_balance_row(Rows& rows, const ReadinessContext& context, const RpcAnswer& balance);
/// Amber where another program's transactions of the same key wait. Reads for itself.
void add_nonce_row(Rows& rows, const ReadinessContext& context);

/// The code that the plan installs behind proxies; `state` holds what the first adds to what is proved anyway.
void add_new_code_requests(std::vector<ProofRequest>& requests, const FollowedPlan& plan);
Result<void> add_new_code_rows(Rows& rows, const ReadinessContext& context, const ProvedState& state,
                               const Hash32& block);

/// Armed with this very plan and leaf, or past it.
bool armed_with(const coordinator::GateView& gate, const FollowedPlan& plan);

}  // namespace lockstep::evm
