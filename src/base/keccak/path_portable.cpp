// Any CPU: one state at a time.
#include "base/keccak/lanes_one.hpp"
#include "base/keccak/paths.hpp"
#include "base/keccak/sponge.hpp"

namespace lockstep::keccak {

struct Portable;
using One = Sponge<OneLane<Portable>>;

const OneKernel portable_one = One::run;
const ManyKernel portable_many = One::each;

}  // namespace lockstep::keccak
