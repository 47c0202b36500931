#pragma once
// Transactions: legacy with EIP-155 (type 0) and EIP-1559 (type 2), without access lists. Those that set code
// (EIP-7702, type 4) are only read.
#include <optional>
#include <vector>

#include "adapters/evm/rlp.hpp"
#include "base/result.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::evm {

inline constexpr Uint256 gwei = 1'000'000'000;  // wei

/// EIP-2930.
struct AccessEntry {
  Address address;
  std::vector<Hash32> slots;
  bool operator==(const AccessEntry&) const = default;
};

/// EIP-7702: `authority` has the code of `delegate` from then on; nobody's if the signature is no such one, which the
/// chain passes over.
struct Authorization {
  Uint256 chain_id = 0;  // 0: of every chain
  Address delegate;      // zero: none any more
  std::uint64_t nonce = 0;
  std::uint8_t parity = 0;
  Uint256 r = 0, s = 0;
  std::optional<Address> authority;
  bool operator==(const Authorization&) const = default;
};

struct Txn {
  std::uint8_t type = 2;
  std::uint64_t chain_id = 0, nonce = 0, gas_limit = 0;
  Uint256 max_priority_fee = 0, max_fee = 0;  // type 0: max_fee is the gas price
  std::optional<Address> to;
  Uint256 value = 0;
  Bytes data;
  std::vector<AccessEntry> access_list = {};       // type 4
  std::vector<Authorization> authorizations = {};  // type 4; never empty there
  bool operator==(const Txn&) const = default;
};

struct SignedTxn {
  Bytes raw;
  Hash32 hash;
};

/// What is hashed and signed.
Bytes signing_message(const Txn& txn);
/// Whose message this is; refuses anything but the exact encoding of type 0 or 2.
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
/// Refuses anything but the exact encoding: types but 0, 2 and 4, legacy ones not bound to a chain, access lists of
/// type 2, type 4 without a recipient or authorizations, leading zeros, high s.
Result<DecodedTxn> decode_txn(BytesView raw);

}  // namespace lockstep::evm
