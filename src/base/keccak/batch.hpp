#pragma once
// What a path reads and writes. Plain pointers and constants only, because translation units with different instruction
// sets include this.
#include <cstddef>
#include <cstdint>

namespace lockstep::keccak {

inline constexpr std::size_t rate = 136;  // bytes absorbed per permutation: 1600 bits less twice the output
inline constexpr std::size_t digest_size = 32;

struct Message {
  const std::uint8_t* data;  // not read if size is 0
  std::size_t size;
};

/// The first of the permutation's 24 rounds that is taken: even. 0 is Keccak-256, 12 is TurboSHAKE256 (RFC 9861) with
/// domain byte 0x01 and 32 bytes of output: it differs in nothing else.
using FirstRound = std::size_t;

using OneKernel = void (*)(Message message, std::uint8_t* digest, FirstRound first);
/// digests + 32 i for messages[i]. Messages of any lengths, in any order.
using ManyKernel = void (*)(const Message* messages, std::uint8_t* digests, std::size_t count, FirstRound first);

}  // namespace lockstep::keccak
