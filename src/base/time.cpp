#include "base/time.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace lockstep {
namespace {

// Days from civil date and back: H. Hinnant, "chrono-compatible low-level date algorithms".
std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const unsigned yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

std::optional<unsigned> number(std::string_view text, std::size_t at, std::size_t length) {
  if (at + length > text.size()) return std::nullopt;
  unsigned value = 0;
  const char* first = text.data() + at;
  const auto [end, error] = std::from_chars(first, first + length, value);
  if (error != std::errc{} || end != first + length) return std::nullopt;
  return value;
}

}  // namespace

std::string to_rfc3339(UnixSeconds time) {
  const std::int64_t days = static_cast<std::int64_t>(time / 86400) + 719468;
  const unsigned second = static_cast<unsigned>(time % 86400);
  const std::int64_t era = days / 146097;
  const unsigned doe = static_cast<unsigned>(days - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned day = doy - (153 * mp + 2) / 5 + 1;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  const long long year = static_cast<long long>(yoe) + era * 400 + (month <= 2);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04lld-%02u-%02uT%02u:%02u:%02uZ", year, month, day, second / 3600,
                second / 60 % 60, second % 60);
  return text.data();
}

std::optional<UnixSeconds> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const auto year = number(text, 0, 4), month = number(text, 5, 2), day = number(text, 8, 2);
  const auto hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (*year < 1970 || *month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  std::int64_t offset = 0;
  if (text[19] != 'Z') {
    const auto oh = number(text, 20, 2), om = number(text, 23, 2);
    if (text.size() != 25 || text[22] != ':' || (text[19] != '+' && text[19] != '-') || !oh || !om || *oh > 23 ||
        *om > 59)
      return std::nullopt;
    offset = (text[19] == '+' ? 1 : -1) * static_cast<std::int64_t>(*oh * 3600 + *om * 60);
  } else if (text.size() != 20) {
    return std::nullopt;
  }
  const std::int64_t time = days_from_civil(*year, *month, *day) * 86400 + std::int64_t{*hour} * 3600 +
                            std::int64_t{*minute} * 60 + *second - offset;
  if (time < 0) return std::nullopt;
  return static_cast<UnixSeconds>(time);
}

std::optional<std::uint64_t> parse_duration_s(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, value);
  if (error != std::errc{} || end != text.data() + text.size() - 1 || value > 1'000'000'000) return std::nullopt;
  switch (text.back()) {
    case 's':
      return value;
    case 'm':
      return value * 60;
    case 'h':
      return value * 3600;
    case 'd':
      return value * 86400;
    default:
      return std::nullopt;
  }
}

}  // namespace lockstep
