// XKCP's permutations side by side. It has no sponge over them for several messages, so that is here, by its interface
// and in both ways which that offers. Built by `run` with PEER_BUILD, which permutation and options, and PEER_LANES, 4
// or 8.
#include <immintrin.h>

#include <cstring>

#include "peer.hpp"

extern "C" {
#if PEER_LANES == 8
#include "KeccakP-1600-times8-SnP.h"
#define XKCP(name) KeccakP1600times8_##name
#else
#include "KeccakP-1600-times4-SnP.h"
#define XKCP(name) KeccakP1600times4_##name
#endif
}

namespace {

using lockstep::bench::digest_bytes;
using lockstep::bench::Peer;
using lockstep::bench::rate_bytes;
using lockstep::bench::Row;
using States = XKCP(states);

constexpr unsigned lanes = PEER_LANES;
constexpr std::size_t word_bytes = 8;

/// How messages come in and digests go out: the same word of all lanes at once, or each lane's bytes by themselves.
enum class Way : std::uint8_t { words, bytes };

/// `size` bytes of each lane's message, from `offset` on.
template <Way way>
void absorb(States& states, const Row& messages, std::size_t offset, std::size_t size) {
  std::size_t done = 0;
  if constexpr (way == Way::words) {
    const std::size_t words = size / word_bytes;
    XKCP(AddLanesAll)(&states, messages.first + offset, words, messages.stride / word_bytes);
    done = words * word_bytes;
  }
  if (done == size) return;
  for (unsigned lane = 0; lane < lanes; ++lane)
    XKCP(AddBytes)(&states, lane, messages[lane] + offset + done, done, size - done);
}

void pad(States& states, std::size_t used) {
  for (unsigned lane = 0; lane < lanes; ++lane) {
    XKCP(AddByte)(&states, lane, 0x01, used);
    XKCP(AddByte)(&states, lane, 0x80, rate_bytes - 1);
  }
}

template <Way way>
void squeeze(const States& states, std::uint8_t* digests) {
  if constexpr (way == Way::words) {
    constexpr unsigned words = digest_bytes / word_bytes;
    XKCP(ExtractLanesAll)(&states, digests, words, words);
  } else {
    for (unsigned lane = 0; lane < lanes; ++lane)
      XKCP(ExtractBytes)(&states, lane, digests + lane * digest_bytes, 0, digest_bytes);
  }
}

/// One message in each lane.
template <Way way>
void hash_lanes(const Row& messages, std::uint8_t* digests) {
  States states;
  XKCP(InitializeAll)(&states);
  std::size_t offset = 0;
  for (; messages.size - offset >= rate_bytes; offset += rate_bytes) {
    absorb<way>(states, messages, offset, rate_bytes);
    XKCP(PermuteAll_24rounds)(&states);
  }
  absorb<way>(states, messages, offset, messages.size - offset);
  pad(states, messages.size - offset);
  XKCP(PermuteAll_24rounds)(&states);
  squeeze<way>(states, digests);
}

template <Way way>
void hash(const Row& row, std::uint8_t* digests) {
  for (std::size_t i = 0; i < row.count; i += lanes)
    hash_lanes<way>({row[i], row.stride, row.size, lanes}, digests + i * digest_bytes);
}

constexpr Peer both_ways[] = {{"XKCP", PEER_BUILD ", by words", lanes, hash<Way::words>},
                              {"XKCP", PEER_BUILD ", by bytes", lanes, hash<Way::bytes>}};

}  // namespace

const lockstep::bench::Peers keccak_peers{both_ways, 2};
