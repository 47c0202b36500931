#include "base/uint256.hpp"

namespace lockstep {

// By 64 bits at a time: a shift of 256 bits costs as much for eight of them.
Hash32 to_word(const Uint256& value) {
  Hash32 word;
  Uint256 rest = value;
  for (std::size_t end = Hash32::size; end > 0; end -= 8) {
    auto part = static_cast<std::uint64_t>(rest & ~std::uint64_t{0});
    for (std::size_t i = 1; i <= 8; ++i, part >>= 8) word.bytes[end - i] = static_cast<std::uint8_t>(part);
    rest >>= 64;
  }
  return word;
}

// Straight into the limbs, which begin with the least: shifts of 256 bits cost several times as much.
Uint256 from_word(const Hash32& word) {
  using Limb = boost::multiprecision::limb_type;
  constexpr std::size_t limbs = Hash32::size / sizeof(Limb);
  Uint256 value;
  auto& backend = value.backend();
  backend.resize(limbs, limbs);
  for (std::size_t i = 0; i < limbs; ++i) {
    Limb limb = 0;
    for (std::size_t at = 0; at < sizeof(Limb); ++at)
      limb = limb << 8 | word.bytes[(limbs - 1 - i) * sizeof(Limb) + at];
    backend.limbs()[i] = limb;
  }
  backend.normalize();
  return value;
}

std::string to_decimal(const Uint256& value) { return value.str(); }

std::string to_quantity(const Uint256& value) {
  const auto hex = to_hex(to_word(value));
  const auto first = hex.find_first_not_of('0', 2);
  return first == std::string::npos ? "0x0" : "0x" + hex.substr(first);
}

std::optional<Uint256> parse_quantity(std::string_view text) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 66) return std::nullopt;
  std::string padded(66 - text.size(), '0');
  padded += text.substr(2);
  const auto word = fixed_from_hex<Hash32>("0x" + padded);
  if (!word) return std::nullopt;
  return from_word(*word);
}

std::optional<Uint256> parse_uint256(std::string_view text) {
  if (text.starts_with("0x")) return parse_quantity(text);
  if (text.empty()) return std::nullopt;
  const Uint256 limit = ~Uint256(0);
  Uint256 value = 0;
  bool any = false;
  for (const char c : text) {
    if (c == '_') continue;
    if (c < '0' || c > '9') return std::nullopt;
    const unsigned digit = static_cast<unsigned>(c - '0');
    if (value > (limit - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
    any = true;
  }
  if (!any) return std::nullopt;
  return value;
}

}  // namespace lockstep
