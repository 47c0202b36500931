#pragma once
// The hash of everything on chain, by the name the rooms above know it by.
#include "base/keccak256.hpp"

namespace lockstep::crypto {

using lockstep::keccak256;

}  // namespace lockstep::crypto
