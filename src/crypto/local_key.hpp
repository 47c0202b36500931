#pragma once
// A key in this process. Signs at once and never fails.
#include "crypto/secp256k1.hpp"
#include "ports/key.hpp"

namespace lockstep::crypto {

class LocalKey final : public ports::Key {
 public:
  explicit LocalKey(PrivateKey key) : key_(std::move(key)), address_(key_.address()) {}
  Address address() const override { return address_; }
  std::expected<Bytes, ports::NotSigned> sign(const ports::ToSign& message) const override;

 private:
  PrivateKey key_;
  Address address_;
};

ports::KeyPtr local_key(PrivateKey key);

}  // namespace lockstep::crypto
