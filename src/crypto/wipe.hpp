#pragma once
// Memory that held a secret is overwritten in a way the compiler may not leave out.
#include <openssl/crypto.h>

#include <string>

#include "base/bytes.hpp"

namespace lockstep::crypto {

template <std::size_t N>
void wipe(std::array<std::uint8_t, N>& secret) {
  OPENSSL_cleanse(secret.data(), N);
}
inline void wipe(Bytes& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }
inline void wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

/// Wipes on every way out of a scope.
template <class Container>
class WipedAtEnd {
 public:
  explicit WipedAtEnd(Container& secret) : secret_(secret) {}
  WipedAtEnd(const WipedAtEnd&) = delete;
  WipedAtEnd& operator=(const WipedAtEnd&) = delete;
  ~WipedAtEnd() { wipe(secret_); }

 private:
  Container& secret_;
};

}  // namespace lockstep::crypto
