#pragma once
// Implied volatility on lanes: Halley steps inside a shrinking bracket, on a transformed price in which they converge
// fast everywhere. With b(s) the out-of-the-money price over min(A, B), as in kernel.hpp:
//   below the inflection of b, at s = sqrt(2 |ln A/B|):  1 / ln b   (behaves like -2 s^2 / ln^2(A/B))
//   above it:                                            ln(1 - b)  (behaves like -s^2 / 8)
// A lane that has converged no longer moves, so that a result does not depend on its neighbours.
#include "mirror/greeks/kernel.hpp"

namespace lockstep::mirror::greeks {

template <class Lanes, bool on_forward>
class Implied : Elementary<Lanes> {
  using Base = Elementary<Lanes>;
  using Base::abs, Base::larger, Base::log_ratio, Base::smaller, Base::splat;
  using Price = Pricing<Lanes, on_forward>;
  using Number = typename Lanes::Number;
  using Mask = typename Lanes::Mask;
  static constexpr int most_steps = 40;
  static constexpr double converged = 0x1p-26;     // relative step; the next would be below an ulp
  static constexpr double least_price = 0x1p-960;  // over min(A, B); below it densities vanish

 public:
  static void run(const InputColumns& in, const double* price, double* volatility, double* refusal, std::size_t count) {
    std::size_t at = 0;
    for (; at + Lanes::count <= count; at += Lanes::count) block(in, price, volatility, refusal, at);
    if constexpr (Lanes::count > 1)
      if (at < count) remainder(in, price, volatility, refusal, at, count - at);
  }

 private:
  struct Target {
    Number ratio;      // ln(A / B)
    Number price;      // b
    Number log_price;  // of b below the inflection, of 1 - b above it
    Mask is_low;
  };

  static Target target(Number ratio, Number price, Number inflection) {
    Target t{ratio, price, {}, {}};
    t.is_low = Lanes::less(price, Price::shape(ratio, splat(1), inflection).otm);
    t.log_price = log_ratio(larger(Lanes::select(t.is_low, price, splat(1) - price), splat(least_price)), splat(1));
    return t;
  }

  /// Halley's step from `deviation`, where the price is `here`.
  static Number step(const Target& t, Number deviation, const typename Price::Shape& here) {
    const Number part = larger(Lanes::select(t.is_low, here.otm, here.otm_rest), splat(least_price));
    const Number log = log_ratio(part, splat(1));
    const Number slope = larger(here.density, splat(least_price));
    const Number ease = part / slope;
    const Number off = log - t.log_price;
    // 1 / ln b: -ln b (ln b - ln beta) / ln beta * b / b'; ln(1 - b): (ln(1 - b) - ln(1 - beta)) (1 - b) / b'.
    const Number newton = Lanes::select(t.is_low, -(log / t.log_price), splat(1)) * off * ease;
    const Number bend = here.distance * (here.distance * here.per_deviation) - deviation * 0.25;  // b'' / b'
    const Number curve = Lanes::select(t.is_low, -(splat(1) + splat(2) / log), splat(1)) / ease + bend;
    const Number damping = splat(1) + newton * curve * 0.5;
    return newton / larger(damping, splat(0.5));
  }

  static Number solve(const Target& t, Number low, Number high, Number start, Mask active) {
    Number deviation = larger(smaller(start, high), low);
    for (int i = 0; i < most_steps && Lanes::bits(active) != 0; ++i) {
      const auto here = Price::shape(t.ratio, splat(1), deviation);
      const Mask is_short = Lanes::less(here.otm, t.price);
      low = Lanes::select(Lanes::both(active, is_short), deviation, low);
      high = Lanes::select(Lanes::both(active, Lanes::less(t.price, here.otm)), deviation, high);
      const Number wanted = deviation + step(t, deviation, here);
      // Where the density vanished a step means nothing. Then, and where one leads out: the middle, by ratio.
      const Mask fits = Lanes::both(Lanes::less(splat(least_price), here.density),
                                    Lanes::both(Lanes::less_equal(low, wanted), Lanes::less_equal(wanted, high)));
      const Number next = Lanes::select(fits, wanted, Lanes::sqrt(low * high));
      const Number moved = abs(next - deviation);
      const Mask goes_on = Lanes::less(deviation * converged, moved);
      deviation = Lanes::select(active, next, deviation);
      active = Lanes::both(active, goes_on);
    }
    return deviation;
  }

  static void block(const InputColumns& in, const double* price, double* volatility, double* refusal, std::size_t at) {
    InputColumns known = in;
    known.volatility = in.years;  // not read
    auto raw = Price::load(known, at);
    const Number zero = splat(0), quoted = Lanes::load(price + at);
    const Mask priceable = Lanes::both(Price::priceable(raw), Lanes::less(zero, raw.years));
    raw.volatility = splat(1);
    const auto o = Price::tamed(raw, priceable);
    const auto f = Price::forward(o);
    const Mask in_money = Lanes::differ(f.is_otm, Lanes::equal(zero, zero));
    const Number time_value = quoted - Lanes::select(in_money, f.intrinsic, zero);
    const Number most = Lanes::select(o.is_put, f.bond, f.asset);
    const Mask above_least = Lanes::less_equal(zero, time_value), below_most = Lanes::less(quoted, most);
    Mask ok = Lanes::both(Lanes::both(priceable, above_least), below_most);
    const Mask is_zero = Lanes::equal(time_value, zero);

    const Number share = Lanes::select(ok, time_value / f.lesser, splat(0.5));
    const Number root_years = Lanes::sqrt(o.years);
    const Number least = root_years * Domain::least_volatility, high = root_years * Domain::most_volatility;
    const auto price_at = [&](Number deviation) { return Price::shape(f.ratio, splat(1), deviation).otm; };
    const Mask reachable =
        Lanes::both(Lanes::less_equal(price_at(least), share), Lanes::less_equal(share, price_at(high)));
    const Mask told = Lanes::less(splat(least_price), share);
    // 40 deviations away nothing is worth anything, unless s itself is large.
    const Number distance = abs(f.ratio), far = larger(distance * 0.025, least);
    const Number low = Lanes::select(Lanes::less_equal(price_at(far), share), far, least);
    const Number inflection = larger(Lanes::sqrt(distance + distance), low);
    const Target t = target(f.ratio, share, inflection);
    // Below, the leading term of the asymptotic; above, the slope at the money, sqrt(2 pi).
    const Number start = Lanes::select(t.is_low, smaller(distance * Lanes::sqrt(splat(-0.5) / t.log_price), inflection),
                                       larger(inflection, share * 2.5066282746310002));
    const Mask searched = Lanes::both(Lanes::both(Lanes::both(ok, reachable), told), Lanes::less(zero, time_value));
    const Number found = solve(t, low, high, start, searched) / root_years;
    const Number bounded = larger(smaller(found, splat(Domain::most_volatility)), splat(Domain::least_volatility));
    Lanes::store(volatility + at, Lanes::select(searched, bounded, zero));

    const Number none = splat(ImpliedCode::found), out = splat(ImpliedCode::out_of_domain);
    Number code = Lanes::select(Lanes::either(searched, Lanes::both(ok, is_zero)), none, out);
    code = Lanes::select(below_most, code, splat(ImpliedCode::above));
    code = Lanes::select(above_least, code, splat(ImpliedCode::below));
    code = Lanes::select(priceable, code, splat(ImpliedCode::terms));
    Lanes::store(refusal + at, code);
  }

  static void remainder(const InputColumns& in, const double* price, double* volatility, double* refusal,
                        std::size_t at, std::size_t count) {
    constexpr std::size_t width = Lanes::count;
    double columns[6][width] = {}, found[width];
    double refused[width];
    std::uint8_t is_put[width];
    const double* const from[6] = {in.underlying, in.strike, in.years, price, in.rate, in.yield};
    for (std::size_t c = 0; c < (on_forward ? 5 : 6); ++c)
      for (std::size_t lane = 0; lane < width; ++lane) columns[c][lane] = lane < count ? from[c][at + lane] : 0;
    for (std::size_t lane = 0; lane < width; ++lane) is_put[lane] = lane < count ? in.is_put[at + lane] : 0;
    block({columns[0], columns[1], columns[2], nullptr, columns[4], columns[5], is_put}, columns[3], found, refused, 0);
    for (std::size_t lane = 0; lane < count; ++lane) {
      volatility[at + lane] = found[lane];
      refusal[at + lane] = refused[lane];
    }
  }
};

}  // namespace lockstep::mirror::greeks
