#include "adapters/evm/gate_view.hpp"

#include <algorithm>

#include "adapters/evm/check.hpp"
#include "adapters/evm/gate_abi.hpp"
#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

using coordinator::BlockRef;
using coordinator::GatePhase;
using coordinator::GateView;
using coordinator::Outcome;

constexpr std::uint32_t everything = 0xff;  // all eight action classes

Result<Uint256> one_word(const RpcAnswer& answer, const std::string& what) {
  const auto bytes = as_bytes(answer);
  if (!bytes) return fail(what + " does not answer", {}, bytes.error().text());
  const auto word = bytes->size() == 32 ? word_of(*bytes, 0) : std::nullopt;
  if (!word) return fail(what + " does not answer with one word", {}, to_hex(BytesView(*bytes)));
  return from_word(*word);
}

}  // namespace

namespace direct {

bool Sight::all_paused() const {
  return std::ranges::all_of(paused, [](bool one) { return one; });
}

bool Sight::any_paused() const {
  return std::ranges::any_of(paused, [](bool one) { return one; });
}

bool Sight::ripe(UnixSeconds now) const { return forward > 1 && back > 1 && forward <= now && back <= now; }

Result<Sight> sight_of(const Setup& setup, std::span<const RpcAnswer> answers) {
  LOCKSTEP_ASSERT(answers.size() == setup.contracts.size() + 2);
  Sight sight;
  for (std::size_t i = 0; i < setup.contracts.size(); ++i) {
    const auto& contract = setup.contracts[i];
    const auto word =
        one_word(answers[i], contract.name + " " + to_hex(contract.address) + ", asked whether it is paused,");
    if (!word) return std::unexpected(word.error());
    if (*word > 1) return fail("paused is neither true nor false", contract.name, to_decimal(*word));
    sight.paused.push_back(*word == 1);
  }
  const auto forward = one_word(answers[setup.contracts.size()], "timelock " + to_hex(setup.timelock));
  const auto back = one_word(answers.back(), "timelock " + to_hex(setup.timelock));
  if (!forward) return std::unexpected(forward.error());
  if (!back) return std::unexpected(back.error());
  sight.forward = *forward;
  sight.back = *back;
  return sight;
}

GateView view_of(const FollowedPlan& plan, const Sight& sight, const BlockRef& block) {
  const auto& leaf = plan.compiled.leaf;
  const auto& facts = plan.facts;
  GateView view;
  view.block = block;
  view.operator_set = leaf.operator_set;
  view.mask = everything;
  view.epoch = leaf.epoch - 1;
  if (!facts.armed || block.num < facts.armed->num) return view;
  view.epoch = leaf.epoch;
  view.plan_hash = plan.hash;
  view.leaf_hash = plan.compiled.leaf_hash;
  view.halt_at = leaf.halt_at;
  view.switch_by = leaf.switch_by;
  view.decide_by = leaf.decide_by;
  view.engaged = sight.all_paused();
  // Executed before its time it is no switch of this plan: somebody interfered, and the evidence on code shows it.
  // Rolled back and not released yet it still counts as switched, as at a gate, where both are one transaction.
  const bool was_switched = sight.forward_done() && block.time >= leaf.halt_at;
  view.phase = was_switched ? GatePhase::switched : GatePhase::armed;
  const bool closed = facts.closed && block.num >= facts.closed->block.num;
  if (closed) {
    view.phase = facts.closed->outcome == Outcome::new_version ? GatePhase::closed_new : GatePhase::closed_old;
    view.closed_at = facts.closed->block.time;
  }
  if (facts.decision && block.num >= facts.decision->block.num) {
    view.decision = facts.decision->outcome;
    view.decision_evidence = facts.decision->evidence;
  }
  const bool out_of_turn = facts.halt_now && block.num >= facts.halt_now->num && view.engaged;
  view.halted = (!closed && block.time >= leaf.halt_at) || out_of_turn;
  if (view.engaged) view.mask = leaf.halted_mask;
  return view;
}

void recall_open(FollowedPlan& plan, GateView& view, coordinator::Finality finality) {
  if (view.phase != GatePhase::armed) return;
  if (finality == coordinator::Finality::head) {
    if (!view.engaged) plan.open_at = std::max(plan.open_at, view.block.num);
  } else if (view.block.num <= plan.open_at) {
    view.engaged = false;
    view.mask = everything;
  }
}

}  // namespace direct

std::vector<RpcCall> view_calls(const FollowedPlan& plan, const Hash32& block) {
  const auto& setup = plan.compiled.direct;
  if (!setup) return {call_at(plan.gate(), status_calldata(), block)};
  std::vector<RpcCall> calls;
  for (const auto& contract : setup->contracts) calls.push_back(call_at(contract.address, contract.paused, block));
  for (const auto* operation : {&setup->forward, &setup->back})
    calls.push_back(call_at(setup->timelock, direct::timestamp_calldata(operation->id), block));
  return calls;
}

Result<GateView> view_of(const FollowedPlan& plan, std::span<const RpcAnswer> answers, const BlockRef& block) {
  const auto& setup = plan.compiled.direct;
  if (setup) {
    const auto sight = direct::sight_of(*setup, answers);
    if (!sight) return std::unexpected(sight.error());
    return direct::view_of(plan, *sight, block);
  }
  LOCKSTEP_ASSERT(answers.size() == 1);
  const auto bytes = as_bytes(answers[0]);
  if (!bytes) return std::unexpected(bytes.error());
  return decode_status(*bytes, block);
}

}  // namespace lockstep::evm
