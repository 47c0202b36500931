#include "adapters/evm/direct/operation.hpp"

#include "adapters/evm/abi.hpp"
#include "crypto/keccak256.hpp"

namespace lockstep::evm::direct {
namespace {

abi::Type type(const char* text) { return abi::parse_type(text).value(); }
abi::Function function(const char* text) { return abi::parse_function(text).value(); }

std::vector<abi::Value> arguments(const Operation& operation) {
  abi::Value targets, values, payloads;
  for (const auto& call : operation.calls) {
    targets.elements.push_back(abi::of(call.target));
    values.elements.push_back(abi::of(call.value));
    payloads.elements.push_back(abi::of(BytesView(call.data)));
  }
  return {std::move(targets), std::move(values), std::move(payloads), abi::of(operation.predecessor),
          abi::of(operation.salt)};
}

}  // namespace

Hash32 salt(const std::string& protocol, const Leaf& leaf, std::uint64_t arm_by, unsigned which) {
  static const std::vector<abi::Type> shape{type("bytes32"), type("bytes32"), type("uint256"),
                                            type("uint256"), type("uint256"), type("uint256"),
                                            type("uint256"), type("bytes32"), type("uint256")};
  const auto number = [](std::uint64_t value) { return abi::of(Uint256(value)); };
  return crypto::keccak256(abi::encode(
      shape,
      {abi::of(crypto::keccak256(std::string_view("lockstep direct 1"))),
       abi::of(crypto::keccak256(std::string_view(protocol))), number(leaf.epoch), number(arm_by), number(leaf.halt_at),
       number(leaf.switch_by), number(leaf.decide_by), abi::of(leaf.operator_set), number(which)}));
}

Hash32 operation_id(const Operation& operation) {
  static const std::vector<abi::Type> shape{type("address[]"), type("uint256[]"), type("bytes[]"), type("bytes32"),
                                            type("bytes32")};
  return crypto::keccak256(abi::encode(shape, arguments(operation)));
}

Bytes schedule_calldata(const Operation& operation, std::uint64_t delay_s) {
  static const auto schedule = function("scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)");
  auto all = arguments(operation);
  all.push_back(abi::of(Uint256(delay_s)));
  return abi::encode_call(schedule, all);
}

Bytes execute_calldata(const Operation& operation) {
  static const auto execute = function("executeBatch(address[],uint256[],bytes[],bytes32,bytes32)");
  return abi::encode_call(execute, arguments(operation));
}

Bytes timestamp_calldata(const Hash32& id) {
  static const auto timestamp = function("getTimestamp(bytes32)(uint256)");
  return abi::encode_call(timestamp, {abi::of(id)});
}

}  // namespace lockstep::evm::direct
