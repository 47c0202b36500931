#include "mirror/greeks/priced.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace lockstep::mirror::greeks {
namespace {

constexpr std::size_t chunk = 256;

bool valid(const Scales& s) {
  return std::ranges::all_of(
      std::array{s.price, s.volatility, s.rate, s.seconds_per_year, s.value, s.delta, s.gamma, s.vega, s.theta, s.rho},
      [](Int scale) { return 1 <= scale && scale <= most_scale; });
}

Option real_option(const FixedOption& o, const Scales& s) {
  return {to_real(o.underlying, s.price),
          to_real(o.strike, s.price),
          to_real(o.seconds, s.seconds_per_year),
          to_real(o.volatility, s.volatility),
          to_real(o.rate, s.rate),
          to_real(o.yield, s.rate),
          o.is_put};
}

/// One chunk as columns.
struct Columns {
  std::array<double, chunk> underlying, strike, years, volatility, rate, yield;
  std::array<std::uint8_t, chunk> is_put;
  std::array<double, chunk> value, delta, gamma, vega, theta, rho;

  void put(std::size_t i, const Option& o) {
    underlying[i] = o.underlying;
    strike[i] = o.strike;
    years[i] = o.years;
    volatility[i] = o.volatility;
    rate[i] = o.rate;
    yield[i] = o.yield;
    is_put[i] = o.is_put ? 1 : 0;
  }

  std::size_t evaluate(Model model, std::span<Refusal> refusal) {
    const std::size_t n = refusal.size();
    const auto in = [n](const auto& column) { return std::span(column).first(n); };
    const auto out = [n](auto& column) { return std::span(column).first(n); };
    return greeks::evaluate(model,
                            {in(underlying), in(strike), in(years), in(volatility), in(rate), in(yield), in(is_put)},
                            {out(value), out(delta), out(gamma), out(vega), out(theta), out(rho), refusal});
  }

  std::optional<FixedGreeks> fixed(std::size_t i, const Scales& s) const {
    const auto v = to_fixed(value[i], s.value), d = to_fixed(delta[i], s.delta), g = to_fixed(gamma[i], s.gamma),
               w = to_fixed(vega[i], s.vega), t = to_fixed(theta[i], s.theta), r = to_fixed(rho[i], s.rho);
    if (!v || !d || !g || !w || !t || !r) return std::nullopt;
    return FixedGreeks{*v, *d, *g, *w, *t, *r};
  }
};

}  // namespace

std::size_t evaluate(Model model, std::span<const FixedOption> options, const Scales& scales,
                     std::span<FixedGreeks> greeks, std::span<Refusal> refusal) {
  LOCKSTEP_ASSERT(greeks.size() == options.size() && refusal.size() == options.size());
  std::ranges::fill(greeks, FixedGreeks{});
  if (!valid(scales)) {
    std::ranges::fill(refusal, Refusal::scale);
    return options.size();
  }
  std::size_t refused = 0;
  Columns columns;
  for (std::size_t from = 0; from < options.size(); from += chunk) {
    const std::size_t part = std::min(chunk, options.size() - from);
    for (std::size_t i = 0; i < part; ++i) columns.put(i, real_option(options[from + i], scales));
    refused += columns.evaluate(model, refusal.subspan(from, part));
    for (std::size_t i = 0; i < part; ++i) {
      if (refusal[from + i] != Refusal::none) continue;
      if (const auto fixed = columns.fixed(i, scales)) {
        greeks[from + i] = *fixed;
      } else {
        refusal[from + i] = Refusal::scale;
        ++refused;
      }
    }
  }
  return refused;
}

std::expected<Int, Refusal> implied_volatility(Model model, const FixedOption& option, Int value,
                                               const Scales& scales) {
  if (!valid(scales)) return std::unexpected(Refusal::scale);
  const auto found = implied_volatility(model, real_option(option, scales), to_real(value, scales.value));
  if (!found) return std::unexpected(found.error());
  const auto fixed = to_fixed(*found, scales.volatility);
  if (!fixed) return std::unexpected(Refusal::scale);
  return *fixed;
}

}  // namespace lockstep::mirror::greeks
