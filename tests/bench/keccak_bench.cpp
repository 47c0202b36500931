// Keccak-256 on the sizes that matter: a storage key, a statement, a branch node of a trie (532 bytes), a page.
#include <benchmark/benchmark.h>

#include "crypto/keccak256.hpp"

namespace {

void keccak256(benchmark::State& state) {
  lockstep::Bytes message(static_cast<std::size_t>(state.range(0)), 0xa5);
  for (auto step : state) {
    static_cast<void>(step);
    const auto hash = lockstep::crypto::keccak256(message);
    message[0] = hash.bytes[0];  // so that no call can be hoisted
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(keccak256)->Arg(32)->Arg(66)->Arg(532)->Arg(4096);

}  // namespace
