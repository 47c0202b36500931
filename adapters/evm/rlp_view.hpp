#pragma once
// RLP read in place, as strictly as rlp::decode: parts of what is read, nothing copied. False wherever it is not what
// was expected, for a length that is not the shortest or goes beyond the end, too.
#include <algorithm>

#include "base/bytes.hpp"

namespace lockstep::evm::rlp {

namespace tag {
inline constexpr std::uint8_t short_text = 0x80, long_text = 0xb7, short_list = 0xc0, long_list = 0xf7;
}

/// A length of more than 55 bytes, written after the tag.
inline bool take_length(BytesView& rest, std::size_t width, std::size_t& length) {
  if (rest.size() < width || rest[0] == 0) return false;
  length = 0;
  for (std::size_t i = 0; i < width; ++i) length = length << 8 | rest[i];
  rest = rest.subspan(width);
  return length > 55;
}

/// Takes a list off the front; false for a string.
inline bool take_list(BytesView& rest, BytesView& payload) {
  if (rest.empty() || rest[0] < tag::short_list) return false;
  const std::uint8_t first = rest[0];
  std::size_t length = first - tag::short_list;
  rest = rest.subspan(1);
  if (first > tag::long_list && !take_length(rest, first - tag::long_list, length)) return false;
  if (length > rest.size()) return false;
  payload = rest.first(length);
  rest = rest.subspan(length);
  return true;
}

/// The payload of the list that all of `item` is.
inline bool open_list(BytesView item, BytesView& payload) { return take_list(item, payload) && item.empty(); }

/// Takes a string off the front; false for a list.
inline bool take_text(BytesView& rest, BytesView& text) {
  if (rest.empty() || rest[0] >= tag::short_list) return false;
  const std::uint8_t first = rest[0];
  if (first < tag::short_text) {
    text = rest.first(1);
    rest = rest.subspan(1);
    return true;
  }
  std::size_t length = first - tag::short_text;
  rest = rest.subspan(1);
  if (first > tag::long_text && !take_length(rest, first - tag::long_text, length)) return false;
  if (length > rest.size() || (length == 1 && rest[0] < tag::short_text)) return false;
  text = rest.first(length);
  rest = rest.subspan(length);
  return true;
}

/// A string of exactly that many bytes.
template <class Fixed>
bool take_fixed(BytesView& rest, Fixed& out) {
  BytesView text;
  if (!take_text(rest, text) || text.size() != Fixed::size) return false;
  std::ranges::copy(text, out.bytes.begin());
  return true;
}

}  // namespace lockstep::evm::rlp
