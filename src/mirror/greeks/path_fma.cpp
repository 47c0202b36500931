// x86 with FMA: one lane. Compiled with -mfma.
#include "mirror/greeks/implied_kernel.hpp"
#include "mirror/greeks/lanes_scalar.hpp"
#include "mirror/greeks/paths.hpp"

namespace lockstep::mirror::greeks {

struct Fused;
using Lanes = ScalarLanes<Fused>;

const KernelSet fma_kernels = {Pricing<Lanes, false>::run, Pricing<Lanes, true>::run, Implied<Lanes, false>::run,
                               Implied<Lanes, true>::run};

}  // namespace lockstep::mirror::greeks
