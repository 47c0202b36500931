#pragma once
// Asking memory for what is needed soon: a hint, of which nothing depends but how long is waited.
#include <cstddef>

namespace lockstep {

/// `size` bytes.
inline void prefetch(const void* from, std::size_t size) {
  constexpr std::size_t line = 64;
  const auto* const bytes = static_cast<const char*>(from);
  for (std::size_t at = 0; at < size; at += line) __builtin_prefetch(bytes + at);
  if (size > 0) __builtin_prefetch(bytes + size - 1);  // it may end in one line more
}

}  // namespace lockstep
