#pragma once
// A message as the JSON-RPC call that asks for its signature, and what came back, read strictly. No I/O.
#include <string>

#include "adapters/transport/json_rpc.hpp"
#include "ports/key.hpp"

namespace lockstep::signer {

/// clef: account_signData, account_signTypedData, account_signTransaction
/// (https://geth.ethereum.org/docs/tools/clef/apis). eth: eth_sign, eth_signTypedData_v4, eth_signTransaction, as nodes
/// and wallets have them.
enum class Dialect : std::uint8_t { clef, eth };

/// Errors: what is neither a text (EIP-191), nor comes with its EIP-712 document, nor is a transaction.
Result<transport::RpcCall> call_for(Dialect dialect, const Address& address, const ports::ToSign& message);

/// The signature over the message, if the answer has one by this address: of a transaction, if the one that was signed
/// is in every field the one that was asked for. Errors in words that follow "it ".
std::expected<Bytes, std::string> signature_in(const nlohmann::json& result, BytesView message, const Address& address);

/// "request denied" of clef, 4001 of EIP-1193: whoever decides there has said no. Everything else may pass.
bool is_denial(const transport::Failure& failure);

}  // namespace lockstep::signer
