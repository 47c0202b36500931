#!/usr/bin/env python3
"""Writes src/mirror/greeks/polynomials.hpp: Chebyshev interpolants of three smooth functions, computed with 60 digits.

    pip install mpmath && tests/golden/greeks/polynomials.py > src/mirror/greeks/polynomials.hpp

Each is the interpolant at Chebyshev nodes (within a small factor of the best polynomial), turned into powers of the
variable and rounded once to double. Printed to stderr: the largest error of the rounded polynomial in exact arithmetic.
"""
import sys
from mpmath import mp, mpf, cos, pi, exp, sqrt, erfc, atanh

mp.dps = 60
MILLS_SHIFT, MILLS_END = mpf('2.5'), mpf(43)


def chebyshev(function, degree, low, high):
    """Coefficients in powers of x of the interpolant on [low, high]."""
    nodes = [cos(pi * (2 * k + 1) / (2 * (degree + 1))) for k in range(degree + 1)]
    mid, half = (low + high) / 2, (high - low) / 2
    values = [function(mid + half * node) for node in nodes]
    weights = [2 * sum(v * cos(j * pi * (2 * k + 1) / (2 * (degree + 1))) for k, v in enumerate(values)) / (degree + 1)
               for j in range(degree + 1)]
    weights[0] /= 2
    # Chebyshev polynomials in powers of u, then u = (x - mid) / half.
    before, now, powers = [mpf(1)], [mpf(0), mpf(1)], [mpf(0)] * (degree + 1)
    for j, weight in enumerate(weights):
        basis = before if j == 0 else now
        for power, c in enumerate(basis):
            powers[power] += weight * c
        if j > 0:
            after = [mpf(0)] + [2 * c for c in now]
            for power, c in enumerate(before):
                after[power] -= c
            before, now = now, after
    shifted = [mpf(0)]
    for c in reversed(powers):
        product = [mpf(0)] * (len(shifted) + 1)
        for power, s in enumerate(shifted):
            product[power] += s * (-mid / half)
            product[power + 1] += s / half
        product[0] += c
        shifted = product
    return [float(c) for c in shifted[:degree + 1]]


def worst(function, coefficients, low, high):
    error = mpf(0)
    for k in range(2001):
        x = low + (high - low) * k / 2000
        value = mpf(0)
        for c in reversed(coefficients):
            value = value * x + mpf(c)
        exact = function(x)
        error = max(error, abs(value / exact - 1))
    return error


def expm1_rest(r):
    return mpf(1) / 2 + r / 6 if abs(r) < mpf(10) ** -25 else (exp(r) - 1 - r) / r ** 2


def atanh_rest(w):
    if w < mpf(10) ** -25:
        return mpf(1) / 3 + w / 5
    z = sqrt(w)
    return (atanh(z) / z - 1) / w


def mills(a):
    return sqrt(pi / 2) * exp(a * a / 2) * erfc(a / sqrt(mpf(2)))


CENTRE = (1 / MILLS_SHIFT + 1 / (MILLS_END + MILLS_SHIFT)) / 2
WIDTH = (1 / MILLS_SHIFT - 1 / (MILLS_END + MILLS_SHIFT)) / 2


def mills_scaled(y):
    v = CENTRE + WIDTH * y
    return mills(1 / v - MILLS_SHIFT) / v


def show(name, comment, function, degree, low, high):
    coefficients = chebyshev(function, degree, low, high)
    sys.stderr.write(f'{name}: degree {degree}, relative error {mp.nstr(worst(function, coefficients, low, high), 3)}\n')
    print(f'\n/// {comment}')
    print(f'inline constexpr double {name}[] = {{')
    for at in range(0, len(coefficients), 4):
        print('    ' + ', '.join(c.hex() for c in coefficients[at:at + 4]) + ',')
    print('};')


def constant(name, comment, value):
    print(f'\n/// {comment}\ninline constexpr double {name} = {float(value).hex()};')


print('''#pragma once
// Written by tests/golden/greeks/polynomials.py (mpmath, 60 digits); change that, not this. Lowest power first.

// clang-format off
namespace lockstep::mirror::greeks::polynomials {''')
LN2 = mp.log(2)
HIGH = mpf(int(LN2 * 2 ** 40)) / 2 ** 40
constant('ln2_high', 'ln 2 to 40 bits, so that its product with an exponent is exact.', HIGH)
constant('ln2_low', 'ln 2 - ln2_high', LN2 - HIGH)
constant('log2_e', 'log2(e)', 1 / LN2)
constant('inverse_sqrt_2pi', '1 / sqrt(2 pi)', 1 / sqrt(2 * pi))
constant('sqrt_2', 'sqrt(2)', sqrt(mpf(2)))
constant('mills_shift', 'v = 1 / (a + mills_shift)', MILLS_SHIFT)
constant('mills_slope', 'y = mills_slope * v + mills_offset, in [-1, 1] for a in [0, 43]', 1 / WIDTH)
constant('mills_offset', 'see mills_slope', -CENTRE / WIDTH)
show('exp_rest', '(exp(r) - 1 - r) / r^2 for |r| <= 0.347', expm1_rest, 10, mpf('-0.347'), mpf('0.347'))
show('atanh_rest', '(atanh(z) / z - 1) / w with w = z^2 <= 0.0295', atanh_rest, 8, mpf(0), mpf('0.0295'))
show('mills_rest', 'N(-a) / (n(a) v) as a polynomial in y', mills_scaled, 27, mpf(-1), mpf(1))
print('''
}  // namespace lockstep::mirror::greeks::polynomials
// clang-format on''')
