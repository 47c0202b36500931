#pragma once
// Web3 Secret Storage v3 (scrypt or pbkdf2-hmac-sha256, aes-128-ctr, keccak MAC).
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "crypto/secp256k1.hpp"

namespace lockstep::crypto {

struct ScryptCost {
  std::uint32_t n = 262144, r = 8, p = 1;
};

/// Refuses files others may read, unknown ciphers and costs outside sane limits (n ≤ 2^20, memory ≤ 1 GiB), and a wrong
/// passphrase.
Result<PrivateKey> read_keystore(const std::filesystem::path& file, const std::string& passphrase);
Result<PrivateKey> decrypt_keystore(const std::string& json, const std::string& passphrase);
std::string encrypt_keystore(const PrivateKey& key, const std::string& passphrase, const ScryptCost& cost);
/// Creates the file 0600; refuses to overwrite.
Result<void> write_keystore(const std::filesystem::path& file, const PrivateKey& key, const std::string& passphrase,
                            const ScryptCost& cost = {});

}  // namespace lockstep::crypto
