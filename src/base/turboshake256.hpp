#pragma once
// TurboSHAKE256 (RFC 9861) with domain byte 0x01 and 32 bytes of output: Keccak-256 with the last 12 of its 24 rounds,
// for hashes that no chain computes. As hard to collide as Keccak-256 (128 bits), in half the time.
#include <span>

#include "base/bytes.hpp"
#include "base/keccak256.hpp"

namespace lockstep {

Hash32 turboshake256(BytesView message);
/// As keccak256 of several messages.
void turboshake256(std::span<const BytesView> messages, std::span<Hash32> hashes);

/// By the given path, for tests. Asserts that it runs here.
Hash32 turboshake256(BytesView message, KeccakPath path);
void turboshake256(std::span<const BytesView> messages, std::span<Hash32> hashes, KeccakPath path);

}  // namespace lockstep
