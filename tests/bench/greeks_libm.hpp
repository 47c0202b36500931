#pragma once
// The peer of greeks_bench: the textbook formulas with the C library's log, exp and erfc, one option after another.
#include "mirror/greeks/batch.hpp"

namespace lockstep::bench {

/// Value, delta, gamma, vega, theta and rho on spot. Compiled with -O3 -march=native and strict IEEE arithmetic.
void libm_loop(const mirror::greeks::InputColumns& in, const mirror::greeks::OutputColumns& out, std::size_t count);

}  // namespace lockstep::bench
