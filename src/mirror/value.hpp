#pragma once
// Numbers and identities the mirror works with. All quantities are integers in the protocol's own units; nothing is
// ever a float here.
#include <compare>
#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.hpp"

namespace lockstep::mirror {

__extension__ typedef __int128 Int;  // signed; arithmetic on it goes through base/checked.hpp, overflow is a refusal

using MarketId = std::uint32_t;
using OrderId = std::uint64_t;

/// A field of a row: a number, or an account.
using Value = std::variant<Int, Address>;

constexpr bool in_range(Int value, Int least, Int most) { return value >= least && value <= most; }
constexpr bool within(Int value, Int limit) { return in_range(value, -limit, limit); }  // in magnitude

std::string to_text(const Value& value);  // decimal, or 0x… for an account

}  // namespace lockstep::mirror
