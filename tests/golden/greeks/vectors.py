#!/usr/bin/env python3
"""Writes vectors.csv and implied.csv beside itself: Black-Scholes and Black-76 computed with 120 digits.

    pip install mpmath QuantLib && tests/golden/greeks/vectors.py

Inputs are doubles (their shortest decimal form is written); results are exact to the 21 digits printed. A result whose
size is below 1e-300 is written as 0. QuantLib's BlackCalculator is asked the same as a second oracle, where its terms
allow; the largest differences go into the header.
"""
import math
import random
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf, erfc, exp, findroot, log, nstr, pi, sqrt

mp.dps = 120
SEED, HERE = 20261120, Path(__file__).parent


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def price(model, sign, S, K, T, vol, r, q):
    """value, delta, gamma, vega, theta, rho with the limits that mirror/greeks/greeks.hpp defines."""
    S, K, T, vol, r = map(mpf, (S, K, T, vol, r))
    q = r if model == 'forward' else mpf(q)
    A, B, root = S * exp(-q * T), K * exp(-r * T), sqrt(T)
    s, x = vol * root, log(S / K) + (r - q) * T
    if s == 0:
        step = lambda side: mpf(1) if side > 0 else mpf(0) if side < 0 else mpf(1) / 2
        n1 = n2 = step(sign * x)
        weight = A * density(0) if x == 0 else mpf(0)
        gamma = decay = mpf(0)
    else:
        d1, d2 = x / s + s / 2, x / s - s / 2
        n1, n2 = cdf(sign * d1), cdf(sign * d2)
        weight = A * density(d1)
        gamma, decay = weight / (S * S * s), -weight * vol / (2 * root)
    value = sign * (A * n1 - B * n2)
    theta = decay + sign * (q * A * n1 - r * B * n2)
    rho = -T * value if model == 'forward' else sign * T * B * n2
    return value, sign * A * n1 / S, gamma, weight * root, theta, rho


def check_derivatives(model, sign, o, exact):
    """The formulas against numerical derivatives of the value alone."""
    S, K, T, vol, r, q = map(mpf, o)
    step, near = mpf(10) ** -30, lambda a, b: abs(a - b) <= mpf(10) ** -25 * (abs(b) + mpf(10) ** -25)
    value = lambda *o: price(model, sign, *o)[0]
    first = lambda f, x: (f(x * (1 + step)) - f(x * (1 - step))) / (2 * x * step)
    assert near(first(lambda x: value(x, K, T, vol, r, q), S), exact[1])
    assert near((value(S * (1 + step), K, T, vol, r, q) - 2 * exact[0] + value(S * (1 - step), K, T, vol, r, q)) / (S * step) ** 2, exact[2])
    assert near(first(lambda x: value(S, K, T, x, r, q), vol), exact[3])
    assert near(-first(lambda x: value(S, K, x, vol, r, q), T), exact[4])
    assert near((value(S, K, T, vol, r + step, q) - value(S, K, T, vol, r - step, q)) / (2 * step), exact[5])


def text(x):
    return '0' if abs(x) < mpf(10) ** -300 else nstr(x, 21, min_fixed=-3, max_fixed=21, strip_zeros=True)


def short(value, digits=5):
    return float(f'{value:.{digits}g}')


def options(rng):
    """(S, K, T, vol, r, q) by region of the domain."""
    def rates():
        return rng.choice([(0, 0), (0, 0), (0.05, 0), (-0.02, 0.01), (0.1, 0.25), (short(rng.uniform(-1, 1)), short(rng.uniform(-1, 1)))])

    def spot():
        return short(10 ** rng.uniform(-2, 5))
    for _ in range(1200):      # what trades
        S = spot()
        yield S, short(S * rng.uniform(0.5, 2)), short(rng.uniform(0.003, 2)), short(rng.uniform(0.05, 3)), *rates()
    for _ in range(250):       # exactly at the strike, short and long
        S = spot()
        yield S, S, short(10 ** rng.uniform(-8, 2)), short(10 ** rng.uniform(-3, 1)), *rates()
    for _ in range(400):       # many deviations away, both sides, down to vanishing densities
        S, T, vol = spot(), short(10 ** rng.uniform(-3, 1)), short(10 ** rng.uniform(-2, 0.5))
        yield S, short(S * 2.718281828459045 ** max(-40, min(40, rng.uniform(-37, 37) * vol * T ** 0.5)), 7), T, vol, *rates()
    for _ in range(250):       # tiny deviations, near the strike in that measure
        S, T, vol = spot(), short(10 ** rng.uniform(-10, -3)), short(10 ** rng.uniform(-8, -1))
        yield S, float(f'{S * (1 + rng.uniform(-4, 4) * vol * T ** 0.5):.17g}'), T, vol, *rng.choice([(0, 0), (0.05, 0.02)])
    for _ in range(200):       # huge deviations and long expiries
        S = spot()
        yield S, short(S * 10 ** rng.uniform(-3, 3)), short(10 ** rng.uniform(0, 2.1)), short(10 ** rng.uniform(-1, 1.8)), \
            short(rng.uniform(-0.5, 0.5)), short(rng.uniform(-0.5, 0.5))
    for _ in range(200):       # the corners of the domain
        yield short(10 ** rng.uniform(-18, 18)), short(10 ** rng.uniform(-18, 18)), rng.choice([1e-10, 128, 1, 1e-5]), \
            rng.choice([1e-8, 64, 1, 0.3]), rng.choice([-0.5, 0, 0.5]), rng.choice([-0.5, 0, 0.5])
    for T, vol in [(0, 0.4), (0, 0), (0.5, 0), (3, 0)]:   # limits; rates 0, or signs that cannot round to the other side
        for S, K in [(100, 100), (100, 90), (90, 100), (101, 100.5)]:
            for r, q in [(0, 0), (0.03, 0.03), (0.05, 0.02)]:
                if (S, K, r == q) != (101, 100.5, False):
                    yield S, K, T, vol, r, q


def implied_points(rng):
    """(S, K, T, vol, r, q): the price is what a double holds of the value at vol; then vol is solved for that price."""
    for _ in range(400):
        S = short(10 ** rng.uniform(-2, 5))
        T, vol = short(10 ** rng.uniform(-2.5, 0.7)), short(10 ** rng.uniform(-1.3, 0.5))
        away = rng.uniform(-6, 6) * vol * T ** 0.5
        yield S, short(S * 2.718281828459045 ** away, 6), T, vol, *rng.choice([(0, 0), (0.05, 0.01), (-0.02, 0)])


def quantlib(rows):
    """Largest difference per field, over max(S, K) for the value and relative for gamma and vega, of what trades."""
    try:
        import QuantLib as ql
    except ImportError:
        sys.exit('vectors.py: QuantLib is missing: pip install QuantLib')
    worst = {'value': mpf(0), 'gamma': mpf(0), 'vega': mpf(0)}
    for model, sign, o, exact in rows:
        S, K, T, vol, r, q = map(float, o)
        if model != 'spot' or not (0.003 <= T <= 2.5 and 0.01 < vol < 4 and 0.5 <= S / K <= 2 and abs(r) <= 1 and abs(q) <= 1):
            continue
        kind = ql.Option.Call if sign > 0 else ql.Option.Put
        calculator = ql.BlackCalculator(ql.PlainVanillaPayoff(kind, K), S * math.exp((r - q) * T), vol * math.sqrt(T), math.exp(-r * T))
        worst['value'] = max(worst['value'], abs(calculator.value() - exact[0]) / max(S, K))
        if exact[2] > mpf(10) ** -12:
            worst['gamma'] = max(worst['gamma'], abs(calculator.gamma(S) / exact[2] - 1))
            worst['vega'] = max(worst['vega'], abs(calculator.vega(T) / exact[3] - 1))
    return ql.__version__, ', '.join(f'{name} {nstr(w, 2)}' for name, w in worst.items())


def number(x):
    return repr(float(x)).removesuffix('.0')


def main():
    rng = random.Random(SEED)
    rows = []
    for at, o in enumerate(options(rng)):
        model = 'forward' if at % 4 == 3 else 'spot'
        if model == 'forward':
            o = (*o[:5], 0)
        if o[0] <= 0 or o[1] <= 0 or not 1e-18 <= o[1] <= 1e18 or abs(o[4] * o[2]) > 64 or abs(o[5] * o[2]) > 64:
            continue
        sign = rng.choice([1, -1])
        rows.append((model, sign, o, price(model, sign, *o)))
    for model, sign, o, exact in rows[:300]:
        check_derivatives(model, sign, o, exact)
    version, differences = quantlib(rows)
    provenance = (f'# Written by tests/golden/greeks/vectors.py, seed {SEED}: mpmath {mpmath.__version__}, {mp.dps} digits, 21 printed.\n'
                  f'# QuantLib {version} BlackCalculator on the same, where it trades: {differences} at most.\n')
    with open(HERE / 'vectors.csv', 'w') as out:
        out.write(provenance + 'model,side,underlying,strike,years,volatility,rate,yield,value,delta,gamma,vega,theta,rho\n')
        for model, sign, o, exact in rows:
            out.write(','.join([model, 'call' if sign > 0 else 'put', *map(number, o), *map(text, exact)]) + '\n')
    written = 0
    with open(HERE / 'implied.csv', 'w') as out:
        out.write(provenance.splitlines()[0] + '\n' + 'model,side,underlying,strike,years,rate,yield,price,volatility\n')
        for at, (S, K, T, vol, r, q) in enumerate(implied_points(rng)):
            model, q = ('forward', 0) if at % 4 == 3 else ('spot', q)
            sign = rng.choice([1, -1])
            quote = float(price(model, sign, S, K, T, vol, r, q)[0])
            carried = mpf(r if model == 'forward' else q)
            least = max(mpf(0), sign * (mpf(S) * exp(-carried * T) - mpf(K) * exp(-mpf(r) * T)))
            if not quote > least * (1 + mpf(2) ** -20):   # nothing left of the volatility in a double
                continue
            aim = log(mpf(quote) - least)
            exact = findroot(lambda v: log(price(model, sign, S, K, T, v, r, q)[0] - least) - aim,
                             (mpf(vol) * (1 - mpf(10) ** -9), mpf(vol) * (1 + mpf(10) ** -9)), tol=mpf(10) ** -70)
            out.write(','.join([model, 'call' if sign > 0 else 'put', *map(number, (S, K, T, r, q, quote)), text(exact)]) + '\n')
            written += 1
    print(f'{len(rows)} options, {written} implied volatilities; QuantLib {version}: {differences}')


main()
