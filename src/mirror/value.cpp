#include "mirror/value.hpp"

#include <algorithm>

namespace lockstep::mirror {
namespace {

__extension__ typedef unsigned __int128 Unsigned;

std::string decimal(Int value) {
  // The magnitude of the most negative number does not fit Int; it fits the unsigned type.
  Unsigned magnitude = value < 0 ? Unsigned{0} - static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
  std::string text;
  do {
    text += static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  } while (magnitude != 0);
  if (value < 0) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

}  // namespace

std::string to_text(const Value& value) {
  if (const auto* number = std::get_if<Int>(&value)) return decimal(*number);
  return to_hex(std::get<Address>(value));
}

}  // namespace lockstep::mirror
