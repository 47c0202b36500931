#pragma once
// How long a test plays, and which seed, as the environment says.
#include <cstdint>
#include <cstdlib>

namespace lockstep::test {

inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace lockstep::test
