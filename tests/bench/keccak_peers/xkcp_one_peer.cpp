// XKCP's sponge over one of its permutations, in one call a message. Built by `run` with PEER_BUILD, which permutation
// and options.
#include <cstring>

#include "peer.hpp"

extern "C" {
#include "KeccakSponge.h"
}

namespace {

using lockstep::bench::digest_bytes;
using lockstep::bench::rate_bytes;

void hash(const lockstep::bench::Row& row, std::uint8_t* digests) {
  constexpr unsigned rate = 8 * rate_bytes, capacity = 1600 - rate;
  constexpr unsigned char ethereum_suffix = 0x01;
  for (std::size_t i = 0; i < row.count; ++i)
    KeccakWidth1600_Sponge(rate, capacity, row[i], row.size, ethereum_suffix, digests + i * digest_bytes, digest_bytes);
}

constexpr lockstep::bench::Peer peer{"XKCP", PEER_BUILD, 1, hash};

}  // namespace

const lockstep::bench::Peers keccak_peers{&peer, 1};
