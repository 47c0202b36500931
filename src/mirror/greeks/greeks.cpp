#include "mirror/greeks/greeks.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "mirror/greeks/paths.hpp"

namespace lockstep::mirror::greeks {
namespace {

bool inside(double x, double low, double high) { return low <= x && x <= high; }

/// The kernels say whether, this says why. The same comparisons on the same roundings.
Refusal why_not(Model model, const Option& o, bool reads_volatility) {
  using D = Domain;
  if (!inside(o.underlying, D::least_price, D::most_price)) return Refusal::underlying;
  if (!inside(o.strike, D::least_price, D::most_price)) return Refusal::strike;
  if (o.years != 0 && !inside(o.years, D::least_years, D::most_years)) return Refusal::years;
  if (reads_volatility && o.volatility != 0 && !inside(o.volatility, D::least_volatility, D::most_volatility))
    return Refusal::volatility;
  if (!inside(o.rate, -D::most_rate, D::most_rate)) return Refusal::rate;
  if (!inside(o.rate * o.years, -D::carry, D::carry)) return Refusal::carry;
  if (model == Model::forward) return Refusal::none;
  if (!inside(o.yield, -D::most_rate, D::most_rate)) return Refusal::yield;
  return inside(o.yield * o.years, -D::carry, D::carry) ? Refusal::none : Refusal::carry;
}

const KernelSet& kernels(Path path) {
  LOCKSTEP_ASSERT(runs_here(path));
#ifdef LOCKSTEP_GREEKS_X86
  if (path == Path::avx512) return avx512_kernels;
  if (path == Path::avx2) return avx2_kernels;
  if (path == Path::fma) return fma_kernels;
#endif
  return portable_kernels;
}

Option at(Model model, const Options& options, std::size_t i, double volatility) {
  return {options.underlying[i], options.strike[i],
          options.years[i],      volatility,
          options.rate[i],       model == Model::spot ? options.yield[i] : 0.0,
          options.is_put[i] != 0};
}

InputColumns columns(Model model, const Options& o, bool reads_volatility) {
  const std::size_t count = o.underlying.size();
  for (const auto& column : {o.strike, o.years, o.rate}) LOCKSTEP_ASSERT(column.size() == count);
  LOCKSTEP_ASSERT(o.is_put.size() == count);
  if (model == Model::spot) LOCKSTEP_ASSERT(o.yield.size() == count);
  if (reads_volatility) LOCKSTEP_ASSERT(o.volatility.size() == count);
  return {o.underlying.data(), o.strike.data(), o.years.data(), o.volatility.data(),
          o.rate.data(),       o.yield.data(),  o.is_put.data()};
}

Refusal implied_refusal(Model model, const Option& option, double code) {
  if (code == ImpliedCode::found) return Refusal::none;
  if (code == ImpliedCode::below) return Refusal::below_intrinsic;
  if (code == ImpliedCode::above) return Refusal::above_bound;
  if (code == ImpliedCode::out_of_domain) return Refusal::unattainable;
  const Refusal why = why_not(model, option, false);
  return why != Refusal::none ? why : Refusal::expired;
}

}  // namespace

const char* to_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::underlying:
      return "underlying";
    case Refusal::strike:
      return "strike";
    case Refusal::years:
      return "years";
    case Refusal::volatility:
      return "volatility";
    case Refusal::rate:
      return "rate";
    case Refusal::yield:
      return "yield";
    case Refusal::carry:
      return "carry";
    case Refusal::expired:
      return "expired";
    case Refusal::below_intrinsic:
      return "below_intrinsic";
    case Refusal::above_bound:
      return "above_bound";
    case Refusal::unattainable:
      return "unattainable";
    case Refusal::scale:
      return "scale";
  }
  LOCKSTEP_ASSERT(false);
}

bool runs_here(Path path) {
  if (path == Path::portable) return true;
#ifdef LOCKSTEP_GREEKS_X86
  const bool fma = __builtin_cpu_supports("fma") != 0;
  if (path == Path::fma) return fma;
  if (path == Path::avx2) return fma && __builtin_cpu_supports("avx2") != 0;
  if (path == Path::avx512) return fma && __builtin_cpu_supports("avx512f") != 0;
#endif
  return false;
}

Path best_path() {
  for (const Path path : {Path::avx512, Path::avx2, Path::fma})
    if (runs_here(path)) return path;
  return Path::portable;
}

std::size_t evaluate(Model model, const Options& options, const Results& r, Path path) {
  const auto in = columns(model, options, true);
  const std::size_t count = options.underlying.size();
  for (const auto& column : {r.value, r.delta, r.gamma, r.vega, r.theta, r.rho})
    LOCKSTEP_ASSERT(column.size() == count);
  LOCKSTEP_ASSERT(r.refusal.size() == count);
  const auto& set = kernels(path);
  const auto kernel = model == Model::spot ? set.on_spot : set.on_forward;
  const std::size_t refused = kernel(in,
                                     {r.value.data(), r.delta.data(), r.gamma.data(), r.vega.data(), r.theta.data(),
                                      r.rho.data(), reinterpret_cast<std::uint8_t*>(r.refusal.data())},
                                     count);
  if (refused == 0) return 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (r.refusal[i] == Refusal::none) continue;
    r.refusal[i] = why_not(model, at(model, options, i, options.volatility[i]), true);
    LOCKSTEP_ASSERT(r.refusal[i] != Refusal::none);
  }
  return refused;
}

std::size_t implied_volatility(Model model, const Options& options, std::span<const double> price,
                               std::span<double> volatility, std::span<Refusal> refusal, Path path) {
  const auto all = columns(model, options, false);
  const std::size_t count = options.underlying.size();
  LOCKSTEP_ASSERT(price.size() == count && volatility.size() == count && refusal.size() == count);
  const auto& set = kernels(path);
  const auto kernel = model == Model::spot ? set.implied_on_spot : set.implied_on_forward;
  std::array<double, 256> codes;
  std::size_t refused = 0;
  for (std::size_t from = 0; from < count; from += codes.size()) {
    const std::size_t part = std::min(codes.size(), count - from);
    InputColumns in = all;
    for (const double** column : {&in.underlying, &in.strike, &in.years, &in.rate}) *column += from;
    if (model == Model::spot) in.yield += from;
    in.is_put += from;
    kernel(in, price.data() + from, volatility.data() + from, codes.data(), part);
    for (std::size_t i = 0; i < part; ++i) {
      refusal[from + i] = implied_refusal(model, at(model, options, from + i, 0), codes[i]);
      if (refusal[from + i] != Refusal::none) ++refused;
    }
  }
  return refused;
}

std::expected<Greeks, Refusal> evaluate(Model model, const Option& o) {
  const auto is_put = static_cast<std::uint8_t>(o.is_put);
  const auto one = [](const double& x) { return std::span<const double>(&x, 1); };
  const auto result = [](double& x) { return std::span<double>(&x, 1); };
  Greeks g;
  Refusal refusal = Refusal::none;
  evaluate(model,
           {one(o.underlying), one(o.strike), one(o.years), one(o.volatility), one(o.rate), one(o.yield),
            std::span(&is_put, 1)},
           {result(g.value), result(g.delta), result(g.gamma), result(g.vega), result(g.theta), result(g.rho),
            std::span(&refusal, 1)});
  if (refusal != Refusal::none) return std::unexpected(refusal);
  return g;
}

std::expected<double, Refusal> implied_volatility(Model model, const Option& o, double price) {
  const auto is_put = static_cast<std::uint8_t>(o.is_put);
  const auto one = [](const double& x) { return std::span<const double>(&x, 1); };
  double volatility = 0;
  Refusal refusal = Refusal::none;
  implied_volatility(
      model, {one(o.underlying), one(o.strike), one(o.years), {}, one(o.rate), one(o.yield), std::span(&is_put, 1)},
      one(price), std::span(&volatility, 1), std::span(&refusal, 1));
  if (refusal != Refusal::none) return std::unexpected(refusal);
  return volatility;
}

}  // namespace lockstep::mirror::greeks
