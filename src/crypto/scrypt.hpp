#pragma once
// scrypt (RFC 7914) over OpenSSL's PBKDF2. OpenSSL's own scrypt is used wherever it can be; it refuses n ≥ 2^(16 r) as
// the RFC does, but such files exist (n = 262144, r = 1: the vector of the Web3 Secret Storage definition, and what
// web3.py wrote for years).
#include <span>

#include "base/bytes.hpp"
#include "crypto/keystore.hpp"

namespace lockstep::crypto {

/// False if OpenSSL refuses, which it does without memory. The cost must be sane.
bool scrypt(const std::string& passphrase, BytesView salt, const ScryptCost& cost, std::span<std::uint8_t> key);

/// The same from PBKDF2 and our own mixing, for every cost.
bool scrypt_without_openssl(const std::string& passphrase, BytesView salt, const ScryptCost& cost,
                            std::span<std::uint8_t> key);

}  // namespace lockstep::crypto
