#include "adapters/evm/jcs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace lockstep::evm {
namespace {

using nlohmann::json;

constexpr std::int64_t max_safe_integer = (std::int64_t{1} << 53) - 1;

/// UTF-8 to UTF-16 code units (RFC 8785 §3.2.3 sorts by these); nothing if the text is not valid UTF-8 (RFC 3629).
std::optional<std::u16string> utf16(const std::string& text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + length > text.size()) return std::nullopt;
    char32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80U) return std::nullopt;
      point = (point << 6) | (next & 0x3fU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    if (point < 0x10000) {
      out.push_back(static_cast<char16_t>(point));
    } else {
      out.push_back(static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
    }
    i += length;
  }
  return out;
}

void write_string(std::string& out, const std::string& text) {
  constexpr const char* digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (byte < 0x20) {
          out += "\\u00";
          out += digits[byte >> 4];
          out += digits[byte & 0xf];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

Result<void> write(std::string& out, const json& value);

Result<void> write_object(std::string& out, const json& value) {
  std::vector<std::pair<std::u16string, const std::string*>> keys;
  for (const auto& [key, member] : value.items()) {
    auto units = utf16(key);
    if (!units) return fail("text is not UTF-8", {}, "a member name of the document");
    keys.emplace_back(std::move(*units), &value.find(key).key());
  }
  std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  for (const auto& [units, key] : keys) {
    if (out.back() != '{') out += ',';
    write_string(out, *key);
    out += ':';
    if (auto done = write(out, value.at(*key)); !done) return done;
  }
  out += '}';
  return {};
}

Result<void> write_array(std::string& out, const json& value) {
  out += '[';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i != 0) out += ',';
    if (auto done = write(out, value[i]); !done) return done;
  }
  out += ']';
  return {};
}

Result<void> write(std::string& out, const json& value) {
  if (value.is_object()) return write_object(out, value);
  if (value.is_array()) return write_array(out, value);
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!utf16(text)) return fail("text is not UTF-8", {}, "a string of the document");
    write_string(out, text);
    return {};
  }
  if (value.is_boolean()) {
    out += value.get<bool>() ? "true" : "false";
    return {};
  }
  if (value.is_null()) {
    out += "null";
    return {};
  }
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(max_safe_integer)) {
    out += std::to_string(value.get<std::uint64_t>());
    return {};
  }
  if (value.is_number_integer() && !value.is_number_unsigned() && value.get<std::int64_t>() >= -max_safe_integer &&
      value.get<std::int64_t>() <= max_safe_integer) {
    out += std::to_string(value.get<std::int64_t>());
    return {};
  }
  return fail("number " + value.dump() + " has no canonical text here", {}, "not an integer within ±(2^53 - 1)",
              "write it as a string");
}

}  // namespace

Result<std::string> canonical_json(const json& value) {
  std::string out;
  if (auto done = write(out, value); !done) return std::unexpected(done.error());
  return out;
}

}  // namespace lockstep::evm
