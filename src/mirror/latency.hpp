#pragma once
// How long somebody who has to act on a chain waits until a block has room, from blocks that the chain made.
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "base/time.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

struct BlockLoad {
  UnixSeconds time = 0;
  std::uint64_t gas_used = 0, gas_limit = 0;

  /// So full that it may have turned somebody away.
  bool is_full() const;
};

struct Latency {
  Int load_ppm = 0;      // share of the room that was used, in the mean, rounded up
  Int inclusion_ms = 0;  // mean time from a moment that nobody chose until a block has room, at most; rounded up
};

inline constexpr std::size_t least_intervals = 8;

/// Of blocks that follow each other, the first of which only says when the second one's interval began.
///
/// Room is a queue that is served while anything waits, so a block that is not full ends a busy period: whoever came
/// before it, and pays what others pay, is served by then (Kleinrock, Queueing Systems I, 1975, chapter 5: time in a
/// queue without priorities is at most what is left of the busy period). Whoever comes at any moment comes in an
/// interval T with a probability that grows with it, and at its middle in the mean. So the bound is
/// Σ T (T/2 + R) / Σ T, where R is how long after the interval's own block the first one came that was not full.
/// Nothing is assumed of how work arrives.
///
/// Refused: too few blocks, times that go back or stand still, no room, a last block that is full, since its busy
/// period has not ended.
std::expected<Latency, std::string> latency_of(std::span<const BlockLoad> blocks);

}  // namespace lockstep::mirror
