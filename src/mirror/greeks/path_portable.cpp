// Any CPU: one lane, and soft_fma where the compiler may not assume the instruction.
#include "mirror/greeks/implied_kernel.hpp"
#include "mirror/greeks/lanes_scalar.hpp"
#include "mirror/greeks/paths.hpp"

namespace lockstep::mirror::greeks {

struct Portable;
using Lanes = ScalarLanes<Portable>;

const KernelSet portable_kernels = {Pricing<Lanes, false>::run, Pricing<Lanes, true>::run, Implied<Lanes, false>::run,
                                    Implied<Lanes, true>::run};

}  // namespace lockstep::mirror::greeks
