#pragma once
// The kernels of each instruction set; which of them exist is decided by the build (LOCKSTEP_KECCAK_X86).
#include "base/keccak/batch.hpp"

namespace lockstep::keccak {

extern const OneKernel portable_one, bmi2_one, avx512_one;
extern const ManyKernel portable_many, bmi2_many, avx2_many, avx512_many;

}  // namespace lockstep::keccak
