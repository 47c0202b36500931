#pragma once
// Addresses that tests can tell apart.
#include "base/bytes.hpp"

namespace lockstep::tests {

/// The one whose number it is: 0x00…07.
inline Address address(std::uint64_t number) {
  Address value;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    value.bytes[Address::size - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return value;
}

}  // namespace lockstep::tests
