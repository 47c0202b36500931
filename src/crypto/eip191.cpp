#include "crypto/eip191.hpp"

#include <string>

#include "crypto/keccak256.hpp"

namespace lockstep::crypto {

Hash32 eip191_digest(BytesView message) {
  auto signed_data = to_bytes(
      "\x19"
      "Ethereum Signed Message:\n");
  append(signed_data, BytesView(to_bytes(std::to_string(message.size()))));
  append(signed_data, message);
  return keccak256(signed_data);
}

}  // namespace lockstep::crypto
