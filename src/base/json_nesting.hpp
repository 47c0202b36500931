#pragma once
// A bound on the nesting of JSON before it is parsed. Comparing, copying and printing a parsed document recurse as deep
// as it nests, so a reply of a million brackets would overflow the stack of whoever reads it.
#include <cstddef>
#include <string_view>

namespace lockstep {

inline constexpr std::size_t max_json_nesting = 64;

/// Whether arrays and objects are open more than `limit` deep anywhere in the text. Brackets within strings do not
/// count. Of a text that is not JSON it says something too; the parser then refuses it.
bool nests_too_deep(std::string_view json, std::size_t limit = max_json_nesting);

}  // namespace lockstep
