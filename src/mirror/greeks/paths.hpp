#pragma once
// The kernels of each instruction set; which of them exist is decided by the build (LOCKSTEP_GREEKS_X86).
#include "mirror/greeks/batch.hpp"

namespace lockstep::mirror::greeks {

extern const KernelSet portable_kernels, fma_kernels, avx2_kernels, avx512_kernels;

}  // namespace lockstep::mirror::greeks
