#pragma once
// The JSON of a keystore, checked before any of it is used.
#include <variant>

#include "base/result.hpp"
#include "crypto/keystore.hpp"

namespace lockstep::crypto::keystore {

inline constexpr std::size_t max_file_size = 65536;
inline constexpr std::uint32_t max_scrypt_n = 1U << 20, max_pbkdf2_rounds = 10'000'000;
inline constexpr std::uint64_t max_scrypt_memory = std::uint64_t{1} << 30,
                               max_scrypt_work = std::uint64_t{1} << 32;  // bytes

struct Pbkdf2Cost {
  std::uint32_t rounds = 0;
};

struct Document {
  std::variant<ScryptCost, Pbkdf2Cost> cost;
  Bytes salt;  // 1 to 64 bytes
  std::array<std::uint8_t, 16> iv{};
  std::array<std::uint8_t, 32> ciphertext{}, mac{};
  std::optional<Address> address;  // as the file claims
};

/// n a power of two from 2 to 2^20, r and p at least 1, 128 · n · r ≤ 1 GiB, p ≤ 64, and 128 · n · r · p ≤ 4 GiB of
/// work.
bool is_sane(const ScryptCost& cost);

Result<Document> parse(const std::string& json);
std::string write(const Document& document);  // scrypt only; `address` is written if present

}  // namespace lockstep::crypto::keystore
