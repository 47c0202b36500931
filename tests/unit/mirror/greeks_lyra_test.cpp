// Against Lyra's on-chain Black-Scholes (tests/e2e/lyra): 27 decimals inside, but a normal distribution whose constants
// have 15 digits and which is a continued fraction beyond 7.07; the put comes from the call by parity. So it is
// compared by the money it can tell apart, not in every bit. It has neither gamma, theta and rho nor a yield.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "mirror/greeks/priced.hpp"

namespace lockstep::mirror::greeks {
namespace {

constexpr Int e18 = most_scale;

Int integer(const std::string& text) {
  Int value = 0;
  for (const char digit : text)
    if (digit != '-') value = value * 10 + (digit - '0');
  return text.starts_with('-') ? -value : value;
}

std::vector<std::array<Int, 10>> rows() {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/golden/greeks/lyra.csv");
  std::vector<std::array<Int, 10>> out;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.find_first_not_of("0123456789,-") != std::string::npos) continue;
    std::stringstream stream(line);
    std::array<Int, 10> row{};
    std::size_t i = 0;
    for (std::string field; std::getline(stream, field, ',');) row.at(i++) = integer(field);
    EXPECT_EQ(i, row.size());
    out.push_back(row);
  }
  return out;
}

TEST(GreeksLyra, AgreesWithTheContractToTheDigitsItHas) {
  const auto all = rows();
  ASSERT_GE(all.size(), 400U);
  const Scales scales{e18, e18, e18, 31'536'000, e18, e18, e18, e18, e18, e18};
  double value = 0, delta = 0, vega = 0;  // largest differences, over spot
  for (const auto& [seconds, volatility, spot, strike, rate, call, put, call_delta, put_delta, their_vega] : all) {
    for (const bool is_put : {false, true}) {
      const FixedOption option{spot, strike, seconds, volatility, rate, 0, is_put};
      FixedGreeks got;
      Refusal refusal = Refusal::none;
      ASSERT_EQ(evaluate(Model::spot, {&option, 1}, scales, {&got, 1}, {&refusal, 1}), 0U) << to_text(refusal);
      const auto apart = [](Int a, Int b, Int unit) {
        return std::abs(static_cast<double>(a - b)) / static_cast<double>(unit);
      };
      const Int larger = std::max(spot, strike);
      value = std::max(value, apart(got.value, is_put ? put : call, larger));
      delta = std::max(delta, apart(got.delta, is_put ? put_delta : call_delta, e18));
      vega = std::max(vega, apart(got.vega, their_vega, spot));
    }
  }
  EXPECT_LT(value, 6e-16);
  EXPECT_LT(delta, 1e-15);
  EXPECT_LT(vega, 4e-16);
}

}  // namespace
}  // namespace lockstep::mirror::greeks
