#!/usr/bin/env python3
"""Writes portfolio.csv beside itself: what the accounts of tests/unit/mirror/portfolio_test.cpp hold, added up with 50 digits.

    pip install mpmath && tests/golden/greeks/portfolio.py

Shares nothing with the program: formulas of Black and Scholes 1973 and Black 1976 with mpmath, sums in the order of holdings. Values are written with
25 digits; the program rounds each Greek of one contract to an integer of its scale before it adds.
"""
from pathlib import Path

from mpmath import erfc, exp, log, mp, mpf, nstr, pi, sqrt

mp.dps = 50
YEAR = 365 * 86400


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def option(is_put, forward, spot, strike, seconds, volatility, rate):
    """value, delta, gamma, vega, theta, rho; on the forward if there is one."""
    T, s = mpf(seconds) / YEAR, mpf(volatility)
    F, growth = (mpf(forward), mpf(0)) if forward else (mpf(spot), mpf(rate))
    D, root = exp(-mpf(rate) * T), sqrt(mpf(seconds) / YEAR)
    d1 = (log(F / strike) + (growth + s * s / 2) * T) / (s * root)
    d2 = d1 - s * root
    w = -1 if is_put else 1
    S = D * F if forward else F  # what multiplies N(d1)
    slope = D if forward else mpf(1)
    value = w * (S * cdf(w * d1) - strike * D * cdf(w * d2))
    delta = w * slope * cdf(w * d1)
    gamma = slope * density(d1) / (F * s * root)
    vega = S * density(d1) * root
    decay = -S * density(d1) * s / (2 * root)
    if forward:
        theta, rho = decay + rate * value, -T * value
    else:
        theta, rho = decay - w * rate * strike * D * cdf(w * d2), w * strike * T * D * cdf(w * d2)
    return [value, delta, gamma, vega, theta, rho]


def linear(price, moves=1):
    return [mpf(price), mpf(moves), mpf(0), mpf(0), mpf(0), mpf(0)]


AT, SPOT = 1_800_000_000, 2_000_000_000
one = {
    1: linear(SPOT),
    2: option(False, None, SPOT, 2_100_000_000, 30 * 86400, mpf("0.65"), mpf("0.04")),
    3: option(True, 2_010_000_000, SPOT, 1_900_000_000, 7 * 86400, mpf("0.8"), mpf("0.03")),
    4: linear(2_015_000_000),
    5: option(False, None, 50_000, 45_000, 90 * 86400, mpf("1.2"), mpf("0")),
}
# account, underlying, [(market, lots, unit, quote)]
held = [
    (1, 1, [(1, 3, 1, -3 * 1_990_000_000), (2, 2_500_000, 1_000_000, 0), (3, -1_000_000, 1_000_000, 0)]),
    (1, 6, [(5, -7, 1, 0)]),
    (2, 1, [(1, -3, 1, 3 * 1_990_000_000), (2, -2_500_000, 1_000_000, 0), (3, 1_000_000, 1_000_000, 0), (4, 4, 1, -4 * 2_020_000_000)]),
    (2, 6, [(5, 7, 1, 0)]),
    (3, 1, [(4, -4, 1, 4 * 2_020_000_000)]),
]
lines = ["# Written by portfolio.py with mpmath 1.3.0: account, underlying, value, delta, gamma, vega, theta, rho"]
for account, underlying, holdings in held:
    sums = [mpf(0)] * 6
    for market, lots, unit, quote in holdings:
        sums = [a + mpf(lots) / unit * b for a, b in zip(sums, one[market])]
        sums[0] += quote
    lines.append(",".join([str(account), str(underlying)] + [nstr(x, 25) for x in sums]))
Path(__file__).with_name("portfolio.csv").write_text("\n".join(lines) + "\n")
