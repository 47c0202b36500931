#include "api/prefer.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lockstep::api {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_wait(std::string_view name) {
  constexpr std::string_view wanted = "wait";
  return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return static_cast<char>(std::tolower(static_cast<unsigned char>(a))) == b; });
}

}  // namespace

std::optional<std::chrono::seconds> preferred_wait(std::string_view prefer) {
  while (!prefer.empty()) {
    const auto item = prefer.substr(0, prefer.find(','));
    prefer.remove_prefix(std::min(prefer.size(), item.size() + 1));
    const auto preference = item.substr(0, item.find(';'));
    const auto equals = preference.find('=');
    if (equals == std::string_view::npos || !is_wait(trimmed(preference.substr(0, equals)))) continue;
    auto value = trimmed(preference.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    std::uint32_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{} || end != value.data() + value.size() || seconds == 0) return std::nullopt;
    return std::min(std::chrono::seconds(seconds), longest_wait);
  }
  return std::nullopt;
}

}  // namespace lockstep::api
