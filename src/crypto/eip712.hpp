#pragma once
// The two EIP-712 types Lockstep signs. https://eips.ethereum.org/EIPS/eip-712
#include <string>

#include "base/bytes.hpp"
#include "coordinator/attestation.hpp"

namespace lockstep::crypto {

/// EIP712Domain(string name,string version,uint256 chainId,address verifyingContract) with name "Lockstep", version
/// "1", home chain and home gate.
Hash32 domain_separator(std::uint64_t home_chain_id, const Address& home_gate);
/// 0x19 0x01 ‖ domain ‖ hashStruct(…): what is hashed and signed.
Bytes message(const Hash32& domain, const coordinator::Statement& statement);
/// The same as EIP-712's JSON document, for keepers of keys who make the bytes themselves.
std::string typed_data(std::uint64_t home_chain_id, const Address& home_gate, const coordinator::Statement& statement);
/// keccak256(0x19 0x01 ‖ domain ‖ hashStruct(Statement(uint8 kind,uint64 epoch,bytes32 planHash,uint8 outcome,bytes32
/// operatorSet,bytes32 evidence)))
Hash32 digest(const Hash32& domain, const coordinator::Statement& statement);

}  // namespace lockstep::crypto
