// What must hold of options whoever computes them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "greeks_columns.hpp"

namespace lockstep::mirror::greeks {
namespace {

constexpr double unit = 0x1p-53;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

class GreeksProperties : public ::testing::TestWithParam<Model> {
 protected:
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53; }
  Option option() {
    Option o{std::pow(10.0, uniform(-2, 5)), 0, uniform(0.003, 3), uniform(0.05, 2), uniform(-0.2, 0.2), 0, false};
    o.strike = o.underlying * std::exp(uniform(-3, 3) * o.volatility * std::sqrt(o.years));
    if (GetParam() == Model::spot) o.yield = uniform(-0.2, 0.2);
    o.is_put = (bits() & 1) != 0;
    return o;
  }
  Greeks greeks(const Option& o) const {
    const auto got = evaluate(GetParam(), o);
    EXPECT_TRUE(got.has_value());
    return got.value_or(Greeks{});
  }
  double asset(const Option& o) const {
    return o.underlying * std::exp(-(GetParam() == Model::spot ? o.yield : o.rate) * o.years);
  }
  static double bond(const Option& o) { return o.strike * std::exp(-o.rate * o.years); }

  std::mt19937_64 bits{7};
  static constexpr int times = 20'000;
};

TEST_P(GreeksProperties, CallLessPutIsTheForward) {
  for (int i = 0; i < times; ++i) {
    Option o = option();
    o.is_put = false;
    const Greeks call = greeks(o);
    o.is_put = true;
    const Greeks put = greeks(o);
    const double A = asset(o), B = bond(o), size = unit * std::max(A, B);
    EXPECT_NEAR(call.value - put.value, A - B, 8 * size);
    EXPECT_NEAR(call.delta - put.delta, A / o.underlying, 8 * unit * A / o.underlying);
    EXPECT_EQ(call.gamma, put.gamma);
    EXPECT_EQ(call.vega, put.vega);
    const double q = GetParam() == Model::spot ? o.yield : o.rate;
    EXPECT_NEAR(call.theta - put.theta, q * A - o.rate * B,
                16 * unit * (A + B + std::abs(call.theta) + std::abs(put.theta)));
    const double rho = GetParam() == Model::spot ? o.years * B : -o.years * (A - B);
    EXPECT_NEAR(call.rho - put.rho, rho, 16 * o.years * size);
  }
}

TEST_P(GreeksProperties, StaysInsideTheBoundsOfNoArbitrage) {
  for (int i = 0; i < times; ++i) {
    const Option o = option();
    const Greeks g = greeks(o);
    const double A = asset(o), B = bond(o), slack = 8 * unit * std::max(A, B), most = A / o.underlying;
    EXPECT_GE(g.value, 0);
    EXPECT_GE(g.value, (o.is_put ? B - A : A - B) - slack);
    EXPECT_LE(g.value, (o.is_put ? B : A) + slack);
    EXPECT_GE(g.gamma, 0);
    EXPECT_GE(g.vega, 0);
    EXPECT_GE(o.is_put ? -g.delta : g.delta, 0);
    EXPECT_LE(std::abs(g.delta), most * (1 + 8 * unit));
  }
}

/// A step of 2^-20 moves a value by far more than its error.
TEST_P(GreeksProperties, MovesTheRightWay) {
  constexpr double step = 1 + 0x1p-20;
  for (int i = 0; i < times; ++i) {
    const Option o = option();
    const Greeks here = greeks(o);
    const double error = 8 * unit * std::max(asset(o), bond(o));
    const auto moved = [&](double Option::*term) {
      Option other = o;
      other.*term *= step;
      return greeks(other).value - here.value;
    };
    const double by_underlying = moved(&Option::underlying), by_strike = moved(&Option::strike);
    EXPECT_GE(o.is_put ? -by_underlying : by_underlying, -error);
    EXPECT_GE(o.is_put ? by_strike : -by_strike, -error);
    EXPECT_GE(moved(&Option::volatility), -error);
    // And by as much as delta and vega say, to the second order of the step.
    EXPECT_NEAR(by_underlying, here.delta * o.underlying * 0x1p-20,
                error + here.gamma * std::pow(o.underlying * 0x1p-20, 2));
    EXPECT_NEAR(moved(&Option::volatility), here.vega * o.volatility * 0x1p-20,
                error + 40 * here.vega * o.volatility * 0x1p-40);
  }
}

/// Another currency unit: powers of two are exact, so every bit must agree.
TEST_P(GreeksProperties, ScalesWithTheUnitOfMoney) {
  for (int i = 0; i < times; ++i) {
    const Option o = option();
    Option scaled = o;
    scaled.underlying *= 1024;
    scaled.strike *= 1024;
    const Greeks a = greeks(o), b = greeks(scaled);
    EXPECT_EQ(b, (Greeks{a.value * 1024, a.delta, a.gamma / 1024, a.vega * 1024, a.theta * 1024, a.rho * 1024}));
  }
}

/// Theta, gamma, delta and value satisfy the equation of Black and Scholes.
TEST_P(GreeksProperties, SatisfiesTheDifferentialEquation) {
  for (int i = 0; i < times; ++i) {
    const Option o = option();
    const Greeks g = greeks(o);
    const double drift = GetParam() == Model::spot ? o.rate - o.yield : 0.0, S = o.underlying;
    const double diffusion = 0.5 * o.volatility * o.volatility * S * S * g.gamma;
    const double size = diffusion + (std::abs(drift) + std::abs(o.rate)) * (asset(o) + bond(o));
    EXPECT_NEAR(g.theta + diffusion + drift * S * g.delta - o.rate * g.value, 0, 32 * unit * size);
  }
}

TEST_P(GreeksProperties, VolatilityComesBackFromThePrice) {
  for (int i = 0; i < times; ++i) {
    Option o = option();
    const Greeks g = greeks(o);
    const double A = asset(o), B = bond(o), h = std::abs(std::log(A / B)) / (o.volatility * std::sqrt(o.years));
    const auto implied = implied_volatility(GetParam(), o, g.value);
    ASSERT_TRUE(implied.has_value()) << to_text(implied.error());
    // In the money the time value is what the price's own rounding leaves of it.
    const double known = 8 * unit * (std::max(A, B) + g.vega * o.volatility * (1 + h));
    EXPECT_NEAR(*implied * g.vega, o.volatility * g.vega, known);
    o.volatility = *implied;
    EXPECT_NEAR(greeks(o).value, g.value, known);
  }
}

/// Far options, tiny and huge deviations: the price at the volatility that is found is the price.
TEST_P(GreeksProperties, VolatilityIsFoundAcrossTheDomain) {
  int refused = 0;
  for (int i = 0; i < 10 * times; ++i) {
    Option o = option();
    o.years = std::pow(10.0, uniform(-6, 1.5));
    o.volatility = std::pow(10.0, uniform(-4, 1.3));
    const double s = o.volatility * std::sqrt(o.years);
    o.strike = o.underlying * std::exp(std::clamp((i % 3 == 0 ? uniform(-37, 37) : uniform(-8, 8)) * s, -30.0, 30.0));
    if (i % 7 == 0) o.strike = o.underlying;
    if (i % 5 == 0) o.rate = o.yield = 0;
    const auto here = evaluate(GetParam(), o);
    if (!here) continue;  // a strike outside the domain
    const auto implied = implied_volatility(GetParam(), o, here->value);
    if (!implied) {
      // Rounded to its bound, or next to nothing.
      const bool is_expected = implied.error() == Refusal::above_bound || implied.error() == Refusal::unattainable;
      EXPECT_TRUE(is_expected) << to_text(implied.error());
      ++refused;
      continue;
    }
    if (*implied == 0) continue;  // a price of exactly the intrinsic value
    const double A = asset(o), B = bond(o), h = std::abs(std::log(A / B)) / s;
    const double legs = std::abs(here->delta) * o.underlying + std::abs(here->delta * o.underlying - here->value);
    const bool in_money = o.is_put ? B > A : A > B;
    o.volatility = *implied;
    EXPECT_NEAR(greeks(o).value, here->value,
                12 * unit * (legs + here->vega * *implied * (1 + h) + (in_money ? std::max(A, B) : 0.0)))
        << o.underlying << " " << o.strike << " " << o.years << " " << *implied << " " << o.rate << " " << o.yield;
  }
  EXPECT_LT(refused, times);
}

INSTANTIATE_TEST_SUITE_P(Models, GreeksProperties, ::testing::Values(Model::spot, Model::forward));

TEST(GreeksLimits, WithoutDeviationTheyAreThoseOfTheForward) {
  const auto at = [](double S, double K, double T, double volatility, bool is_put) {
    return evaluate(Model::spot, {S, K, T, volatility, 0, 0, is_put}).value_or(Greeks{-1, 0, 0, 0, 0, 0});
  };
  for (const double T : {0.0, 0.5}) {
    const double volatility = T == 0 ? 0.4 : 0.0;
    EXPECT_EQ(at(110, 100, T, volatility, false), (Greeks{10, 1, 0, 0, 0, T * 100}));
    EXPECT_EQ(at(110, 100, T, volatility, true), Greeks{});
    EXPECT_EQ(at(90, 100, T, volatility, true), (Greeks{10, -1, 0, 0, 0, T * -100}));
    EXPECT_EQ(at(90, 100, T, volatility, false), Greeks{});
  }
  EXPECT_EQ(at(100, 100, 0, 0.4, false), (Greeks{0, 0.5, 0, 0, 0, 0}));
  EXPECT_EQ(at(100, 100, 0, 0, true), (Greeks{0, -0.5, 0, 0, 0, 0}));
  const Greeks still = at(100, 100, 0.25, 0, false);
  EXPECT_EQ(still.value, 0);
  EXPECT_EQ(still.delta, 0.5);
  EXPECT_NEAR(still.vega, 100 * 0.3989422804014327 * 0.5, 1e-14);
}

TEST(GreeksRefusals, NameTheTermAndGiveZeros) {
  const Option good{100, 90, 0.5, 0.3, 0.02, 0.01, false};
  struct Case {
    double Option::*term;
    double value;
    Refusal refusal;
  };
  const Case cases[] = {
      {&Option::underlying, 0, Refusal::underlying},
      {&Option::underlying, -1, Refusal::underlying},
      {&Option::underlying, 1.1e18, Refusal::underlying},
      {&Option::underlying, nan, Refusal::underlying},
      {&Option::strike, 0.9e-18, Refusal::strike},
      {&Option::strike, infinity, Refusal::strike},
      {&Option::years, -0.1, Refusal::years},
      {&Option::years, 1e-11, Refusal::years},
      {&Option::years, 129, Refusal::years},
      {&Option::years, nan, Refusal::years},
      {&Option::volatility, -0.3, Refusal::volatility},
      {&Option::volatility, 1e-9, Refusal::volatility},
      {&Option::volatility, 65, Refusal::volatility},
      {&Option::volatility, nan, Refusal::volatility},
      {&Option::rate, 4.1, Refusal::rate},
      {&Option::rate, -infinity, Refusal::rate},
      {&Option::yield, -4.1, Refusal::yield},
      {&Option::yield, nan, Refusal::yield},
  };
  for (const auto& one : cases) {
    Option o = good;
    o.*one.term = one.value;
    const auto got = evaluate(Model::spot, o);
    ASSERT_FALSE(got.has_value()) << one.value;
    EXPECT_EQ(got.error(), one.refusal) << to_text(got.error());
    Batch batch;
    batch.add(o);
    Outcome out(1);
    out.value[0] = out.rho[0] = nan;
    EXPECT_EQ(evaluate(Model::spot, batch.columns(), out.columns()), 1U);
    EXPECT_EQ(out.at(0), Greeks{});
  }
  Option far = good;
  far.rate = 3;
  far.years = 30;
  EXPECT_EQ(evaluate(Model::spot, far).error(), Refusal::carry);
  far = good;
  far.yield = nan;
  EXPECT_TRUE(evaluate(Model::forward, far).has_value()) << "a forward has no yield";
}

TEST(GreeksRefusals, PricesWithoutAVolatility) {
  const Option call{100, 90, 0.5, 0, 0.02, 0.01, false};
  const auto why = [](const Option& o, double price) {
    const auto got = implied_volatility(Model::spot, o, price);
    return got ? Refusal::none : got.error();
  };
  const double intrinsic = 100 * std::exp(-0.005) - 90 * std::exp(-0.01), most = 100 * std::exp(-0.005);
  EXPECT_EQ(why(call, intrinsic - 1e-9), Refusal::below_intrinsic);
  EXPECT_EQ(why(call, -1), Refusal::below_intrinsic);
  EXPECT_EQ(why(call, nan), Refusal::below_intrinsic);
  EXPECT_EQ(why(call, most), Refusal::above_bound);
  EXPECT_EQ(why(call, infinity), Refusal::above_bound);
  EXPECT_EQ(why(call, intrinsic + 1), Refusal::none);
  Option expired = call;
  expired.years = 0;
  EXPECT_EQ(why(expired, 12), Refusal::expired);
  Option otm{100, 150, 0.01, 0, 0, 0, false};
  EXPECT_EQ(implied_volatility(Model::spot, otm, 0).value_or(-1), 0);
  otm.strike = 1e6;
  otm.years = 1e-10;
  EXPECT_EQ(why(otm, 99), Refusal::unattainable);
}

}  // namespace
}  // namespace lockstep::mirror::greeks
