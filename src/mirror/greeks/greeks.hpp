#pragma once
// European options: Black-Scholes on a spot that pays a yield, Black-76 on a forward. Columns in, columns out.
//
// Every result is the same double on every machine and path: nothing but IEEE 754 operations in a written order, no
// libm. Requires the default rounding mode and subnormals that are not flushed. Errors, against vectors computed with
// 120 digits (tests/golden/greeks), are stated in docs/performance.md and held by
// tests/unit/mirror/greeks_vectors_test.
//
// Sources: Black, Scholes 1973; Merton 1973; Black 1976. The arrangement of the sums is explained in kernel.hpp.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "mirror/greeks/batch.hpp"

namespace lockstep::mirror::greeks {

enum class Model : std::uint8_t { spot, forward };

/// Why an option has no result: the first that applies. NaN and infinities are outside every domain.
enum class Refusal : std::uint8_t {
  none,
  underlying,       // Domain::least_price … most_price
  strike,           // same
  years,            // 0, or Domain::least_years … most_years
  volatility,       // 0, or Domain::least_volatility … most_volatility
  rate,             // |rate| <= Domain::most_rate
  yield,            // same
  carry,            // |rate years| or |yield years| above Domain::carry
  expired,          // implied volatility with years = 0: every volatility gives this price
  below_intrinsic,  // a price that is an arbitrage, or not a number
  above_bound,      // not below the discounted underlying (call) or strike (put)
  unattainable,     // no volatility of the domain gives this price, or it is below 2^-960 of the option's bound
  scale,            // a scale or an integer that does not fit (fixed.hpp, exposure.hpp)
};

const char* to_text(Refusal refusal);

/// Columns of equal length; `yield` is not read, and may be empty, for Model::forward. Rates are continuous, per year.
struct Options {
  std::span<const double> underlying, strike, years, volatility, rate, yield;
  std::span<const std::uint8_t> is_put;  // 0 call, otherwise put
};

/// Columns as long as the options'; they overlap neither each other nor the inputs. A refused option has zeros.
///   value  unit of the underlying     delta  dV/dS (forward: dV/dF)        gamma  d2V/dS2
///   vega   per 1.00 of volatility     theta  dV/dt, per year of calendar   rho    per 1.00 of rate (forward: F held)
/// Without deviation (years = 0 or volatility = 0) these are the limits: the discounted intrinsic value, delta 0 or
/// ± exp(-yield years), gamma 0, vega 0, theta of carry alone. Exactly at the strike, where the limits from both sides
/// differ: half the delta, and gamma 0; vega keeps its limit for volatility = 0.
struct Results {
  std::span<double> value, delta, gamma, vega, theta, rho;
  std::span<Refusal> refusal;
};

enum class Path : std::uint8_t { portable, fma, avx2, avx512 };

/// Whether this build has it and this CPU runs it.
bool runs_here(Path path);
/// The widest that runs here. Which one it is never shows in a result.
Path best_path();

/// Returns how many options were refused. `path` must run here.
std::size_t evaluate(Model model, const Options& options, const Results& results, Path path = best_path());

/// The volatility at which an option is worth `price`, for each; `options.volatility` is not read, and may be empty. A
/// price equal to the intrinsic value gives 0. Refused options have 0. Returns how many were refused.
std::size_t implied_volatility(Model model, const Options& options, std::span<const double> price,
                               std::span<double> volatility, std::span<Refusal> refusal, Path path = best_path());

struct Option {
  double underlying = 0, strike = 0, years = 0, volatility = 0, rate = 0, yield = 0;
  bool is_put = false;
};
struct Greeks {
  double value = 0, delta = 0, gamma = 0, vega = 0, theta = 0, rho = 0;
  bool operator==(const Greeks&) const = default;
};

std::expected<Greeks, Refusal> evaluate(Model model, const Option& option);
std::expected<double, Refusal> implied_volatility(Model model, const Option& option, double price);

}  // namespace lockstep::mirror::greeks
