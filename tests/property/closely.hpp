#pragma once
// What holds for every mirror, whatever led to it.
#include <string>

#include "mirror/mirror.hpp"

namespace lockstep::test {

/// Empty if there is none.
std::string first_difference(const mirror::Rows& expected, const mirror::Rows& found);

/// Under declared changes, the rows of some accounts are what they are among all.
void look_at_a_part(const mirror::Mirror& mirror);

/// Restored from a file it is the same, and all at once it is worth what it is row by row.
void look_closely(const mirror::Mirror& mirror);

}  // namespace lockstep::test
