#pragma once
// A second reader of RLP, for comparison: a recogniser by the letter of the Yellow Paper's appendix B, of canonical
// encodings only. It shares nothing with the code under test but the limit of nesting.
#include <cstdint>
#include <optional>
#include <span>

namespace lockstep::fuzz {

using Octets = std::span<const std::uint8_t>;

/// How many bytes the one item at the front takes; nothing if there is none.
inline std::optional<std::size_t> rlp_item(Octets at, int depth = 0) {
  if (at.empty() || depth > 64) return std::nullopt;
  const unsigned tag = at[0];
  if (tag <= 0x7f) return 1;
  const bool is_list = tag >= 0xc0;
  unsigned length_of_length = 0;
  std::uint64_t length = tag - (is_list ? 0xc0 : 0x80);
  if (length >= 56) {
    length_of_length = static_cast<unsigned>(length - 55);
    if (at.size() < 1 + length_of_length) return std::nullopt;
    length = 0;
    for (unsigned i = 1; i <= length_of_length; ++i) length = length * 256 + at[i];
    if (at[1] == 0 || length < 56) return std::nullopt;  // not the shortest way to write it
  }
  const std::size_t head = 1 + length_of_length;
  if (length > at.size() - head) return std::nullopt;
  const auto payload = at.subspan(head, length);
  if (!is_list && length == 1 && payload[0] < 0x80) return std::nullopt;
  for (std::size_t done = 0; is_list && done < payload.size();) {
    const auto member = rlp_item(payload.subspan(done), depth + 1);
    if (!member) return std::nullopt;
    done += *member;
  }
  return head + payload.size();
}

inline bool is_canonical_rlp(Octets bytes) { return rlp_item(bytes) == bytes.size(); }

}  // namespace lockstep::fuzz
