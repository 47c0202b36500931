#include "greeks_libm.hpp"

#include <cmath>
#include <numbers>

namespace lockstep::bench {

void libm_loop(const mirror::greeks::InputColumns& from, const mirror::greeks::OutputColumns& to, std::size_t count) {
  const auto in = from;  // copies, so that no store can change where a column begins
  const auto out = to;
  constexpr double inverse_sqrt_2 = 1 / std::numbers::sqrt2;
  constexpr double inverse_sqrt_2pi = std::numbers::inv_sqrtpi * inverse_sqrt_2;
  for (std::size_t i = 0; i < count; ++i) {
    const double S = in.underlying[i], K = in.strike[i], T = in.years[i], volatility = in.volatility[i];
    const double r = in.rate[i], q = in.yield[i];
    const bool is_put = in.is_put[i] != 0;
    const double root = std::sqrt(T), deviation = volatility * root;
    const double discount = std::exp(-r * T), kept = std::exp(-q * T);
    const double d1 = (std::log(S / K) + (r - q + 0.5 * volatility * volatility) * T) / deviation, d2 = d1 - deviation;
    const double a1 = d1 * inverse_sqrt_2, a2 = d2 * inverse_sqrt_2;
    const double n1 = 0.5 * std::erfc(is_put ? a1 : -a1), n2 = 0.5 * std::erfc(is_put ? a2 : -a2);
    const double density = inverse_sqrt_2pi * std::exp(-0.5 * d1 * d1);
    const double asset = S * kept, bond = K * discount;
    const double long_leg = asset * n1, short_leg = bond * n2;
    const double decay = -0.5 * asset * density * volatility / root;
    out.gamma[i] = kept * density / (S * deviation);
    out.vega[i] = asset * density * root;
    if (is_put) {
      out.value[i] = short_leg - long_leg;
      out.delta[i] = -kept * n1;
      out.theta[i] = decay - (q * long_leg - r * short_leg);
      out.rho[i] = -T * short_leg;
    } else {
      out.value[i] = long_leg - short_leg;
      out.delta[i] = kept * n1;
      out.theta[i] = decay + (q * long_leg - r * short_leg);
      out.rho[i] = T * short_leg;
    }
    out.is_refused[i] = 0;
  }
}

}  // namespace lockstep::bench
