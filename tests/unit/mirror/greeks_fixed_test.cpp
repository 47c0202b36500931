// Integers in, integers out.
#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "mirror/greeks/exposure.hpp"
#include "mirror/greeks/priced.hpp"

namespace lockstep::mirror::greeks {
namespace {

using Big = boost::multiprecision::cpp_int;

constexpr Int e18 = most_scale;

/// |2 (m 2^e scale - value)| <= 2^e scale: m 2^e is within half a unit of value / scale; at exactly half, m is even.
void expect_nearest(Int value, Int scale) {
  const double got = to_real(value, scale);
  int exponent = 0;
  const double fraction = std::frexp(got, &exponent);
  const Big m = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  Big exact = Big(value), rounded = m * Big(scale), one = Big(scale);
  if (exponent >= 0) {
    rounded <<= exponent;
    one <<= exponent;
  } else {
    exact <<= -exponent;
  }
  const Big error = 2 * abs(rounded - exact);
  EXPECT_LE(error, one) << got;
  EXPECT_TRUE(error != one || m % 2 == 0) << got;
}

TEST(GreeksFixed, IntegersBecomeTheNearestDouble) {
  std::mt19937_64 bits(3);
  for (int i = 0; i < 100'000; ++i) {
    Int value = static_cast<Int>(bits()) << 64 | static_cast<Int>(bits());
    value >>= bits() % 127;
    if (value != 0) expect_nearest(value, static_cast<Int>(1 + bits() % static_cast<std::uint64_t>(e18)));
  }
  // Ties: 2^53 + 1 goes down to even, 2^53 + 3 up; a remainder decides.
  EXPECT_EQ(to_real((Int{1} << 53) + 1, 1), 0x1p53);
  EXPECT_EQ(to_real((Int{1} << 53) + 3, 1), 0x1p53 + 4);
  EXPECT_EQ(to_real(((Int{1} << 53) + 1) * 1000 + 1, 1000), 0x1p53 + 2);
  EXPECT_EQ(to_real(std::numeric_limits<Int>::min(), 1), -0x1p127);
  EXPECT_EQ(to_real(0, e18), 0);
  EXPECT_EQ(to_real(1'500'000'000'000'000'000, e18), 1.5);
}

TEST(GreeksFixed, DoublesBecomeTheNearestIntegerTiesToEven) {
  EXPECT_EQ(to_fixed(0.5, 1), Int{0});
  EXPECT_EQ(to_fixed(1.5, 1), Int{2});
  EXPECT_EQ(to_fixed(-2.5, 1), Int{-2});
  EXPECT_EQ(to_fixed(-0.75, 2), Int{-2});
  EXPECT_EQ(to_fixed(0.1, e18), Int{100'000'000'000'000'006});  // the double is 0.1000000000000000055511151231257827…
  EXPECT_EQ(to_fixed(-0.0, e18), Int{0});
  EXPECT_EQ(to_fixed(5e-324, e18), Int{0});
  EXPECT_EQ(to_fixed(0x1p126, 1), Int{1} << 126);
  EXPECT_EQ(to_fixed(-0x1.fffffffffffffp126, 1), -(((Int{1} << 53) - 1) << 74));
  EXPECT_EQ(to_fixed(0x1p127, 1), std::nullopt);
  EXPECT_EQ(to_fixed(1e30, e18), std::nullopt);
  EXPECT_EQ(to_fixed(std::numeric_limits<double>::infinity(), 1), std::nullopt);
  EXPECT_EQ(to_fixed(std::numeric_limits<double>::quiet_NaN(), 1), std::nullopt);
  std::mt19937_64 bits(4);
  for (int i = 0; i < 100'000; ++i) {
    const double value =
        std::ldexp(static_cast<double>(static_cast<std::int64_t>(bits())), static_cast<int>(bits() % 90) - 100);
    const Int scale = static_cast<Int>(1 + bits() % static_cast<std::uint64_t>(e18));
    const auto got = to_fixed(value, scale);
    if (std::abs(value) * static_cast<double>(scale) > 1e38) continue;
    ASSERT_TRUE(got.has_value());
    int exponent = 0;
    const Big exact = Big(static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53))) * Big(scale);
    const int down = 53 - exponent;
    if (down <= 0) {
      EXPECT_EQ(Big(*got), exact << -down);
      continue;
    }
    const Big error = 2 * abs((Big(*got) << down) - exact), one = Big(1) << down;
    EXPECT_LE(error, one);
    EXPECT_TRUE(error != one || *got % 2 == 0);
  }
}

const Scales eighteen{e18, e18, e18, 31'536'000, e18, e18, e18, e18, e18, e18};

TEST(GreeksFixed, AnOptionInEighteenDecimals) {
  // 1500 spot, 1600 strike, 30 days, 80 %, 5 %. Computed with 50 digits from the exact integers, then rounded; a double
  // has 15 to 17 of these digits, and those 15 must agree.
  const FixedOption call{1500 * e18, 1600 * e18, 30 * 86'400, 8 * (e18 / 10), 5 * (e18 / 100), 0, false};
  FixedGreeks got;
  Refusal refusal = Refusal::scale;
  EXPECT_EQ(evaluate(Model::spot, {&call, 1}, eighteen, {&got, 1}, {&refusal, 1}), 0U);
  EXPECT_EQ(refusal, Refusal::none);
  const auto near = [](Int a, const char* digits) {
    const Int exact = static_cast<Int>(std::strtoll(digits, nullptr, 10)) * 1'000'000;  // written to 12 decimals
    const Int error = a > exact ? a - exact : exact - a;
    return error <= 500'000 + (exact > 0 ? exact : -exact) / 1'000'000'000'000'000;
  };
  EXPECT_TRUE(near(got.value, "99344053531490")) << mirror::to_text(Value{got.value});
  EXPECT_TRUE(near(got.delta, "440855974872")) << mirror::to_text(Value{got.delta});
  EXPECT_TRUE(near(got.vega, "169670995624148")) << mirror::to_text(Value{got.vega});
  EXPECT_TRUE(near(got.theta, "-853829174143015")) << mirror::to_text(Value{got.theta});
  // And these are the integers on every machine.
  EXPECT_EQ(mirror::to_text(Value{got.value}), "99344053531489890929");
  EXPECT_EQ(mirror::to_text(Value{got.gamma}), "1146850248200259");
  const auto implied = implied_volatility(Model::spot, call, got.value, eighteen);
  ASSERT_TRUE(implied.has_value());
  EXPECT_NEAR(static_cast<double>(*implied), 8e17, 5000);
}

TEST(GreeksFixed, RefusesWhatDoesNotFit) {
  FixedOption option{100, 100, 1000, 1, 0, 0, false};
  FixedGreeks got{1, 1, 1, 1, 1, 1};
  Refusal refusal = Refusal::none;
  const auto run = [&](const Scales& scales) {
    evaluate(Model::spot, {&option, 1}, scales, {&got, 1}, {&refusal, 1});
    return refusal;
  };
  Scales scales;
  EXPECT_EQ(run(scales), Refusal::none);
  scales.gamma = 0;
  EXPECT_EQ(run(scales), Refusal::scale);
  EXPECT_EQ(got, FixedGreeks{});
  scales.gamma = e18 + 1;
  EXPECT_EQ(run(scales), Refusal::scale);
  scales.gamma = 1;
  scales.value = e18;
  option.underlying = Int{1'000'000'000'000'000'000};
  scales.delta = e18;
  scales.rho = scales.vega = scales.theta = e18;
  option.underlying *= 1000;
  EXPECT_EQ(run(scales), Refusal::underlying);
  option.underlying = e18;
  option.strike = e18;
  option.seconds = 31'536'000 * Int{100};
  option.volatility = 50;
  EXPECT_EQ(run(scales), Refusal::none);
  option.seconds = -1;
  EXPECT_EQ(run(scales), Refusal::years);
}

TEST(GreeksFixed, ManyAreAsMany) {
  std::vector<FixedOption> options;
  for (int i = 0; i < 1000; ++i)
    options.push_back({1500 * e18, (1000 + i) * e18, (i % 90) * 86'400, (5 + i % 7) * (e18 / 10), 0, 0, i % 2 == 0});
  options[700].volatility = -1;
  std::vector<FixedGreeks> all(options.size());
  std::vector<Refusal> refusal(options.size());
  EXPECT_EQ(evaluate(Model::forward, options, eighteen, all, refusal), 1U);
  for (std::size_t i = 0; i < options.size(); ++i) {
    FixedGreeks one;
    Refusal why = Refusal::none;
    evaluate(Model::forward, {&options[i], 1}, eighteen, {&one, 1}, {&why, 1});
    EXPECT_EQ(all[i], one);
    EXPECT_EQ(refusal[i], why);
  }
  EXPECT_EQ(refusal[700], Refusal::volatility);
}

Address account(std::uint8_t number) {
  Address address;
  address.bytes[19] = number;
  return address;
}

TEST(GreeksExposure, SumsPerAccountAndUnderlyingInAnyOrder) {
  const std::vector<FixedGreeks> greeks{{10, 1, 2, 3, -4, 5}, {20, -1, 2, 3, -4, -5}, {7, 7, 7, 7, 7, 7}};
  const std::vector<Refusal> refusal(3, Refusal::none);
  std::vector<Holding> held{
      {account(2), 1, 0, 3}, {account(1), 2, 2, 1}, {account(1), 1, 1, -2}, {account(1), 1, 0, 5}};
  const std::vector<Exposure> want{{account(1), 1, {10, 7, 6, 9, -12, 35}},
                                   {account(1), 2, {7, 7, 7, 7, 7, 7}},
                                   {account(2), 1, {30, 3, 6, 9, -12, 15}}};
  std::mt19937_64 bits(5);
  for (int i = 0; i < 24; ++i) {
    std::ranges::shuffle(held, bits);
    const auto got = exposures(held, greeks, refusal);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(*got, want);
  }
  EXPECT_TRUE(exposures({}, greeks, refusal)->empty());
}

TEST(GreeksExposure, RefusesASumWithAPartMissing) {
  const std::vector<FixedGreeks> greeks{{1, 1, 1, 1, 1, 1}, {}, {std::numeric_limits<Int>::max(), 0, 0, 0, 0, 0}};
  const std::vector<Refusal> refusal{Refusal::none, Refusal::volatility, Refusal::none};
  const auto why = [&](std::vector<Holding> held) {
    const auto got = exposures(held, greeks, refusal);
    EXPECT_FALSE(got.has_value());
    return got ? ExposureError{} : got.error();
  };
  const auto missing = why({{account(1), 1, 0, 1}, {account(1), 1, 1, 1}});
  EXPECT_EQ(missing.holding, 1U);
  EXPECT_EQ(missing.refusal, Refusal::volatility);
  EXPECT_EQ(why({{account(1), 1, 3, 1}}).refusal, Refusal::scale);
  const auto large = why({{account(1), 1, 2, 1}, {account(1), 1, 0, 1}});
  EXPECT_EQ(large.holding, 1U);
  EXPECT_EQ(large.refusal, Refusal::scale);
}

}  // namespace
}  // namespace lockstep::mirror::greeks
