#pragma once
// "Signed data" that no wallet mistakes for a transaction: what personal_sign signs (EIP-191, version 0x45).
#include "base/bytes.hpp"

namespace lockstep::crypto {

/// What is hashed and signed.
Bytes eip191_message(BytesView message);
/// keccak256("\x19Ethereum Signed Message:\n" ‖ decimal length ‖ message).
Hash32 eip191_digest(BytesView message);

}  // namespace lockstep::crypto
