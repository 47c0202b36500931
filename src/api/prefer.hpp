#pragma once
// The one preference we honour: how long a client would have its answer held back while there is nothing new (RFC 7240,
// section 4.3).
#include <chrono>
#include <optional>
#include <string_view>

namespace lockstep::api {

inline constexpr std::chrono::seconds longest_wait{25};  // shorter than what proxies give up after

/// Of a Prefer header: `wait` in seconds, at most longest_wait. Nothing if it is absent, 0 or not a number: a
/// preference that makes no sense is ignored, and of two the first counts.
std::optional<std::chrono::seconds> preferred_wait(std::string_view prefer);

}  // namespace lockstep::api
