#pragma once
// Byte strings and fixed-width words, and their hexadecimal text. Hex text is lower case with a 0x prefix on output;
// input accepts either case and requires the prefix.
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

/// N bytes, compared as a big-endian number. Tag makes types of equal width distinct.
template <std::size_t N, class Tag>
struct FixedBytes {
  static constexpr std::size_t size = N;
  std::array<std::uint8_t, N> bytes{};

  constexpr auto operator<=>(const FixedBytes&) const = default;
  constexpr bool is_zero() const { return *this == FixedBytes{}; }
  constexpr BytesView view() const { return {bytes.data(), N}; }
};

using Hash32 = FixedBytes<32, struct Hash32Tag>;  // a hash or any 32-byte word
using Address =
    FixedBytes<20, struct AddressTag>;  // an EVM account; other families use their own types in their adapter

std::string to_hex(BytesView bytes);  // "0x…"
std::optional<Bytes> bytes_from_hex(std::string_view text);

template <class Fixed>
std::string to_hex(const Fixed& value) requires requires {
  Fixed::size;
}
{ return to_hex(value.view()); }

/// Exactly Fixed::size bytes, or nothing.
template <class Fixed>
std::optional<Fixed> fixed_from_hex(std::string_view text) {
  const auto bytes = bytes_from_hex(text);
  if (!bytes || bytes->size() != Fixed::size) return std::nullopt;
  Fixed value;
  for (std::size_t i = 0; i < Fixed::size; ++i) value.bytes[i] = (*bytes)[i];
  return value;
}

inline Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }
inline void append(Bytes& out, BytesView more) { out.insert(out.end(), more.begin(), more.end()); }

}  // namespace lockstep

template <std::size_t N, class Tag>
struct std::hash<lockstep::FixedBytes<N, Tag>> {
  std::size_t operator()(const lockstep::FixedBytes<N, Tag>& value) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(value.bytes.data()), N});
  }
};
