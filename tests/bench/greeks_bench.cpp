// Value and five Greeks of options that trade: every path that runs here against a strict loop over the C library, in
// short turns one after the other, so that whatever else the machine does falls on all of them alike.
//   greeks_bench [ROUNDS]
// Prints one JSON document; ratios are of medians.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "contestants.hpp"
#include "greeks_libm.hpp"
#include "mirror/greeks/greeks.hpp"

namespace {

using namespace lockstep::mirror::greeks;
using lockstep::bench::Contestant;
using lockstep::bench::give_up;
using lockstep::bench::take_turns;

constexpr std::size_t count = 2048;  // 13 columns of 16 KiB: in the second-level cache
constexpr std::uint64_t seed = 20261120;

struct Columns {
  std::vector<double> underlying, strike, years, volatility, rate, yield;
  std::vector<std::uint8_t> is_put;
  std::vector<double> value, delta, gamma, vega, theta, rho;
  std::vector<Refusal> refusal;

  Columns() : value(count), delta(count), gamma(count), vega(count), theta(count), rho(count), refusal(count) {
    std::mt19937_64 bits(seed);
    const auto uniform = [&](double low, double high) {
      return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
    };
    for (std::size_t i = 0; i < count; ++i) {
      underlying.push_back(uniform(50, 150));
      strike.push_back(uniform(50, 150));
      years.push_back(uniform(0.01, 2));
      volatility.push_back(uniform(0.05, 1.5));
      rate.push_back(uniform(-0.02, 0.1));
      yield.push_back(uniform(0, 0.05));
      is_put.push_back(static_cast<std::uint8_t>(bits() & 1));
    }
  }
  Options options() const { return {underlying, strike, years, volatility, rate, yield, is_put}; }
  Results results() { return {value, delta, gamma, vega, theta, rho, refusal}; }
  InputColumns in() const {
    return {underlying.data(), strike.data(), years.data(), volatility.data(),
            rate.data(),       yield.data(),  is_put.data()};
  }
  OutputColumns out() {
    return {value.data(),
            delta.data(),
            gamma.data(),
            vega.data(),
            theta.data(),
            rho.data(),
            reinterpret_cast<std::uint8_t*>(refusal.data())};
  }
};

/// The loop and we must have computed the same thing, or the comparison is worth nothing.
double largest_difference(Columns& columns) {
  lockstep::bench::libm_loop(columns.in(), columns.out(), count);
  const Columns theirs = columns;
  if (evaluate(Model::spot, columns.options(), columns.results()) != 0) give_up("an option was refused");
  double worst = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double scale = std::max(columns.underlying[i], columns.strike[i]);
    worst = std::max(worst, std::abs(theirs.value[i] - columns.value[i]) / scale);
    worst = std::max(worst, std::abs(theirs.delta[i] - columns.delta[i]));
    worst = std::max(worst, std::abs(theirs.vega[i] - columns.vega[i]) / scale);
    worst = std::max(worst, std::abs(theirs.rho[i] - columns.rho[i]) / (scale * columns.years[i]));
  }
  if (!(worst < 1e-13)) give_up("the loop and the kernels disagree by " + std::to_string(worst));
  return worst;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 1000;
  if (rounds < 1 || argc > 2) give_up("usage: greeks_bench [ROUNDS]");
  Columns columns;
  const double difference = largest_difference(columns);
  std::vector<double> implied(count);
  std::vector<Refusal> refusal(count);
  const auto price = columns.value;

  std::vector<Contestant> contestants;
  contestants.push_back({"libm_loop", [&] { lockstep::bench::libm_loop(columns.in(), columns.out(), count); }});
  const std::pair<Path, const char*> paths[] = {{Path::fma, "scalar"}, {Path::avx2, "avx2"}, {Path::avx512, "avx512"}};
  for (const auto& [path, name] : paths) {
    if (!runs_here(path)) continue;
    for (const auto& [model, of] : {std::pair{Model::spot, ""}, {Model::forward, "_black76"}})
      contestants.push_back({std::string(name) + of, [&columns, path = path, model = model] {
                               evaluate(model, columns.options(), columns.results(), path);
                             }});
  }
  contestants.push_back(
      {"implied_volatility", [&] { implied_volatility(Model::spot, columns.options(), price, implied, refusal); }});
  take_turns(contestants, rounds);
  nlohmann::ordered_json out;
  out["schema"] = "lockstep.greeks-bench/1";
  out["options"] = count;
  out["rounds"] = rounds;
  out["largest_difference_to_libm"] = difference;
  const double base = contestants.front().median();
  for (auto& one : contestants) {
    const double median = one.median();
    out["contestants"][one.name] = {{"million_per_second", static_cast<double>(count) / median / 1e6},
                                    {"ratio_to_libm_loop", base / median}};
  }
  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}
