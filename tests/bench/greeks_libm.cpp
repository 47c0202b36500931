#include "greeks_libm.hpp"

#include <cmath>
#include <numbers>

namespace lockstep::bench {

void libm_loop(const mirror::greeks::InputColumns& in, const mirror::greeks::OutputColumns& out, std::size_t count) {
  constexpr double inverse_sqrt_2 = 1 / std::numbers::sqrt2;
  constexpr double inverse_sqrt_2pi = std::numbers::inv_sqrtpi * inverse_sqrt_2;
  for (std::size_t i = 0; i < count; ++i) {
    const double S = in.underlying[i], K = in.strike[i], T = in.years[i], volatility = in.volatility[i];
    const double r = in.rate[i], q = in.yield[i], sign = in.is_put[i] != 0 ? -1.0 : 1.0;
    const double root = std::sqrt(T), deviation = volatility * root;
    const double discount = std::exp(-r * T), kept = std::exp(-q * T);
    const double d1 = (std::log(S / K) + (r - q + 0.5 * volatility * volatility) * T) / deviation, d2 = d1 - deviation;
    const double n1 = 0.5 * std::erfc(-sign * d1 * inverse_sqrt_2), n2 = 0.5 * std::erfc(-sign * d2 * inverse_sqrt_2);
    const double density = inverse_sqrt_2pi * std::exp(-0.5 * d1 * d1);
    const double asset = S * kept, bond = K * discount;
    out.value[i] = sign * (asset * n1 - bond * n2);
    out.delta[i] = sign * kept * n1;
    out.gamma[i] = kept * density / (S * deviation);
    out.vega[i] = asset * density * root;
    out.theta[i] = -0.5 * asset * density * volatility / root + sign * (q * asset * n1 - r * bond * n2);
    out.rho[i] = sign * T * bond * n2;
    out.is_refused[i] = 0;
  }
}

}  // namespace lockstep::bench
