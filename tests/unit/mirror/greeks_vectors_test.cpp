// Against results computed with 120 digits (tests/golden/greeks/vectors.py). The bound of each error is a small
// multiple of 2^-53 times what the terms of the formula are made of: the error that rounding the inputs alone can give.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "greeks_columns.hpp"

namespace lockstep::mirror::greeks {
namespace {

using Real = long double;  // 64 bits of fraction; the vectors have 21 digits

constexpr Real unit = 0x1p-53L;
constexpr std::array names = {"value", "delta", "gamma", "vega", "theta", "rho"};

struct Row {
  std::string text;
  Model model = Model::spot;
  Option option;
  std::array<Real, 6> exact;
};

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) out.push_back(field);
  return out;
}

/// The rows below the header of tests/golden/greeks/<name>.
std::vector<std::string> lines(const std::string& name) {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/golden/greeks/" + name);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("spot,") || line.starts_with("forward,")) out.push_back(line);
  return out;
}

std::vector<Row> rows() {
  std::vector<Row> out;
  for (const auto& line : lines("vectors.csv")) {
    const auto f = fields(line);
    const auto number = [&](std::size_t i) { return std::strtod(f.at(i).c_str(), nullptr); };
    Row row{line, f[0] == "spot" ? Model::spot : Model::forward, {}, {}};
    row.option = {number(2), number(3), number(4), number(5), number(6), number(7), f[1] == "put"};
    for (std::size_t i = 0; i < 6; ++i) row.exact.at(i) = std::strtold(f.at(8 + i).c_str(), nullptr);
    out.push_back(row);
  }
  return out;
}

/// What one unit of 2^-53 is worth in each result. With h = |ln(A/B)| / s, t = s / 2, u = t - h and w = min(A, B) n(u),
/// a density moves by |u| times what u does, and u by (h + t + |(r - q) T| / s) units.
std::array<Real, 6> sizes(const Row& row) {
  const auto& o = row.option;
  const Real S = o.underlying, T = o.years, r = o.rate, q = row.model == Model::spot ? o.yield : o.rate;
  const Real s = static_cast<Real>(o.volatility) * std::sqrt(T), x = std::log(S / o.strike) + (r - q) * T;
  const Real h = s > 0 ? std::abs(x) / s : 0, t = s / 2, far = s > 0 ? h + t + std::abs((r - q) * T) / s : 0;
  const auto& [value, delta, gamma, vega, theta, rho] = row.exact;
  const Real weight = T > 0 ? vega / std::sqrt(T) : 0, spread = weight * far;
  const Real asset = std::abs(delta) * S;
  Real bond = std::abs(delta * S - value);
  if (row.model == Model::spot && T > 0) bond = std::abs(rho) / T;
  const Real decay = T > 0 ? weight * o.volatility / (2 * std::sqrt(T)) : 0;
  const Real density = 1 + std::abs(t - h) * far;
  const Real of_value = asset + bond + weight * s + std::abs(r * T) * bond;
  return {of_value,
          std::abs(delta) + spread / S,
          gamma * density,
          vega * density,
          decay * density + std::abs(q) * (asset + spread) + std::abs(r) * (bond + spread),
          T * (row.model == Model::spot ? bond + spread : of_value)};
}

std::array<double, 6> listed(const Greeks& g) { return {g.value, g.delta, g.gamma, g.vega, g.theta, g.rho}; }

TEST(GreeksVectors, EveryResultIsWithinSixUnitsOfItsTerms) {
  const auto all = rows();
  ASSERT_GE(all.size(), 2000U);
  std::array<Real, 6> worst{};
  for (const auto& row : all) {
    const auto got = evaluate(row.model, row.option);
    ASSERT_TRUE(got) << to_text(got.error()) << ": " << row.text;
    const auto results = listed(*got);
    const auto size = sizes(row);
    for (std::size_t i = 0; i < 6; ++i) {
      const Real error = std::abs(results.at(i) - row.exact.at(i));
      if (error < 1e-250L) continue;  // a density below 2^-1021 is 0
      ASSERT_GT(size.at(i), 0) << names.at(i) << " " << row.text;
      worst.at(i) = std::max(worst.at(i), error / (unit * size.at(i)));
      EXPECT_LE(error, 6 * unit * size.at(i)) << names.at(i) << " = " << results.at(i) << ": " << row.text;
    }
  }
  for (std::size_t i = 0; i < 6; ++i)
    RecordProperty(std::string(names.at(i)) + "_units", std::to_string(static_cast<double>(worst.at(i))));
}

TEST(GreeksVectors, WhatTradesIsGoodToFifteenDigitsOfTheUnderlying) {
  for (const auto& row : rows()) {
    const auto& o = row.option;
    if (o.years > 2.5 || std::abs(o.rate) > 1 || std::abs(o.yield) > 1) continue;
    const auto got = evaluate(row.model, o);
    ASSERT_TRUE(got) << row.text;
    const Real q = row.model == Model::spot ? o.yield : o.rate;
    const Real asset = o.underlying * std::exp(-q * o.years), bond = o.strike * std::exp(Real{-o.rate} * o.years);
    EXPECT_LE(std::abs(got->value - row.exact[0]), 4 * unit * std::max(asset, bond)) << row.text;
    EXPECT_LE(std::abs(got->delta - row.exact[1]), 12 * unit * std::exp(-q * o.years)) << row.text;
  }
}

TEST(GreeksVectors, ImpliedVolatilityIsWithinAFewUnitsOfThePrice) {
  const auto all = lines("implied.csv");
  ASSERT_GE(all.size(), 300U);
  for (const auto& line : all) {
    const auto f = fields(line);
    const auto number = [&](std::size_t i) { return std::strtod(f.at(i).c_str(), nullptr); };
    const Model model = f[0] == "spot" ? Model::spot : Model::forward;
    Option option{number(2), number(3), number(4), 0, number(5), number(6), f[1] == "put"};
    const auto got = implied_volatility(model, option, number(7));
    ASSERT_TRUE(got) << to_text(got.error()) << ": " << line;
    const Real exact = std::strtold(f.at(8).c_str(), nullptr);
    option.volatility = *got;
    const auto at = evaluate(model, option);
    ASSERT_TRUE(at);
    // An error of the volatility is worth vega times it; the price is known to units of what it is the difference of.
    const Real q = model == Model::spot ? option.yield : option.rate, T = option.years;
    const Real h =
        std::abs(std::log(Real{option.underlying} / option.strike) + (option.rate - q) * T) / (exact * std::sqrt(T));
    const Real legs = std::abs(at->delta) * option.underlying + std::abs(at->delta * option.underlying - at->value);
    const Real allowed = 6 * unit * (legs + at->vega * exact * (1 + h));
    EXPECT_LE(std::abs(*got - exact) * at->vega, allowed) << *got << ": " << line;
  }
}

}  // namespace
}  // namespace lockstep::mirror::greeks
