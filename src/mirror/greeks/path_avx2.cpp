// x86 with AVX2 and FMA: four lanes. Compiled with -mavx2 -mfma.
#include "mirror/greeks/implied_kernel.hpp"
#include "mirror/greeks/lanes_avx2.hpp"
#include "mirror/greeks/paths.hpp"

namespace lockstep::mirror::greeks {

using Lanes = Avx2Lanes;

const KernelSet avx2_kernels = {Pricing<Lanes, false>::run, Pricing<Lanes, true>::run, Implied<Lanes, false>::run,
                                Implied<Lanes, true>::run};

}  // namespace lockstep::mirror::greeks
