// x86 with AVX-512F: eight messages side by side. Compiled with -mavx512f.
#include "base/keccak/lanes_avx512.hpp"
#include "base/keccak/paths.hpp"
#include "base/keccak/sponge.hpp"

namespace lockstep::keccak {

const ManyKernel avx512_many = SpongeLanes<Avx512Lanes>::run;

}  // namespace lockstep::keccak
