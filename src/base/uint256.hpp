#pragma once
// EVM words as numbers. Arithmetic is modulo 2^256, as on chain; checked sums belong to base/checked.hpp and the
// mirror.
#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace lockstep {

using Uint256 = boost::multiprecision::uint256_t;

Hash32 to_word(const Uint256& value);  // big-endian
Uint256 from_word(const Hash32& word);
std::string to_decimal(const Uint256& value);
std::string to_quantity(const Uint256& value);                 // "0x0", "0x1f": JSON-RPC QUANTITY
std::optional<Uint256> parse_quantity(std::string_view text);  // QUANTITY, at most 64 digits; leading zeros accepted
std::optional<Uint256> parse_uint256(
    std::string_view text);  // decimal (with _ separators) or 0x hex; nothing if it does not fit

}  // namespace lockstep
