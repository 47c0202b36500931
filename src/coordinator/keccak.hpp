#pragma once
// Keccak-256 for the vote's evidence. The rooms above have a tuned one (crypto/keccak256.hpp); this room includes only
// base.
#include "base/bytes.hpp"

namespace lockstep::coordinator {

Hash32 keccak(BytesView message);

}  // namespace lockstep::coordinator
