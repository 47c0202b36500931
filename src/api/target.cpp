#include "api/target.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace lockstep::api {
namespace {

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      unsigned value = 0;
      if (text.size() - i < 3) return std::nullopt;
      const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      if (error != std::errc{} || end != text.data() + i + 3) return std::nullopt;
      if (value < 0x20 || value == 0x7f || (value == '/' && !plus_is_space)) return std::nullopt;
      out += static_cast<char>(value);
      i += 2;
    }
  }
  return out;
}

bool all_digits_and_dots(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  Target out;
  const auto mark = target.find('?');
  const auto path = decode(target.substr(0, mark), false);
  if (!path) return std::nullopt;
  out.path = *path;
  auto rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto key = decode(pair.substr(0, equals), true);
    const auto value = decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!key || !value || !out.query.try_emplace(*key, *value).second) return std::nullopt;
  }
  return out;
}

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    out.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  if (out.size() == 1 && out[0].empty()) out.clear();
  return out;
}

bool host_allowed(std::string_view host, const std::vector<std::string>& names) {
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  const auto colon = name.rfind(':');
  const auto bracket = name.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const auto port = std::string_view(name).substr(colon + 1);
    if (port.empty() || !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    name.resize(colon);
  }
  if (name == "localhost" || name == "[::1]") return true;
  if (name.starts_with("127.") && all_digits_and_dots(name) && std::count(name.begin(), name.end(), '.') == 3)
    return true;
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace lockstep::api
