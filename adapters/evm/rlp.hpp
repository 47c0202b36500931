#pragma once
// RLP (Yellow Paper, appendix B). Decoding is strict: minimal lengths, no trailing bytes, bounded depth.
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/uint256.hpp"

namespace lockstep::evm::rlp {

struct Item {
  bool list = false;
  Bytes bytes;              // if !list
  std::vector<Item> items;  // if list
  bool operator==(const Item&) const = default;
};

Item text(BytesView bytes);
Item integer(const Uint256& value);  // big-endian, no leading zeros; 0 is empty
Item sequence(std::vector<Item> items);
Bytes encode(const Item& item);
std::optional<Item> decode(BytesView input);

/// Encoding without Items, for what is large: sizes first, then the parts in order.
Bytes minimal(std::uint64_t value);  // big-endian, without leading zeros: the text of an integer
std::size_t size_of_text(BytesView bytes);
std::size_t size_of_list(std::size_t payload);
void put_text(Bytes& out, BytesView bytes);
void put_list_head(Bytes& out, std::size_t payload);

}  // namespace lockstep::evm::rlp
