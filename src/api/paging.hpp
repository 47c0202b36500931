#pragma once
// Query values with a range.
#include <charconv>
#include <cstdint>
#include <optional>

#include "api/http.hpp"

namespace lockstep::api {

/// `fallback` if the key is absent; nothing if its value is not a decimal number in [low, high].
inline std::optional<std::uint64_t> number_in_query(const Request& request, const std::string& key,
                                                    std::uint64_t fallback, std::uint64_t low, std::uint64_t high) {
  const auto at = request.query.find(key);
  if (at == request.query.end()) return fallback;
  std::uint64_t value = 0;
  const char* last = at->second.data() + at->second.size();
  const auto [end, error] = std::from_chars(at->second.data(), last, value);
  if (error != std::errc{} || end != last || value < low || value > high) return std::nullopt;
  return value;
}

}  // namespace lockstep::api
