#include "adapters/evm/governance/governor_state.hpp"

#include "crypto/keccak256.hpp"

namespace lockstep::evm::governance {

std::optional<Status> governor_status(const std::optional<Uint256>& state, UnixSeconds eta, UnixSeconds now) {
  enum : std::uint8_t { pending, active, canceled, defeated, succeeded, queued, expired, executed };
  constexpr const char* names[] = {"pending",   "active", "canceled", "defeated",
                                   "succeeded", "queued", "expired",  "executed"};
  if (!state || *state > 7) return std::nullopt;
  const auto number = static_cast<std::uint8_t>(*state);
  Status status{Stage::proposed, {eta, 0}, std::string("it is ") + names[number]};
  switch (number) {
    case canceled:
    case defeated:
      status.stage = Stage::cancelled;
      break;
    case expired:
      status.stage = Stage::expired;
      break;
    case executed:
      status.stage = Stage::executed;
      break;
    case queued:
      status.stage = eta != 0 && eta <= now ? Stage::ready : Stage::queued;
      break;
    default:
      status.window = {};
  }
  return status;
}

const EventShape& proposal_created() {
  static const EventShape shape(
      "ProposalCreated(uint256 id,address proposer,address[] targets,uint256[] values,string[] signatures,bytes[] "
      "calldatas,uint256 start,uint256 end,string description)");
  return shape;
}

Bytes with_selector(const Bytes& signature, const Bytes& calldata) {
  if (signature.empty()) return calldata;
  const auto hash = crypto::keccak256(BytesView(signature));
  Bytes out(hash.bytes.begin(), hash.bytes.begin() + 4);
  append(out, calldata);
  return out;
}

std::optional<std::vector<Call>> governor_calls(const abi::Value& targets, const abi::Value& values,
                                                const abi::Value& signatures, const abi::Value& calldatas) {
  const auto count = targets.elements.size();
  if (values.elements.size() != count || signatures.elements.size() != count || calldatas.elements.size() != count)
    return std::nullopt;
  std::vector<Call> calls;
  for (std::size_t i = 0; i < count; ++i) {
    calls.push_back({abi::as_address(targets.elements[i]), values.elements[i].word,
                     with_selector(signatures.elements[i].bytes, calldatas.elements[i].bytes)});
  }
  return calls;
}

std::optional<std::vector<Call>> governor_calls(const abi::Value& targets, const abi::Value& values,
                                                const abi::Value& calldatas) {
  abi::Value none;
  none.elements.resize(targets.elements.size());
  return governor_calls(targets, values, none, calldatas);
}

}  // namespace lockstep::evm::governance
