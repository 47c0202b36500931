#pragma once
// What encoding, decoding and text share: which words a static scalar may have, and how wide a type's head is.
#include "adapters/evm/abi.hpp"

namespace lockstep::evm::abi {

inline constexpr std::size_t word_size = 32;

bool is_scalar(const Type& type);  // one static word: not bytes, string, array or tuple

/// Whether the word is one the type can have: integers in range (sign-extended), addresses of 160 bits, booleans 0 or
/// 1, fixed bytes with nothing after their size.
bool is_clean(const Type& type, const Uint256& word);

/// Bytes that the type takes in the head of a sequence: 32 if it is dynamic (an offset).
std::size_t head_size(const Type& type);

}  // namespace lockstep::evm::abi
