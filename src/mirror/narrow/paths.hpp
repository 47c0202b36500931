#pragma once
// The kernels of each instruction set; which of them exist is decided by the build (LOCKSTEP_NARROW_X86).
#include "mirror/narrow/narrow.hpp"

namespace lockstep::mirror::narrow {

/// How many of the positions were valued: whole vectors.
using Kernel = std::size_t (*)(const Terms* terms, const Columns& in, std::size_t from, std::size_t count, Block& out);

extern const Kernel avx2_kernel, avx512_kernel;

}  // namespace lockstep::mirror::narrow
