#pragma once
// Keccak-256 as Ethereum uses it (original Keccak padding 0x01, not FIPS 202 SHA3-256). Pure, so that the coordinator
// can name what it votes for.
#include <span>
#include <string_view>

#include "base/bytes.hpp"

namespace lockstep {

Hash32 keccak256(BytesView message);
Hash32 keccak256(std::string_view message);

/// hashes[i] of messages[i]; the spans are of equal length. Several messages at once where the CPU can: up to twice
/// (AVX2) or four times as fast as one by one (AVX-512), whatever their lengths and order.
void keccak256(std::span<const BytesView> messages, std::span<Hash32> hashes);

/// How it is computed, from what the CPU has; all give the same.
enum class KeccakPath : std::uint8_t { portable, bmi2, avx2, avx512 };
bool runs_here(KeccakPath path);
KeccakPath best_keccak_path();

/// By the given path, for tests and benches. Asserts that it runs here.
Hash32 keccak256(BytesView message, KeccakPath path);
void keccak256(std::span<const BytesView> messages, std::span<Hash32> hashes, KeccakPath path);

}  // namespace lockstep
