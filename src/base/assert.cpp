#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lockstep {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "bug: assertion failed: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace lockstep
