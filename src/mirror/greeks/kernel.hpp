#pragma once
// Value and Greeks of European options, one source for every instruction set.
//
// With A, B the discounted underlying and strike, s = volatility sqrt(years), h = ln(A / B) / s, t = s / 2, and
// u = t - |h|, w = -t - |h|: A n(d1) = B n(d2) = min(A, B) n(u), and the option that is out of the money is worth
// min(A, B) (N(u) - n(u) m(-w)) with Mills' ratio m(a) = N(-a) / n(a). So one density and two ratios give all, without
// the cancellation of A N(d1) - B N(d2) far out of the money; the option in the money follows by parity.
#include "mirror/greeks/batch.hpp"
#include "mirror/greeks/elementary.hpp"

namespace lockstep::mirror::greeks {

template <class Lanes, bool on_forward>
class Pricing : Elementary<Lanes> {
  using Base = Elementary<Lanes>;
  using Base::abs, Base::exp, Base::larger, Base::log_ratio, Base::mills, Base::smaller, Base::splat;
  using Number = typename Lanes::Number;
  using Mask = typename Lanes::Mask;

 public:
  static std::size_t run(const InputColumns& in, const OutputColumns& out, std::size_t count) {
    std::size_t at = 0, refused = 0;
    for (; at + Lanes::count <= count; at += Lanes::count) refused += block(in, out, at);
    if constexpr (Lanes::count > 1)
      if (at < count) refused += remainder(in, out, at, count - at);
    return refused;
  }

  struct Terms {
    Number underlying, strike, years, volatility, rate, yield;
    Mask is_put;
  };
  /// What does not depend on the volatility.
  struct Forward {
    Number asset, bond;    // discounted underlying and strike
    Number lesser, ratio;  // min(asset, bond), ln(asset / bond)
    Mask is_low;           // ln(asset / bond) <= 0: the call is out of the money
    Mask is_otm;
    Number intrinsic;  // max(± (asset - bond), 0)
  };
  struct Shape {
    Number root_years, deviation, per_deviation;  // sqrt(years), s, and 1 / s, or 0
    Number density;                               // n(u)
    Number near, near_rest, far;                  // N(u), N(-u), n(u) m(-w)
    Number otm, otm_rest;                         // N(u) - n(u) m(-w), and 1 minus it
    Number distance;                              // |h|
  };

  static Terms load(const InputColumns& in, std::size_t at) {
    const Number rate = Lanes::load(in.rate + at);
    return {Lanes::load(in.underlying + at),
            Lanes::load(in.strike + at),
            Lanes::load(in.years + at),
            Lanes::load(in.volatility + at),
            rate,
            on_forward ? rate : Lanes::load(in.yield + at),
            Lanes::load_nonzero(in.is_put + at)};
  }

  static Mask inside(Number x, double low, double high) {
    return Lanes::both(Lanes::less_equal(splat(low), x), Lanes::less_equal(x, splat(high)));
  }
  static Mask inside_or_zero(Number x, double low, double high) {
    return Lanes::either(inside(x, low, high), Lanes::equal(x, splat(0)));
  }
  static Mask priceable(const Terms& o) {
    using D = Domain;
    Mask ok = Lanes::both(inside(o.underlying, D::least_price, D::most_price),
                          inside(o.strike, D::least_price, D::most_price));
    ok = Lanes::both(ok, inside_or_zero(o.years, D::least_years, D::most_years));
    ok = Lanes::both(ok, Lanes::less_equal(abs(o.rate), splat(D::most_rate)));
    ok = Lanes::both(ok, Lanes::less_equal(abs(o.rate * o.years), splat(D::carry)));
    if constexpr (!on_forward) {
      ok = Lanes::both(ok, Lanes::less_equal(abs(o.yield), splat(D::most_rate)));
      ok = Lanes::both(ok, Lanes::less_equal(abs(o.yield * o.years), splat(D::carry)));
    }
    return ok;
  }
  static Mask volatile_enough(Number volatility) {
    return inside_or_zero(volatility, Domain::least_volatility, Domain::most_volatility);
  }
  /// A harmless option where the mask says no, so that no lane computes with what was refused.
  static Terms tamed(const Terms& o, Mask ok) {
    return {Lanes::select(ok, o.underlying, splat(1)),
            Lanes::select(ok, o.strike, splat(1)),
            Lanes::select(ok, o.years, splat(1)),
            Lanes::select(ok, o.volatility, splat(1)),
            Lanes::select(ok, o.rate, splat(0)),
            Lanes::select(ok, o.yield, splat(0)),
            o.is_put};
  }

  static Forward forward(const Terms& o) {
    Forward f;
    const Number carried = o.rate * o.years;
    const Number discount = exp(-carried, Lanes::fma(-o.rate, o.years, carried));
    f.bond = o.strike * discount;
    f.ratio = log_ratio(o.underlying, o.strike);
    Number gain;
    if constexpr (on_forward) {
      f.asset = o.underlying * discount;
      gain = (o.underlying - o.strike) * discount;
    } else {
      const Number paid = o.yield * o.years;
      const Number kept = exp(-paid, Lanes::fma(-o.yield, o.years, paid));
      f.asset = o.underlying * kept;
      f.ratio = Lanes::fma(o.rate - o.yield, o.years, f.ratio);
      gain = Lanes::fma(o.underlying, kept, -f.bond);
    }
    f.is_low = Lanes::less_equal(f.ratio, splat(0));
    f.is_otm = Lanes::differ(f.is_low, o.is_put);
    f.lesser = Lanes::select(f.is_low, f.asset, f.bond);
    f.intrinsic = larger(Lanes::select(o.is_put, -gain, gain), splat(0));
    return f;
  }

  static Shape shape(Number ratio, Number root_years, Number volatility) {
    Shape p;
    p.root_years = root_years;
    p.deviation = volatility * root_years;
    const Mask moves = Lanes::less(splat(0), p.deviation);
    p.per_deviation = Lanes::select(moves, splat(1) / Lanes::select(moves, p.deviation, splat(1)), splat(0));
    const Number distance = abs(ratio);
    // A quotient by multiplication with the reciprocal, corrected by its residual. Without deviation: infinitely far.
    Number h = distance * p.per_deviation;
    h = Lanes::fma(Lanes::fma(-h, p.deviation, distance), p.per_deviation, h);
    h = Lanes::select(Lanes::either(moves, Lanes::equal(distance, splat(0))), h, splat(1e9));
    const Number u = Lanes::fma(p.deviation, splat(0.5), -h), w = Lanes::fma(p.deviation, splat(0.5), h);
    const Mask is_above = Lanes::less(splat(0), u);
    const Number square = u * u;
    p.density = exp(square * -0.5, Lanes::fma(u, u, -square) * -0.5) * polynomials::inverse_sqrt_2pi;
    const Number tail_u = mills(abs(u)), tail_w = mills(w);
    // At the money without deviation exactly one half, as the limit is defined.
    const Number smaller_side = Lanes::select(Lanes::equal(u, splat(0)), splat(0.5), p.density * tail_u);
    const Number larger_side = splat(1) - smaller_side;
    p.near = Lanes::select(is_above, larger_side, smaller_side);
    p.near_rest = Lanes::select(is_above, smaller_side, larger_side);
    p.far = p.density * tail_w;
    const Number between = Lanes::select(is_above, -tail_u, tail_u) - tail_w;
    const Number whole = Lanes::select(is_above, splat(1), splat(0));
    p.otm = larger(Lanes::fma(p.density, between, whole), splat(0));
    p.otm_rest = Lanes::fma(-p.density, between, Lanes::select(is_above, splat(0), splat(1)));
    p.distance = h;
    return p;
  }

 private:
  static std::size_t block(const InputColumns& in, const OutputColumns& out, std::size_t at) {
    const Terms raw = load(in, at);
    const Mask ok = Lanes::both(priceable(raw), volatile_enough(raw.volatility));
    const Terms o = tamed(raw, ok);
    const Forward f = forward(o);
    const Shape p = shape(f.ratio, Lanes::sqrt(o.years), o.volatility);

    const Number weight = f.lesser * p.density;  // A n(d1) = B n(d2)
    const Number greater = Lanes::select(f.is_low, f.bond, f.asset);
    const Number far_otm = f.lesser * p.far;
    const Number near = f.lesser * Lanes::select(f.is_otm, p.near, p.near_rest);
    const Number far = Lanes::select(f.is_otm, far_otm, greater - far_otm);
    const Number sign = Lanes::select(o.is_put, splat(-1), splat(1));
    const Number asset_leg = Lanes::select(f.is_low, near, far) * sign;  // ± A N(± d1)
    const Number bond_leg = Lanes::select(f.is_low, far, near) * sign;   // ± B N(± d2)
    const Number per_underlying = splat(1) / o.underlying;

    const Number value = Lanes::fma(f.lesser, p.otm, Lanes::select(f.is_otm, splat(0), f.intrinsic));
    const Number decay = weight * (o.volatility * (o.volatility * p.per_deviation)) * -0.5;
    const Number carry = Lanes::fma(o.yield, asset_leg, -(o.rate * bond_leg));
    const auto put = [&](double* column, Number x) { Lanes::store(column + at, Lanes::select(ok, x, splat(0))); };
    put(out.value, value);
    const Number delta = asset_leg * per_underlying;
    put(out.delta, Lanes::fma(Lanes::fma(-delta, o.underlying, asset_leg), per_underlying, delta));
    put(out.gamma, weight * per_underlying * per_underlying * p.per_deviation);
    put(out.vega, weight * p.root_years);
    put(out.theta, decay + carry);
    put(out.rho, on_forward ? -(o.years * value) : o.years * bond_leg);
    const unsigned refused = ~Lanes::bits(ok) & ((1U << Lanes::count) - 1);
    Base::store_flags(out.is_refused + at, refused);
    return static_cast<std::size_t>(__builtin_popcount(refused));
  }

  /// The last few, in a block filled up with options that are refused.
  static std::size_t remainder(const InputColumns& in, const OutputColumns& out, std::size_t at, std::size_t count) {
    constexpr std::size_t width = Lanes::count;
    double columns[6][width] = {}, results[6][width];
    std::uint8_t is_put[width], is_refused[width];
    const double* const from[6] = {in.underlying, in.strike, in.years, in.volatility, in.rate, in.yield};
    for (std::size_t c = 0; c < (on_forward ? 5 : 6); ++c)
      for (std::size_t lane = 0; lane < width; ++lane) columns[c][lane] = lane < count ? from[c][at + lane] : 0;
    for (std::size_t lane = 0; lane < width; ++lane) is_put[lane] = lane < count ? in.is_put[at + lane] : 0;
    const std::size_t refused =
        block({columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], is_put},
              {results[0], results[1], results[2], results[3], results[4], results[5], is_refused}, 0);
    double* const to[6] = {out.value, out.delta, out.gamma, out.vega, out.theta, out.rho};
    for (std::size_t c = 0; c < 6; ++c)
      for (std::size_t lane = 0; lane < count; ++lane) to[c][at + lane] = results[c][lane];
    for (std::size_t lane = 0; lane < count; ++lane) out.is_refused[at + lane] = is_refused[lane];
    return refused - (width - count);
  }
};

}  // namespace lockstep::mirror::greeks
