#pragma once
// Text in UTF-8 that is cut or put into markup.
#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep {

/// The last place from `at` down to `least` that is not within a character.
inline std::size_t character_start(std::string_view text, std::size_t at, std::size_t least = 0) {
  while (at > least && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

/// For the content and the quoted attributes of HTML and XML.
std::string escaped_markup(std::string_view text);

}  // namespace lockstep
