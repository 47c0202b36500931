#include "adapters/signer/rpc_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "adapters/evm/abi.hpp"
#include "adapters/evm/txn.hpp"
#include "adapters/signer/signature_text.hpp"

namespace lockstep::signer {
namespace {

using nlohmann::json;

constexpr std::string_view text_prefix =
    "\x19"
    "Ethereum Signed Message:\n";

/// The text of an EIP-191 message; nothing if it is none.
std::optional<Bytes> text_of(BytesView message) {
  const auto prefix = to_bytes(text_prefix);
  if (message.size() < prefix.size() || !std::ranges::equal(message.first(prefix.size()), prefix)) return std::nullopt;
  auto rest = message.subspan(prefix.size());
  // The text may begin with a digit: as many of them are its length as leave a text of that length.
  std::size_t length = 0;
  while (!rest.empty() && std::isdigit(rest.front()) != 0 && length <= message.size()) {
    length = length * 10 + (rest.front() - '0');
    rest = rest.subspan(1);
    if (rest.size() == length) return Bytes(rest.begin(), rest.end());
  }
  return std::nullopt;
}

json fields_of(const evm::Txn& txn, const Address& from) {
  json fields = {{"from", evm::abi::checksum(from)},     {"gas", to_quantity(txn.gas_limit)},
                 {"value", to_quantity(txn.value)},      {"nonce", to_quantity(txn.nonce)},
                 {"input", to_hex(BytesView(txn.data))}, {"chainId", to_quantity(txn.chain_id)}};
  if (txn.to) fields["to"] = evm::abi::checksum(*txn.to);
  if (txn.type == 0) {
    fields["gasPrice"] = to_quantity(txn.max_fee);
  } else {
    fields["maxFeePerGas"] = to_quantity(txn.max_fee);
    fields["maxPriorityFeePerGas"] = to_quantity(txn.max_priority_fee);
  }
  return fields;
}

/// The first field in which they differ; empty: none.
std::string difference(const evm::Txn& asked, const evm::Txn& got) {
  if (asked.type != got.type) return "type";
  if (asked.chain_id != got.chain_id) return "chain id";
  if (asked.nonce != got.nonce) return "nonce";
  if (asked.gas_limit != got.gas_limit) return "gas limit";
  if (asked.max_priority_fee != got.max_priority_fee) return "priority fee";
  if (asked.max_fee != got.max_fee) return asked.type == 0 ? "gas price" : "max fee";
  if (asked.to != got.to) return "recipient";
  if (asked.value != got.value) return "value";
  return asked.data == got.data ? "" : "data";
}

std::expected<Bytes, std::string> signature_of_txn(const json& result, const evm::Txn& asked, const Address& address) {
  const auto* raw = result.is_object() && result.contains("raw") ? &result["raw"] : &result;
  const auto bytes = raw->is_string() ? bytes_from_hex(raw->get_ref<const std::string&>()) : std::nullopt;
  const auto signed_txn = bytes ? evm::decode_txn(*bytes) : Result<evm::DecodedTxn>(fail("none", {}, "no bytes"));
  if (!signed_txn) return std::unexpected("gave no transaction that can be read: " + signed_txn.error().why);
  if (const auto changed = difference(asked, signed_txn->txn); !changed.empty())
    return std::unexpected("signed another transaction than was asked for: its " + changed + " was changed");
  if (signed_txn->from != address) return std::unexpected("gave no signature of this key");
  return signed_txn->signature;
}

}  // namespace

Result<transport::RpcCall> call_for(Dialect dialect, const Address& address, const ports::ToSign& message) {
  const bool clef = dialect == Dialect::clef;
  const auto who = evm::abi::checksum(address);  // clef refuses a recipient that is not spelled so
  if (!message.typed_data.empty()) {
    auto document = json::parse(message.typed_data);
    return transport::RpcCall{clef ? "account_signTypedData" : "eth_signTypedData_v4", {who, std::move(document)}};
  }
  if (const auto text = text_of(message.bytes)) {
    const auto data = to_hex(BytesView(*text));
    if (clef) return transport::RpcCall{"account_signData", {"text/plain", who, data}};
    return transport::RpcCall{"eth_sign", {who, data}};
  }
  const auto txn = evm::decode_signing_message(message.bytes);
  if (!txn) return std::unexpected(txn.error());
  return transport::RpcCall{clef ? "account_signTransaction" : "eth_signTransaction",
                            json::array({fields_of(*txn, address)})};
}

std::expected<Bytes, std::string> signature_in(const json& result, BytesView message, const Address& address) {
  if (const auto txn = evm::decode_signing_message(message)) return signature_of_txn(result, *txn, address);
  auto signature = result.is_string() ? signature_of(result.get_ref<const std::string&>(), message, address)
                                      : std::optional<Bytes>();
  if (!signature) return std::unexpected("gave no signature of this key");
  return *std::move(signature);
}

bool is_denial(const transport::Failure& failure) {
  constexpr std::int64_t user_rejected = 4001, server_error = -32000;
  if (failure.kind != transport::FailureKind::rpc) return false;
  auto said = failure.detail;
  std::ranges::transform(said, said.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return failure.code == user_rejected || (failure.code == server_error && said.find("request denied") != said.npos);
}

}  // namespace lockstep::signer
