// evmone's Keccak-256. Built by `run` with PEER_BUILD, the options it was compiled with.
#include "keccak.h"

#include <cstring>

#include "peer.hpp"

namespace {

void hash(const lockstep::bench::Row& row, std::uint8_t* digests) {
  for (std::size_t i = 0; i < row.count; ++i) {
    const ethash_hash256 digest = ethash_keccak256(row[i], row.size);
    std::memcpy(digests + i * lockstep::bench::digest_bytes, digest.bytes, lockstep::bench::digest_bytes);
  }
}

constexpr lockstep::bench::Peer peer{"evmone", PEER_BUILD, 1, hash};

}  // namespace

const lockstep::bench::Peers keccak_peers{&peer, 1};
