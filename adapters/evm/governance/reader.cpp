#include "adapters/evm/governance/reader.hpp"

#include "adapters/evm/check.hpp"
#include "base/assert.hpp"

namespace lockstep::evm::governance {

Result<std::vector<std::optional<Bytes>>> Reader::calls(const Address& to, const std::vector<Bytes>& calldata) const {
  std::vector<RpcCall> asked;
  asked.reserve(calldata.size());
  for (const auto& data : calldata) asked.push_back(call_at(to, data, block_.hash));
  const auto answers = ask_(asked);
  if (!answers) return std::unexpected(answers.error());
  LOCKSTEP_ASSERT(answers->size() == asked.size());
  std::vector<std::optional<Bytes>> out;
  for (const auto& answer : *answers) {
    if (!answer && is_revert(answer.error())) {
      out.emplace_back();
      continue;
    }
    auto bytes = as_bytes(answer);
    if (!bytes) return fail(bytes.error().what, to_hex(to), bytes.error().why);
    out.emplace_back(*std::move(bytes));
  }
  return out;
}

Result<std::string> Reader::refusal(const Address& from, const Address& to, const Bytes& calldata) const {
  auto asked = call_at(to, calldata, block_.hash);
  asked.params[0]["from"] = to_hex(from);
  const auto answers = ask_({asked});
  if (!answers) return std::unexpected(answers.error());
  LOCKSTEP_ASSERT(answers->size() == 1);
  const auto& answer = answers->front();
  if (answer) return std::string{};
  if (!is_revert(answer.error())) return std::unexpected(rpc_error("a call was not answered", answer.error()));
  return why_reverted(answer.error());
}

Result<std::vector<Uint256>> Reader::words(const Address& account, const std::vector<Hash32>& slots) const {
  std::vector<RpcCall> asked;
  asked.reserve(slots.size());
  for (const auto& slot : slots)
    asked.push_back({"eth_getStorageAt", {to_hex(account), to_hex(slot), block_id(block_.hash)}});
  const auto answers = ask_(asked);
  if (!answers) return std::unexpected(answers.error());
  LOCKSTEP_ASSERT(answers->size() == asked.size());
  std::vector<Uint256> out;
  for (const auto& answer : *answers) {
    const auto value = as_quantity(answer);
    if (!value) return fail("storage is not readable", to_hex(account), value.error().text());
    out.push_back(*value);
  }
  return out;
}

Result<std::vector<Bytes>> Reader::codes(const std::vector<Address>& accounts) const {
  std::vector<RpcCall> asked;
  asked.reserve(accounts.size());
  for (const auto& account : accounts) asked.push_back(code_at(account, block_.hash));
  const auto answers = ask_(asked);
  if (!answers) return std::unexpected(answers.error());
  LOCKSTEP_ASSERT(answers->size() == asked.size());
  std::vector<Bytes> out;
  for (const auto& answer : *answers) {
    auto bytes = as_bytes(answer);
    if (!bytes) return std::unexpected(bytes.error());
    out.push_back(*std::move(bytes));
  }
  return out;
}

Bytes calldata(const char* signature, const std::vector<abi::Value>& arguments) {
  const auto function = abi::parse_function(signature);
  LOCKSTEP_ASSERT(function.has_value());
  return abi::encode_call(*function, arguments);
}

std::optional<Uint256> word(const std::optional<Bytes>& answer, std::size_t index) {
  if (!answer) return std::nullopt;
  const auto found = word_of(*answer, index);
  if (!found) return std::nullopt;
  return from_word(*found);
}

std::optional<Address> address_in(const std::optional<Bytes>& answer, std::size_t index) {
  const auto found = word(answer, index);
  if (!found || (*found >> 160) != 0) return std::nullopt;
  return to_address(*found);
}

UnixSeconds seconds(const Uint256& value) {
  constexpr auto most = std::numeric_limits<UnixSeconds>::max();
  return value > most ? most : static_cast<UnixSeconds>(value);
}

EventShape::EventShape(const char* signature) {
  auto event = abi::parse_event(signature);
  LOCKSTEP_ASSERT(event.has_value());
  event_ = *std::move(event);
}

bool EventShape::matches(const Log& log) const { return log.topic0() == event_.topic0; }

std::optional<std::vector<abi::Value>> EventShape::decode(const Log& log) const {
  if (!matches(log)) return std::nullopt;
  auto values = abi::decode_log(event_, log.topics, log.data);
  if (!values) return std::nullopt;
  return *std::move(values);
}

CallShape::CallShape(const char* signature) {
  auto function = abi::parse_function(signature);
  LOCKSTEP_ASSERT(function.has_value());
  function_ = *std::move(function);
}

std::optional<std::vector<abi::Value>> CallShape::decode(BytesView calldata) const {
  const auto selector = function_.selector();
  if (calldata.size() < selector.size() || !std::equal(selector.begin(), selector.end(), calldata.begin()))
    return std::nullopt;
  auto values = abi::decode(function_.inputs, calldata.subspan(selector.size()));
  if (!values) return std::nullopt;
  return *std::move(values);
}

std::vector<abi::Type> types(std::initializer_list<const char*> names) {
  std::vector<abi::Type> list;
  for (const auto* name : names) {
    auto type = abi::parse_type(name);
    LOCKSTEP_ASSERT(type.has_value());
    list.push_back(*std::move(type));
  }
  return list;
}

}  // namespace lockstep::evm::governance
