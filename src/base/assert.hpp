#pragma once
// LOCKSTEP_ASSERT: always on. A failed assertion is a bug: the process aborts, the journal is untouched, recovery is
// replay.

namespace lockstep {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define LOCKSTEP_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::lockstep::assertion_failed(#expression, __FILE__, __LINE__))
