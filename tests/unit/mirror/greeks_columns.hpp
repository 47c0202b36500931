#pragma once
// Options and their results as the columns that the batch functions take.
#include <cstdint>
#include <vector>

#include "mirror/greeks/greeks.hpp"

namespace lockstep::mirror::greeks {

struct Batch {
  std::vector<double> underlying, strike, years, volatility, rate, yield;
  std::vector<std::uint8_t> is_put;

  void add(const Option& o) {
    underlying.push_back(o.underlying);
    strike.push_back(o.strike);
    years.push_back(o.years);
    volatility.push_back(o.volatility);
    rate.push_back(o.rate);
    yield.push_back(o.yield);
    is_put.push_back(o.is_put ? 1 : 0);
  }
  std::size_t size() const { return strike.size(); }
  Option at(std::size_t i) const {
    return {underlying[i], strike[i], years[i], volatility[i], rate[i], yield[i], is_put[i] != 0};
  }
  Options columns(std::size_t from, std::size_t count) const {
    const auto part = [&](const auto& column) { return std::span(column).subspan(from, count); };
    return {part(underlying), part(strike), part(years), part(volatility), part(rate), part(yield), part(is_put)};
  }
  Options columns() const { return columns(0, size()); }
};

struct Outcome {
  std::vector<double> value, delta, gamma, vega, theta, rho;
  std::vector<Refusal> refusal;

  explicit Outcome(std::size_t count)
      : value(count), delta(count), gamma(count), vega(count), theta(count), rho(count), refusal(count) {}
  Results columns() { return {value, delta, gamma, vega, theta, rho, refusal}; }
  Greeks at(std::size_t i) const { return {value[i], delta[i], gamma[i], vega[i], theta[i], rho[i]}; }
};

inline std::vector<Path> paths_here() {
  std::vector<Path> paths;
  for (const Path path : {Path::portable, Path::fma, Path::avx2, Path::avx512})
    if (runs_here(path)) paths.push_back(path);
  return paths;
}

}  // namespace lockstep::mirror::greeks
