// x86 with BMI1 and BMI2: and-not and rotate-to are one instruction each. Compiled with -mbmi -mbmi2.
#include "base/keccak/lanes_one.hpp"
#include "base/keccak/paths.hpp"
#include "base/keccak/sponge.hpp"

namespace lockstep::keccak {

struct Bmi2;
using One = Sponge<OneLane<Bmi2>>;

const OneKernel bmi2_one = One::run;
const ManyKernel bmi2_many = One::each;

}  // namespace lockstep::keccak
