#pragma once
// ECDSA over secp256k1 by libsecp256k1. Signatures are 65 bytes r‖s‖v, v = 27 or 28, s in the lower half (EIP-2),
// nonces by RFC 6979.
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace lockstep::crypto {

/// A private key; zeroed when it goes, never formatted.
class PrivateKey {
 public:
  static std::optional<PrivateKey> from_bytes(BytesView bytes);  // 32 bytes in [1, n-1]
  static PrivateKey generate();                                  // from the system's randomness
  PrivateKey(const PrivateKey&);
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(const PrivateKey&) = delete;
  ~PrivateKey();
  Address address() const;
  Bytes sign(const Hash32& digest) const;
  BytesView reveal() const { return {bytes_.data(), bytes_.size()}; }  // keystore encryption only

 private:
  PrivateKey() = default;
  std::array<std::uint8_t, 32> bytes_{};
};

/// Nothing if the signature is not exactly 65 bytes, v is not 27 or 28, s is high, or no key fits.
std::optional<Address> recover(const Hash32& digest, BytesView signature);

}  // namespace lockstep::crypto
