#pragma once
// A mirror as a file (docs/mirror.md has the format): written in frames, each hashed with what came before, so that
// neither writing nor reading needs the file in memory twice. What is damaged, cut off, from another version or not a
// state the mirror could be in is refused, never repaired.
#include <expected>
#include <functional>
#include <string>

#include "base/time.hpp"
#include "mirror/mirror.hpp"

namespace lockstep::mirror {

/// 1 to 4 are read too: their digest was another hash's and is not compared, and they have no terms of options; 1 to 3
/// have no boards, 1 and 2 no pools, 1 neither time nor series.
inline constexpr std::uint32_t snapshot_version = 5;

/// What the file says of itself.
struct SnapshotLabel {
  std::string instance;  // protocol:chain
  std::uint64_t block_num = 0;
  Hash32 block_hash;
  UnixSeconds block_time = 0;  // 0: not known
  bool operator==(const SnapshotLabel&) const = default;
};

struct Restored {
  Mirror mirror;
  SnapshotLabel label;
};

/// Gives the file's bytes to `sink`, some 64 KiB at a time. Refused in the middle of a transaction (outstanding()).
std::expected<void, std::string> save(const Mirror& mirror, const SnapshotLabel& label,
                                      const std::function<void(BytesView)>& sink);
std::expected<Restored, std::string> restore(BytesView file);

}  // namespace lockstep::mirror
