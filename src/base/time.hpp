#pragma once
// Times. Decisions use chain time (block timestamps, seconds since 1970 UTC); local clocks only pace retries.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

using UnixSeconds = std::uint64_t;

std::string to_rfc3339(UnixSeconds time);                              // "2026-12-01T14:00:00Z"
std::optional<UnixSeconds> parse_rfc3339(std::string_view text);       // UTC or a numeric offset; no fraction
std::optional<std::uint64_t> parse_duration_s(std::string_view text);  // "90s", "30m", "2h", "1d"; nothing else

}  // namespace lockstep
