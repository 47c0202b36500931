// x86 with AVX-512F: eight lanes. Compiled with -mavx512f.
#include "mirror/greeks/implied_kernel.hpp"
#include "mirror/greeks/lanes_avx512.hpp"
#include "mirror/greeks/paths.hpp"

namespace lockstep::mirror::greeks {

using Lanes = Avx512Lanes;

const KernelSet avx512_kernels = {Pricing<Lanes, false>::run, Pricing<Lanes, true>::run, Implied<Lanes, false>::run,
                                  Implied<Lanes, true>::run};

}  // namespace lockstep::mirror::greeks
