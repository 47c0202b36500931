#pragma once
// Written by tests/golden/greeks/polynomials.py (mpmath, 60 digits); change that, not this. Lowest power first.

// clang-format off
namespace lockstep::mirror::greeks::polynomials {

/// ln 2 to 40 bits, so that its product with an exponent is exact.
inline constexpr double ln2_high = 0x1.62e42fefa2000p-1;

/// ln 2 - ln2_high
inline constexpr double ln2_low = 0x1.9ef35793c7673p-41;

/// log2(e)
inline constexpr double log2_e = 0x1.71547652b82fep+0;

/// 1 / sqrt(2 pi)
inline constexpr double inverse_sqrt_2pi = 0x1.9884533d43651p-2;

/// sqrt(2)
inline constexpr double sqrt_2 = 0x1.6a09e667f3bcdp+0;

/// v = 1 / (a + mills_shift)
inline constexpr double mills_shift = 0x1.4000000000000p+1;

/// y = mills_slope * v + mills_offset, in [-1, 1] for a in [0, 43]
inline constexpr double mills_slope = 0x1.529aca6b29acap+2;

/// see mills_slope
inline constexpr double mills_offset = -0x1.1dc47711dc477p+0;

/// (exp(r) - 1 - r) / r^2 for |r| <= 0.347
inline constexpr double exp_rest[] = {
    0x1.0000000000000p-1, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.11111111100b6p-7,
    0x1.6c16c16c162bfp-10, 0x1.a01a01abfc8ddp-13, 0x1.a01a01a6e448ep-16, 0x1.71de01f07539bp-19,
    0x1.27e4db3f36203p-22, 0x1.af4e70dd7207dp-26, 0x1.1f7350a074034p-29,
};

/// (atanh(z) / z - 1) / w with w = z^2 <= 0.0295
inline constexpr double atanh_rest[] = {
    0x1.5555555555555p-2, 0x1.9999999999998p-3, 0x1.249249249296cp-3, 0x1.c71c71c649d29p-4,
    0x1.745d17d4e023ep-4, 0x1.3b137abacbd15p-4, 0x1.111d3bc7f927ap-4, 0x1.debb4432155e1p-5,
    0x1.e6d04c9e3c20ep-5,
};

/// N(-a) / (n(a) v) as a polynomial in y
inline constexpr double mills_rest[] = {
    0x1.d5014e7f563f8p+0, 0x1.0fbf0c8036e82p+0, 0x1.2a6984511cc96p-2, -0x1.bb26f61d58997p-6,
    -0x1.0358613f3c493p-5, 0x1.2a907c9f2ce89p-8, 0x1.04178e0763874p-8, -0x1.828a2188b4c7fp-10,
    -0x1.4b9d1d44bc08bp-12, 0x1.820296c2a6c17p-12, -0x1.15cc769d7877bp-14, -0x1.a49ca31d39ea9p-15,
    0x1.2b8f86739e5aap-15, -0x1.5e3702500d276p-18, -0x1.80a4e859897f4p-18, 0x1.1c136dead7d41p-18,
    -0x1.e11610b0b1743p-21, -0x1.287217e4a7b61p-21, 0x1.2850ba30783ecp-21, -0x1.be2e9a477c83cp-23,
    -0x1.c68b25b7dc1cep-28, 0x1.55df3a121ebbdp-24, -0x1.054ec01995babp-24, 0x1.195b1c38dd73bp-28,
    0x1.559fdb5ea5118p-26, -0x1.f2a3453b9fa81p-28, -0x1.393a3b74ebae5p-29, 0x1.53be0a5fba1f4p-30,
};

}  // namespace lockstep::mirror::greeks::polynomials
// clang-format on
