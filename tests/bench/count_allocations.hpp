#pragma once
// Link count_allocations.cpp, and every operator new of the program is counted.
#include <cstddef>

namespace lockstep::bench {

std::size_t allocations();  // so far

}  // namespace lockstep::bench
