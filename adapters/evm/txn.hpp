#pragma once
// Transactions: legacy with EIP-155 (type 0) and EIP-1559 (type 2), without access lists.
#include <optional>

#include "adapters/evm/rlp.hpp"
#include "base/result.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::evm {

inline constexpr Uint256 gwei = 1'000'000'000;  // wei

struct Txn {
  std::uint8_t type = 2;
  std::uint64_t chain_id = 0, nonce = 0, gas_limit = 0;
  Uint256 max_priority_fee = 0, max_fee = 0;  // type 0: max_fee is the gas price
  std::optional<Address> to;
  Uint256 value = 0;
  Bytes data;
  bool operator==(const Txn&) const = default;
};

struct SignedTxn {
  Bytes raw;
  Hash32 hash;
};

/// What is hashed and signed.
Bytes signing_message(const Txn& txn);
/// Whose message this is; refuses anything but the exact encoding.
Result<Txn> decode_signing_message(BytesView message);
/// `signature`: 65 bytes over that. Asserts type 0 or 2, and a chain id of at least 1.
SignedTxn with_signature(const Txn& txn, BytesView signature);
SignedTxn sign(const Txn& txn, const crypto::PrivateKey& key);
struct DecodedTxn {
  Txn txn;
  Address from;
  Bytes signature;  // 65 bytes over its signing message, v = 27 or 28
  Hash32 hash;
};
/// Refuses anything but the exact encoding: other types, legacy ones not bound to a chain, access lists, leading zeros,
/// high s.
Result<DecodedTxn> decode_txn(BytesView raw);

}  // namespace lockstep::evm
