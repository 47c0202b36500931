#include "base/keccak256.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/keccak/paths.hpp"
#include "base/turboshake256.hpp"

namespace lockstep {
namespace {

constexpr keccak::FirstRound all_rounds = 0, last_rounds = 12;

struct Kernels {
  keccak::OneKernel one;
  keccak::ManyKernel many;
};

Kernels kernels(KeccakPath path) {
  LOCKSTEP_ASSERT(runs_here(path));
#ifdef LOCKSTEP_KECCAK_X86
  if (path == KeccakPath::avx512) return {keccak::avx512_one, keccak::avx512_many};
  if (path == KeccakPath::avx2) return {keccak::bmi2_one, keccak::avx2_many};
  if (path == KeccakPath::bmi2) return {keccak::bmi2_one, keccak::bmi2_many};
#endif
  return {keccak::portable_one, keccak::portable_many};
}

/// Family 19h has AVX-512 from Zen 4 on, and there one message takes 1.4 times as long by rows as with BMI2.
bool rows_are_slow_here() {
#ifdef LOCKSTEP_KECCAK_X86
  return __builtin_cpu_is("amdfam19h") != 0;
#else
  return false;
#endif
}

const Kernels& best() {
  static const Kernels found = [] {
    const KeccakPath path = best_keccak_path();
    const bool is_mixed = path == KeccakPath::avx512 && rows_are_slow_here();
    return Kernels{kernels(is_mixed ? KeccakPath::bmi2 : path).one, kernels(path).many};
  }();
  return found;
}

keccak::Message plain(BytesView message) { return {message.data(), message.size()}; }

Hash32 hash(const Kernels& use, BytesView message, keccak::FirstRound first) {
  Hash32 result;
  use.one(plain(message), result.bytes.data(), first);
  return result;
}

void hash(const Kernels& use, std::span<const BytesView> messages, std::span<Hash32> hashes, keccak::FirstRound first) {
  static_assert(sizeof(Hash32) == keccak::digest_size, "digests lie side by side");
  LOCKSTEP_ASSERT(messages.size() == hashes.size());
  std::array<keccak::Message, 256> part;
  for (std::size_t from = 0; from < messages.size(); from += part.size()) {
    const std::size_t count = std::min(part.size(), messages.size() - from);
    std::ranges::transform(messages.subspan(from, count), part.begin(), plain);
    if (count == 1) {
      hashes[from] = hash(use, messages[from], first);
    } else {
      use.many(part.data(), hashes[from].bytes.data(), count, first);
    }
  }
}

}  // namespace

bool runs_here(KeccakPath path) {
  if (path == KeccakPath::portable) return true;
#ifdef LOCKSTEP_KECCAK_X86
  const bool bmi2 = __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0;
  if (path == KeccakPath::bmi2) return bmi2;
  if (path == KeccakPath::avx2) return bmi2 && __builtin_cpu_supports("avx2") != 0;
  if (path == KeccakPath::avx512) return bmi2 && __builtin_cpu_supports("avx512f") != 0;
#endif
  return false;
}

KeccakPath best_keccak_path() {
  for (const auto path : {KeccakPath::avx512, KeccakPath::avx2, KeccakPath::bmi2})
    if (runs_here(path)) return path;
  return KeccakPath::portable;
}

Hash32 keccak256(BytesView message) { return hash(best(), message, all_rounds); }

Hash32 keccak256(std::string_view message) {
  return keccak256(BytesView{reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
}

Hash32 keccak256(BytesView message, KeccakPath path) { return hash(kernels(path), message, all_rounds); }

void keccak256(std::span<const BytesView> messages, std::span<Hash32> hashes) {
  hash(best(), messages, hashes, all_rounds);
}

void keccak256(std::span<const BytesView> messages, std::span<Hash32> hashes, KeccakPath path) {
  hash(kernels(path), messages, hashes, all_rounds);
}

Hash32 turboshake256(BytesView message) { return hash(best(), message, last_rounds); }

Hash32 turboshake256(BytesView message, KeccakPath path) { return hash(kernels(path), message, last_rounds); }

void turboshake256(std::span<const BytesView> messages, std::span<Hash32> hashes) {
  hash(best(), messages, hashes, last_rounds);
}

void turboshake256(std::span<const BytesView> messages, std::span<Hash32> hashes, KeccakPath path) {
  hash(kernels(path), messages, hashes, last_rounds);
}

}  // namespace lockstep
