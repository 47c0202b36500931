// x86 with AVX2: four messages side by side. Compiled with -mavx2.
#include "base/keccak/lanes_avx2.hpp"
#include "base/keccak/paths.hpp"
#include "base/keccak/sponge.hpp"

namespace lockstep::keccak {

const ManyKernel avx2_many = SpongeLanes<Avx2Lanes>::run;

}  // namespace lockstep::keccak
