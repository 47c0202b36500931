#pragma once
// What the kernels read and write: columns of `count` numbers each. Plain pointers and constants only, because
// translation units with different instruction sets include this.
#include <cstddef>
#include <cstdint>

namespace lockstep::mirror::greeks {

struct InputColumns {
  const double* underlying;    // spot, or forward
  const double* strike;        // same unit
  const double* years;         // to expiry
  const double* volatility;    // per sqrt(year)
  const double* rate;          // per year, continuous
  const double* yield;         // per year, continuous; not read for a forward
  const std::uint8_t* is_put;  // 0 call, otherwise put
};

struct OutputColumns {
  double *value, *delta, *gamma, *vega, *theta, *rho;
  std::uint8_t* is_refused;
};

/// Inclusive bounds of what is priced; years and volatility may also be exactly 0. |rate x years| and |yield x years|
/// are bounded by `carry`. Inside them no intermediate overflows, and nothing but a vanishing density underflows.
struct Domain {
  static constexpr double least_price = 1e-18, most_price = 1e18;
  static constexpr double least_years = 1e-10, most_years = 128;
  static constexpr double least_volatility = 1e-8, most_volatility = 64;
  static constexpr double most_rate = 4, carry = 64;
};

/// Returns how many were refused: is_refused 1, zeros in the other columns.
using Kernel = std::size_t (*)(const InputColumns&, const OutputColumns&, std::size_t count);

/// What an ImpliedKernel says of a lane, as a number, since lanes are numbers.
struct ImpliedCode {
  static constexpr double found = 0, terms = 1, below = 2, above = 3, out_of_domain = 4;
};

/// Implied volatility: `price` in, volatility out; the column `volatility` is not read.
using ImpliedKernel = void (*)(const InputColumns&, const double* price, double* volatility, double* code,
                               std::size_t count);

/// One instruction set's entry points.
struct KernelSet {
  Kernel on_spot, on_forward;
  ImpliedKernel implied_on_spot, implied_on_forward;
};

}  // namespace lockstep::mirror::greeks
