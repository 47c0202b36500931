#include "adapters/evm/direct/operation.hpp"

#include "adapters/evm/abi.hpp"
#include "adapters/evm/governance/reader.hpp"
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

/// hashOperation, which is not the hash of a batch of one.
Hash32 single_id(const std::vector<abi::Value>& arguments) {
  static const std::vector<abi::Type> shape{type("address"), type("uint256"), type("bytes"), type("bytes32"),
                                            type("bytes32")};
  return crypto::keccak256(abi::encode(shape, arguments));
}

constexpr const char* execute_batch = "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)";

}  // namespace

std::optional<Execution> execution_of(const Call& call) {
  static const governance::CallShape execute("execute(address,uint256,bytes,bytes32,bytes32)"), batch(execute_batch);
  Execution out{.timelock = call.target, .operation = {}};
  auto& operation = out.operation;
  const auto one = execute.decode(call.data), many = batch.decode(call.data);
  if (!one && !many) return std::nullopt;
  const auto& values = one ? *one : *many;
  operation.predecessor = abi::as_hash(values[3]);
  operation.salt = abi::as_hash(values[4]);
  if (one) {
    operation.calls = {{abi::as_address(values[0]), values[1].word, values[2].bytes}};
    operation.id = single_id(values);
    return out;
  }
  const auto &targets = values[0].elements, &amounts = values[1].elements, &payloads = values[2].elements;
  if (targets.size() != amounts.size() || targets.size() != payloads.size()) return std::nullopt;
  for (std::size_t i = 0; i < targets.size(); ++i)
    operation.calls.push_back({abi::as_address(targets[i]), amounts[i].word, payloads[i].bytes});
  operation.id = operation_id(operation);
  return out;
}

std::vector<Call> unfolded(const std::vector<Call>& calls) {
  std::vector<Call> out;
  for (const auto& call : calls) {
    const auto execution = execution_of(call);
    if (!execution) {
      out.push_back(call);
      continue;
    }
    out.insert(out.end(), execution->operation.calls.begin(), execution->operation.calls.end());
  }
  return out;
}

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
  static const auto execute = function(execute_batch);
  return abi::encode_call(execute, arguments(operation));
}

Bytes timestamp_calldata(const Hash32& id) {
  static const auto timestamp = function("getTimestamp(bytes32)(uint256)");
  return abi::encode_call(timestamp, {abi::of(id)});
}

}  // namespace lockstep::evm::direct
