// One result on every path: bit for bit, wherever an option stands in a batch and whatever stands beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "greeks_columns.hpp"
#include "mirror/greeks/soft_fma.hpp"

namespace lockstep::mirror::greeks {
namespace {

constexpr std::uint64_t seed = 20261120;

class Random {
 public:
  explicit Random(std::uint64_t start) : bits_(start) {}
  std::uint64_t bits() { return bits_(); }
  double uniform(double low, double high) { return low + (high - low) * static_cast<double>(bits_() >> 11) * 0x1p-53; }
  double power(double low, double high) { return std::pow(10.0, uniform(low, high)); }
  bool one_in(unsigned n) { return bits_() % n == 0; }

 private:
  std::mt19937_64 bits_;
};

/// Mostly what trades, often the edges of the domain, sometimes what is outside of it.
Option any_option(Random& random) {
  Option o{random.power(-2, 5),       0,
           random.power(-3, 0.5),     random.power(-2, 0.7),
           random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5),
           random.one_in(2)};
  o.strike = o.underlying * random.power(-0.5, 0.5);
  if (random.one_in(4)) o.strike = o.underlying * std::exp(random.uniform(-40, 40) * o.volatility * std::sqrt(o.years));
  if (random.one_in(8)) o.strike = o.underlying;
  if (random.one_in(8)) o.rate = o.yield = 0;
  if (random.one_in(16)) o.years = random.power(-10, 2.1);
  if (random.one_in(16)) o.volatility = random.power(-8, 1.8);
  if (random.one_in(32)) o.years = 0;
  if (random.one_in(32)) o.volatility = 0;
  if (random.one_in(32)) o.underlying = random.power(-18, 18);
  if (random.one_in(64)) {
    constexpr double odd[] = {0.0,
                              -0.0,
                              -1.0,
                              1e300,
                              5e-324,
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()};
    double* const terms[] = {&o.underlying, &o.strike, &o.years, &o.volatility, &o.rate, &o.yield};
    *terms[random.bits() % 6] = odd[random.bits() % 8];
  }
  return o;
}

Batch batch_of(std::size_t count, std::uint64_t start) {
  Random random(start);
  Batch batch;
  for (std::size_t i = 0; i < count; ++i) batch.add(any_option(random));
  return batch;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void expect_same(const Outcome& a, const Outcome& b) {
  EXPECT_TRUE(same_bits(a.value, b.value));
  EXPECT_TRUE(same_bits(a.delta, b.delta));
  EXPECT_TRUE(same_bits(a.gamma, b.gamma));
  EXPECT_TRUE(same_bits(a.vega, b.vega));
  EXPECT_TRUE(same_bits(a.theta, b.theta));
  EXPECT_TRUE(same_bits(a.rho, b.rho));
  EXPECT_TRUE(a.refusal == b.refusal);
}

TEST(GreeksPaths, AMillionOptionsAreTheSameOnEveryPath) {
  constexpr std::size_t count = 500'003;
  for (const Model model : {Model::spot, Model::forward}) {
    const auto batch = batch_of(count, seed + static_cast<std::uint64_t>(model));
    Outcome first(count);
    const auto refused = evaluate(model, batch.columns(), first.columns(), Path::portable);
    EXPECT_GT(refused, count / 200);
    EXPECT_LT(refused, count / 5);
    for (const Path path : paths_here()) {
      SCOPED_TRACE("path " + std::to_string(static_cast<int>(path)));
      Outcome other(count);
      EXPECT_EQ(evaluate(model, batch.columns(), other.columns(), path), refused);
      expect_same(first, other);
    }
  }
}

TEST(GreeksPaths, ImpliedVolatilitiesAreTheSameOnEveryPath) {
  constexpr std::size_t count = 50'003;
  for (const Model model : {Model::spot, Model::forward}) {
    const auto batch = batch_of(count, seed + 2 + static_cast<std::uint64_t>(model));
    Outcome priced(count);
    evaluate(model, batch.columns(), priced.columns());
    auto price = priced.value;
    Random random(seed);
    for (auto& p : price)
      if (random.one_in(10)) p *= random.uniform(0.5, 1.5);
    std::vector<double> first(count), other(count);
    std::vector<Refusal> first_refusal(count), other_refusal(count);
    const auto refused = implied_volatility(model, batch.columns(), price, first, first_refusal, Path::portable);
    EXPECT_LT(refused, count / 2);
    for (const Path path : paths_here()) {
      EXPECT_EQ(implied_volatility(model, batch.columns(), price, other, other_refusal, path), refused);
      EXPECT_TRUE(same_bits(first, other));
      EXPECT_TRUE(first_refusal == other_refusal);
    }
  }
}

TEST(GreeksPaths, NeitherPlaceNorNeighboursMatter) {
  const auto batch = batch_of(67, seed + 4);
  for (const Path path : paths_here()) {
    for (std::size_t count = 0; count <= 33; ++count) {
      const std::size_t from = count;  // another alignment each time
      Outcome part(count);
      const auto refused = evaluate(Model::spot, batch.columns(from, count), part.columns(), path);
      std::size_t counted = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto alone = evaluate(Model::spot, batch.at(from + i));
        EXPECT_EQ(part.refusal[i], alone ? Refusal::none : alone.error());
        EXPECT_EQ(part.at(i), alone ? *alone : Greeks{});
        if (!alone) ++counted;
      }
      EXPECT_EQ(refused, counted);
    }
  }
}

TEST(GreeksPaths, SoftwareFmaIsTheHardwares) {
  if (!runs_here(Path::fma)) GTEST_SKIP() << "this CPU has no fused multiply-add to compare with";
  Random random(seed + 5);
  const auto check = [](double a, double b, double c) {
    const double want = std::fma(a, b, c), got = soft_fma(a, b, c);
    if (std::isnan(want)) return std::isnan(got);
    return std::bit_cast<std::uint64_t>(want) == std::bit_cast<std::uint64_t>(got);
  };
  for (int i = 0; i < 1'000'000; ++i) {
    const auto a = std::bit_cast<double>(random.bits()), b = std::bit_cast<double>(random.bits());
    double c = std::bit_cast<double>(random.bits());
    ASSERT_TRUE(check(a, b, c)) << std::hexfloat << a << " " << b << " " << c;
    // Where it is decided: an addend near the product, near its last bits, and results near the subnormals.
    const auto scale = [](double x) { return std::clamp(std::ilogb(x), -1100, 1100); };  // of 0, inf and NaN: an edge
    const int shift = static_cast<int>(random.bits() % 240) - 120;
    c = std::ldexp(random.uniform(-2, 2), std::clamp(scale(a) + scale(b) + shift, -1100, 1100));
    ASSERT_TRUE(check(a, b, c)) << std::hexfloat << a << " " << b << " " << c;
    const double x = std::ldexp(random.uniform(-2, 2), -500), y = std::ldexp(random.uniform(-2, 2), -540);
    c = std::ldexp(random.uniform(-2, 2), -1000 - static_cast<int>(random.bits() % 90));
    ASSERT_TRUE(check(x, y, c)) << std::hexfloat << x << " " << y << " " << c;
    // Exact cancellation and ties: few bits each.
    const double p = std::ldexp(static_cast<double>(random.bits() % 64) - 32, static_cast<int>(random.bits() % 60));
    const double q = static_cast<double>(random.bits() % 64) - 32;
    c = std::ldexp(static_cast<double>(random.bits() % 4096) - 2048, static_cast<int>(random.bits() % 60));
    ASSERT_TRUE(check(p, q, c) && check(p, q, -p * q)) << std::hexfloat << p << " " << q << " " << c;
  }
}

}  // namespace
}  // namespace lockstep::mirror::greeks
