#pragma once
// The border between the mirror's integers and real numbers. Both directions round once, to nearest, ties to even, so a
// Greek of integer terms is one definite integer.
#include <optional>

#include "mirror/value.hpp"

namespace lockstep::mirror::greeks {

inline constexpr Int most_scale = 1'000'000'000'000'000'000;  // 10^18

/// The double nearest to value / scale. 1 <= scale <= most_scale.
double to_real(Int value, Int scale);

/// The integer nearest to value x scale; nothing for NaN, infinities and what an Int cannot hold.
std::optional<Int> to_fixed(double value, Int scale);

}  // namespace lockstep::mirror::greeks
