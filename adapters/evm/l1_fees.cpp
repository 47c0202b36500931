#include "adapters/evm/l1_fees.hpp"

#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/check.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint64_t most_gas = std::uint64_t{1} << 40;

abi::Function function(const char* text) { return abi::parse_function(text).value(); }

RpcCall newest(const Bytes& data) {
  return {"eth_call", {{{"to", to_hex(L1Fees::oracle())}, {"data", to_hex(BytesView(data))}}, "latest"}};
}

Result<Uint256> word_in(const RpcAnswer& answer) {
  const auto bytes = as_bytes(answer);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->size() != 32) return fail("the L1 fee oracle answers with no number", to_hex(L1Fees::oracle()));
  Hash32 word;
  std::ranges::copy(*bytes, word.bytes.begin());
  // What would overflow a sum is no fee.
  if (from_word(word) >> 128 != 0) return fail("the L1 fee oracle answers with no fee", to_hex(L1Fees::oracle()));
  return from_word(word);
}

}  // namespace

Address L1Fees::oracle() {
  static const auto address = fixed_from_hex<Address>("0x420000000000000000000000000000000000000f").value();
  return address;
}

L1Fees::L1Fees(EndpointPool& pool, settings::L1Fee kind) : pool_(pool) {
  if (kind != settings::L1Fee::probed) taken_ = kind == settings::L1Fee::op_stack;
}

Result<bool> L1Fees::taken() {
  if (taken_) return *taken_;
  const auto answers = pool_.ask({{"eth_getCode", {to_hex(oracle()), "latest"}}});
  if (!answers) return std::unexpected(rpc_error("the L1 fee oracle cannot be looked for", answers.error()));
  const auto code = as_bytes((*answers)[0]);
  if (!code) return std::unexpected(code.error());
  taken_ = !code->empty();
  return *taken_;
}

Result<Uint256> L1Fees::of(std::span<const Txn> txns) {
  const auto any = taken();
  if (!any) return std::unexpected(any.error());
  if (!*any || txns.empty()) return Uint256(0);
  static const auto data_fee = function("getL1Fee(bytes)"), operator_fee = function("getOperatorFee(uint256)");
  std::vector<RpcCall> calls;
  for (const auto& txn : txns) {
    calls.push_back(newest(abi::encode_call(data_fee, {abi::of(BytesView(signing_message(txn)))})));
    calls.push_back(newest(abi::encode_call(operator_fee, {abi::of(Uint256(std::min(txn.gas_limit, most_gas)))})));
  }
  const auto answers = ask_all(pool_, calls);
  if (!answers) return std::unexpected(answers.error());
  Uint256 sum = 0;
  for (std::size_t i = 0; i < answers->size(); ++i) {
    const auto& answer = (*answers)[i];
    const bool of_operator = i % 2 == 1;
    if (of_operator && !answer && is_revert(answer.error())) continue;  // before Isthmus there is no such fee
    const auto fee = word_in(answer);
    if (!fee) return std::unexpected(fee.error());
    sum += *fee;
  }
  return sum;
}

}  // namespace lockstep::evm
