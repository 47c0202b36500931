#include "crypto/eip191.hpp"

#include <string>

#include "crypto/keccak256.hpp"

namespace lockstep::crypto {

Bytes eip191_message(BytesView message) {
  auto signed_data = to_bytes(
      "\x19"
      "Ethereum Signed Message:\n");
  append(signed_data, BytesView(to_bytes(std::to_string(message.size()))));
  append(signed_data, message);
  return signed_data;
}

Hash32 eip191_digest(BytesView message) { return keccak256(eip191_message(message)); }

}  // namespace lockstep::crypto
