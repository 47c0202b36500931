#include "adapters/evm/l1_fees.hpp"

#include <algorithm>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/check.hpp"

namespace lockstep::evm {
namespace {

constexpr std::uint64_t most_gas = std::uint64_t{1} << 40;

abi::Function function(const char* text) { return abi::parse_function(text).value(); }

RpcCall newest(const Address& to, const Bytes& data) {
  return {"eth_call", {{{"to", to_hex(to)}, {"data", to_hex(BytesView(data))}}, "latest"}};
}

/// The first of so many words, as an amount.
Result<Uint256> amount_of(const RpcAnswer& answer, const Address& of, std::size_t words) {
  const auto bytes = as_bytes(answer);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->size() != 32 * words) return fail("the L1 fee oracle answers with no number", to_hex(of));
  Hash32 word;
  std::copy_n(bytes->begin(), word.bytes.size(), word.bytes.begin());
  // What would overflow a sum is no fee.
  if (from_word(word) >> 128 != 0) return fail("the L1 fee oracle answers with no fee", to_hex(of));
  return from_word(word);
}

}  // namespace

Address L1Fees::oracle() {
  static const auto address = fixed_from_hex<Address>("0x420000000000000000000000000000000000000f").value();
  return address;
}

Address L1Fees::node_interface() {
  static const auto address = fixed_from_hex<Address>("0x00000000000000000000000000000000000000c8").value();
  return address;
}

L1Fees::L1Fees(EndpointPool& pool, settings::L1Fee kind) : pool_(pool) {
  if (kind != settings::L1Fee::probed) kind_ = kind;
}

Result<settings::L1Fee> L1Fees::kind() {
  if (kind_) return *kind_;
  // ArbSys, a precompile of every Arbitrum chain.
  constexpr const char* arb_sys = "0x0000000000000000000000000000000000000064";
  const auto answers = pool_.ask({{"eth_getCode", {to_hex(oracle()), "latest"}}, {"eth_getCode", {arb_sys, "latest"}}});
  if (!answers) return std::unexpected(rpc_error("the L1 fee oracle cannot be looked for", answers.error()));
  const auto op_stack = as_bytes((*answers)[0]), arbitrum = as_bytes((*answers)[1]);
  if (!op_stack) return std::unexpected(op_stack.error());
  if (!arbitrum) return std::unexpected(arbitrum.error());
  kind_ = !op_stack->empty()   ? settings::L1Fee::op_stack
          : !arbitrum->empty() ? settings::L1Fee::arbitrum
                               : settings::L1Fee::none;
  return *kind_;
}

Result<Uint256> L1Fees::gas_of(std::span<const Txn> txns) {
  const auto known = kind();
  if (!known) return std::unexpected(known.error());
  if (*known != settings::L1Fee::arbitrum || txns.empty()) return Uint256(0);
  static const auto estimate = function("gasEstimateL1Component(address,bool,bytes)");
  std::vector<RpcCall> calls;
  for (const auto& txn : txns) {
    const auto data = abi::encode_call(estimate, {abi::of(txn.to.value_or(Address{})), abi::of(Uint256(txn.to ? 0 : 1)),
                                                  abi::of(BytesView(txn.data))});
    calls.push_back(newest(node_interface(), data));
  }
  const auto answers = ask_all(pool_, calls);
  if (!answers) return std::unexpected(answers.error());
  Uint256 sum = 0;
  for (const auto& answer : *answers) {
    const auto gas = amount_of(answer, node_interface(), 3);  // and the base fees of L2 and L1
    if (!gas) return std::unexpected(gas.error());
    sum += *gas;
  }
  return sum;
}

Result<Uint256> L1Fees::of(std::span<const Txn> txns) {
  const auto known = kind();
  if (!known) return std::unexpected(known.error());
  if (*known != settings::L1Fee::op_stack || txns.empty()) return Uint256(0);
  static const auto data_fee = function("getL1Fee(bytes)"), operator_fee = function("getOperatorFee(uint256)");
  std::vector<RpcCall> calls;
  for (const auto& txn : txns) {
    calls.push_back(newest(oracle(), abi::encode_call(data_fee, {abi::of(BytesView(signing_message(txn)))})));
    calls.push_back(
        newest(oracle(), abi::encode_call(operator_fee, {abi::of(Uint256(std::min(txn.gas_limit, most_gas)))})));
  }
  const auto answers = ask_all(pool_, calls);
  if (!answers) return std::unexpected(answers.error());
  Uint256 sum = 0;
  for (std::size_t i = 0; i < answers->size(); ++i) {
    const auto& answer = (*answers)[i];
    const bool of_operator = i % 2 == 1;
    if (of_operator && !answer && is_revert(answer.error())) continue;  // before Isthmus there is no such fee
    const auto fee = amount_of(answer, oracle(), 1);
    if (!fee) return std::unexpected(fee.error());
    sum += *fee;
  }
  return sum;
}

}  // namespace lockstep::evm
