#include "adapters/evm/gate_abi.hpp"

#include <algorithm>

#include "adapters/evm/leaf_codec.hpp"
#include "base/assert.hpp"

namespace lockstep::evm {
namespace {

using coordinator::Action;

constexpr const char* certificate_text = "(bytes32,bytes[])";

abi::Function function(const std::string& signature) {
  auto parsed = abi::parse_function(signature);
  LOCKSTEP_ASSERT(parsed.has_value());
  return *std::move(parsed);
}

const abi::Function& status_function() {
  static const auto status = function(
      "status()(uint8 phase,uint64 epoch,bytes32 planHash,bytes32 leafHash,uint64 haltAt,uint64 switchBy,uint64 "
      "decideBy,uint64 switchedAt,"
      "uint64 closedAt,uint8 decision,bytes32 decisionEvidence,bool engaged,bool halted,uint64 haltNowUntil,uint32 "
      "mask,bytes32 operatorSet)");
  return status;
}

const abi::Function& rehearse_function() {
  static const auto rehearse = function("rehearse(" + std::string(leaf_type_text) +
                                        ",bool,(address,uint256,bytes)[])(uint8,uint16,bytes,bytes[])");
  return rehearse;
}

abi::Value certificate(const coordinator::Submit& submit) {
  abi::Value signatures;
  for (const auto& signature : submit.signatures) signatures.elements.push_back(abi::of(BytesView(signature)));
  abi::Value value;
  value.elements = {abi::of(submit.evidence), std::move(signatures)};
  return value;
}

}  // namespace

Bytes status_calldata() {
  const auto selector = status_function().selector();
  return {selector.begin(), selector.end()};
}

Result<coordinator::GateView> decode_status(BytesView answer, const coordinator::BlockRef& block) {
  const auto values = abi::decode(status_function().outputs, answer);
  if (!values)
    return fail("gate.status() does not decode", {}, values.error().text(),
                "check that the gate's address holds a LockstepGate");
  const auto& v = *values;
  const auto phase = abi::as_u64(v[0]), decision = abi::as_u64(v[9]);
  if (phase > 4 || decision > 2) return fail("gate.status() has a phase or decision we do not know");
  coordinator::GateView view;
  view.block = block;
  view.phase = static_cast<coordinator::GatePhase>(phase);
  view.epoch = abi::as_u64(v[1]);
  view.plan_hash = abi::as_hash(v[2]);
  view.leaf_hash = abi::as_hash(v[3]);
  view.halt_at = abi::as_u64(v[4]);
  view.switch_by = abi::as_u64(v[5]);
  view.decide_by = abi::as_u64(v[6]);
  view.switched_at = abi::as_u64(v[7]);
  view.closed_at = abi::as_u64(v[8]);
  view.decision = static_cast<coordinator::Outcome>(decision);
  view.decision_evidence = abi::as_hash(v[10]);
  view.engaged = v[11].word != 0;
  view.halted = v[12].word != 0;
  view.halt_now_until = abi::as_u64(v[13]);
  view.mask = static_cast<std::uint32_t>(abi::as_u64(v[14]));
  view.operator_set = abi::as_hash(v[15]);
  return view;
}

Bytes submit_calldata(const coordinator::Submit& submit, const Leaf& leaf) {
  static const std::string leaf_text = leaf_type_text;
  static const auto engage = function("engage(" + leaf_text + ")");
  static const auto switch_version = function("switchVersion(" + leaf_text + "," + certificate_text + ")");
  static const auto decide = function(std::string("decide(uint8,") + certificate_text + ")");
  static const auto close = function("close(uint8," + leaf_text + "," + certificate_text + ")");
  static const auto halt_now = function(std::string("haltNow(") + certificate_text + ")");
  const auto outcome = abi::of(Uint256(static_cast<unsigned>(submit.outcome)));
  switch (submit.action) {
    case Action::engage:
      return abi::encode_call(engage, {leaf_value(leaf)});
    case Action::switch_version:
      return abi::encode_call(switch_version, {leaf_value(leaf), certificate(submit)});
    case Action::decide:
      return abi::encode_call(decide, {outcome, certificate(submit)});
    case Action::close:
      return abi::encode_call(close, {outcome, leaf_value(leaf), certificate(submit)});
    case Action::halt_now:
      return abi::encode_call(halt_now, {certificate(submit)});
  }
  LOCKSTEP_ASSERT(false);
  return {};
}

std::array<std::uint8_t, 4> arm_selector() {
  static const auto arm = function("arm(bytes32," + std::string(leaf_type_text) + ",(bytes32,bytes32[]))").selector();
  return arm;
}

std::optional<Hash32> armed_plan(BytesView calldata) {
  const auto arm = arm_selector();
  if (calldata.size() < 36 || !std::ranges::equal(arm, calldata.first(4))) return std::nullopt;
  Hash32 plan;
  std::ranges::copy(calldata.subspan(4, 32), plan.bytes.begin());
  return plan;
}

Bytes rehearse_calldata(const Leaf& leaf, bool and_back, std::span<const Call> views) {
  abi::Value calls;
  for (const auto& view : views) {
    abi::Value call;
    call.elements = {abi::of(view.target), abi::of(view.value), abi::of(BytesView(view.data))};
    calls.elements.push_back(std::move(call));
  }
  return abi::encode_call(rehearse_function(), {leaf_value(leaf), abi::of(Uint256(and_back ? 1 : 0)), calls});
}

Result<Rehearsal> decode_rehearsal(BytesView answer) {
  const auto values = abi::decode(rehearse_function().outputs, answer);
  if (!values)
    return fail("the rehearsal's answer does not decode", {}, values.error().text(),
                "does the endpoint support state overrides in eth_call?");
  Rehearsal rehearsal{static_cast<std::uint8_t>(abi::as_u64((*values)[0])),
                      static_cast<std::uint16_t>(abi::as_u64((*values)[1])),
                      (*values)[2].bytes,
                      {}};
  for (const auto& result : (*values)[3].elements) rehearsal.results.push_back(result.bytes);
  return rehearsal;
}

}  // namespace lockstep::evm
