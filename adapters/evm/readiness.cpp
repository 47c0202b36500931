#include "adapters/evm/readiness.hpp"

#include <algorithm>

#include "adapters/evm/diamond.hpp"
#include "adapters/evm/finality.hpp"
#include "adapters/evm/follower.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "adapters/evm/network_rows.hpp"
#include "adapters/evm/shadow_trace.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm {
namespace {

using coordinator::GatePhase;

constexpr std::uint64_t skew_limit_s = 30;

void add_endpoint_rows(Rows& rows, const ReadinessContext& context) {
  const auto& status = context.pool.status();
  const auto up = static_cast<std::size_t>(std::ranges::count_if(status, [](const auto& s) { return s.up; }));
  const auto quorum = context.pool.quorum();
  std::string down;
  for (const auto& endpoint : status) {
    if (!endpoint.up) down += "; " + endpoint.name + ": " + endpoint.last_error;
  }
  const auto colour = up < quorum ? Colour::red : up < status.size() ? Colour::amber : Colour::green;
  rows.add("endpoint-chain-id", "", colour,
           "{} of {} endpoints answer with chain id {} and the same first block, {} must agree{}", up, status.size(),
           context.config.chain_id, quorum, down);
}

void add_time_rows(Rows& rows, const ReadinessContext& context) {
  if (context.final) {
    const auto doubt = tag_note(finality_facts(context.config.chain_id), context.config.finality);
    rows.add("finality-tag", "", amber_unless(doubt.empty()), "final block {}, {} behind head {}{}", context.final->num,
             context.head.num - context.final->num, context.head.num, doubt);
  } else {
    rows.add("finality-tag", "", Colour::red, "no final block at head {}", context.head.num);
  }
  const auto skew = context.local_now > context.head.time ? context.local_now - context.head.time
                                                          : context.head.time - context.local_now;
  rows.add("clock-skew", "", amber_unless(skew <= skew_limit_s),
           "head is of {}, this machine's clock says {}: {} s apart", to_rfc3339(context.head.time),
           to_rfc3339(context.local_now), skew);
}

std::vector<ProofRequest> proof_requests(const FollowedPlan& plan) {
  auto requests = code_requests(plan.compiled, false);
  add_new_code_requests(requests, plan);
  return requests;
}

}  // namespace

bool armed_with(const coordinator::GateView& gate, const FollowedPlan& plan) {
  return gate.plan_hash == plan.hash && gate.leaf_hash == plan.compiled.leaf_hash && gate.phase != GatePhase::idle;
}

Result<std::vector<CheckRow>> check_readiness(const ReadinessContext& context) {
  const auto block = ref(context.final ? *context.final : context.head);
  const auto& leaf = context.plan.compiled.leaf;
  const auto state = prove(context.pool, block.hash, proof_requests(context.plan));
  if (!state) return std::unexpected(state.error());

  auto calls = gate_calls(context, block.hash);
  const auto gate_end = calls.size();
  std::ranges::move(read_calls(leaf.old_reads, block.hash), std::back_inserter(calls));
  const auto reads_end = calls.size();
  std::ranges::move(oracle_calls(leaf, block.hash), std::back_inserter(calls));
  const auto oracles_end = calls.size();
  calls.push_back(rehearsal_call(context.plan, block.hash, revocable(context.plan)));
  if (context.signer) calls.push_back({"eth_getBalance", {to_hex(*context.signer), block_id(block.hash)}});
  const auto answers = agreed_all(context.pool, calls);
  if (!answers) return std::unexpected(answers.error());
  const std::span<const RpcAnswer> all(*answers);

  Rows rows;
  add_endpoint_rows(rows, context);
  add_time_rows(rows, context);
  const auto gate = add_gate_rows(rows, context, block, all.first(gate_end));
  if (!gate) return std::unexpected(gate.error());
  if (auto done = add_governance_rows(rows, context, *gate); !done) return std::unexpected(done.error());
  if (auto done = add_upgrader_rows(rows, context, *gate); !done) return std::unexpected(done.error());
  if (auto done = add_proxy_kind_rows(rows, context, block.hash); !done) return std::unexpected(done.error());
  if (auto done = add_holder_rows(rows, context, block); !done) return std::unexpected(done.error());
  const bool switched = armed_with(*gate, context.plan) && gate->phase != GatePhase::armed;
  if (auto done = add_new_code_rows(rows, context, *state, block.hash); !done) return std::unexpected(done.error());
  if (!switched) {
    add_code_rows(rows, context.plan.compiled, false, *state);
    if (auto planned = diamond::add_planned_rows(rows, context.pool, context.plan.compiled, block.hash); !planned)
      return std::unexpected(planned.error());
    auto done = add_read_rows(rows, "old-read", "", leaf.old_reads, all.subspan(gate_end, reads_end - gate_end));
    if (!done) return std::unexpected(done.error());
    const auto& rehearsal = all[oracles_end];
    if (!rehearsal && !is_revert(rehearsal.error()) && rehearsal.error().kind != transport::FailureKind::rpc) {
      return std::unexpected(rpc_error("the shadow run was not answered", rehearsal.error()));
    }
    add_rehearsal_rows(rows, context.plan, rehearsal);
    if (context.sample != nullptr) add_vector_rows(rows, context.pool, context.plan, *context.sample);
    if (context.config.traces) add_traced_rows(rows, context.pool, context.plan, *state, block.hash);
  }
  if (auto done = add_oracle_rows(rows, "", leaf, block.time, all.subspan(reads_end, oracles_end - reads_end)); !done)
    return std::unexpected(done.error());
  if (context.plan.network && !gate->halted) {
    if (auto done = add_activation_row(rows, context.pool, context.plan, block); !done)
      return std::unexpected(done.error());
  }
  if (context.signer) {
    if (auto done = add_balance_row(rows, context, all.back()); !done) return std::unexpected(done.error());
    add_nonce_row(rows, context);
  } else {
    rows.add("signer-balance", "", Colour::amber,
             "no signer is configured for this chain: somebody else must send the transactions");
  }
  return rows.take();
}

}  // namespace lockstep::evm
