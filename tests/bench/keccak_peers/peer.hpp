#pragma once
// What a shared library made of a peer's sources exports, so that any number of builds of one peer, whose functions
// have the same names, run in one process.
#include <cstddef>
#include <cstdint>

namespace lockstep::bench {

/// `count` messages of `size` bytes each, the next one always `stride` bytes further on.
struct Row {
  const std::uint8_t* first;
  std::size_t stride, size, count;

  const std::uint8_t* operator[](std::size_t index) const { return first + index * stride; }
};

constexpr std::size_t digest_bytes = 32, rate_bytes = 136;

/// `hash` writes the digests of a row side by side. `lanes` messages at a time: a row's count is a multiple of it, its
/// first message and its stride are of whole words.
struct Peer {
  const char *project, *build;
  std::size_t lanes;
  void (*hash)(const Row& row, std::uint8_t* digests);
};

struct Peers {
  const Peer* first;
  std::size_t count;
};

}  // namespace lockstep::bench

/// The one symbol that is looked up.
extern "C" __attribute__((visibility("default"))) const lockstep::bench::Peers keccak_peers;
