#pragma once
// Keccak-256 as Ethereum uses it (original Keccak padding 0x01, not FIPS 202 SHA3-256). Pure, so that the coordinator
// can name what it votes for.
#include <string_view>

#include "base/bytes.hpp"

namespace lockstep {

Hash32 keccak256(BytesView message);
Hash32 keccak256(std::string_view message);

}  // namespace lockstep
