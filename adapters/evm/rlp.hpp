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

}  // namespace lockstep::evm::rlp
