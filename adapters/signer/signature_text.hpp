#pragma once
// What a remote signer answers, read strictly.
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace lockstep::signer {

/// The key of `address` among public keys (JSON array of 0x and 64 bytes, with or without the leading 04), as it is
/// written there; nothing if it is not among them.
std::optional<std::string> key_of(std::string_view public_keys, const Address& address);

/// "0x" and 65 bytes, bare or in quotes, as a signature over keccak256(message) that recover() takes: v as 27 or 28, s
/// in the lower half. Nothing if it is none of this address.
std::optional<Bytes> signature_of(std::string_view answer, BytesView message, const Address& address);

}  // namespace lockstep::signer
