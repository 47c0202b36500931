#pragma once
// a * b + c rounded once (IEEE 754, to nearest, ties to even), by integers: for CPUs without the instruction.
#include <cstdint>

namespace lockstep::mirror::greeks {

/// Equal to the hardware's result in every bit, subnormals, zeros and infinities included; a NaN has no defined
/// payload. About 30 times slower.
double soft_fma(double a, double b, double c);

}  // namespace lockstep::mirror::greeks
