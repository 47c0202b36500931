#pragma once
// The machine's clock, for what labels and paces. Nothing is decided by it.
#include <chrono>
#include <cstdint>

namespace lockstep::runtime {

/// UNIX milliseconds.
inline std::uint64_t wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace lockstep::runtime
