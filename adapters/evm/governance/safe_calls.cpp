#include "adapters/evm/governance/safe_calls.hpp"

namespace lockstep::evm::governance {
namespace {

/// multiSend(bytes): for each, operation (1 byte), to (20), value (32), length (32), data. Nothing if it is cut off.
std::optional<std::vector<Call>> packed(BytesView list) {
  constexpr std::size_t head = 1 + 20 + 32 + 32;
  std::vector<Call> calls;
  while (!list.empty()) {
    if (list.size() < head) return std::nullopt;
    Call call;
    std::ranges::copy(list.subspan(1, 20), call.target.bytes.begin());
    Hash32 value, length;
    std::ranges::copy(list.subspan(21, 32), value.bytes.begin());
    std::ranges::copy(list.subspan(53, 32), length.bytes.begin());
    call.value = from_word(value);
    const auto size = from_word(length);
    if (size > list.size() - head) return std::nullopt;
    const auto data = list.subspan(head, static_cast<std::size_t>(size));
    call.data.assign(data.begin(), data.end());
    if (list[0] == 0) calls.push_back(std::move(call));
    list = list.subspan(head + data.size());
  }
  return calls;
}

}  // namespace

std::vector<Call> safe_calls(const Address& to, const Uint256& value, const Bytes& data, const Uint256& operation) {
  if (operation == 0) return {{to, value, data}};
  static const CallShape multi_send("multiSend(bytes)");
  const auto v = multi_send.decode(data);
  return v ? packed((*v)[0].bytes).value_or(std::vector<Call>{}) : std::vector<Call>{};
}

}  // namespace lockstep::evm::governance
