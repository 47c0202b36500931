#include "crypto/local_key.hpp"

#include "crypto/keccak256.hpp"

namespace lockstep::crypto {

std::expected<Bytes, ports::NotSigned> LocalKey::sign(const ports::ToSign& message) const {
  return key_.sign(keccak256(message.bytes));
}

ports::KeyPtr local_key(PrivateKey key) { return std::make_shared<const LocalKey>(std::move(key)); }

}  // namespace lockstep::crypto
