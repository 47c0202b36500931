#pragma once
// One state in general registers. `Tag` keeps the instances of differently compiled translation units apart.
#include <cstdint>

namespace lockstep::keccak {

template <class Tag>
struct OneLane {
  using Word = std::uint64_t;

  static constexpr bool has_ternary = false;  // functions of three words in one instruction

  static Word all(std::uint64_t constant) { return constant; }
  static Word rotate(Word word, unsigned by) { return by == 0 ? word : word << by | word >> (64 - by); }
  static Word chi(Word a, Word b, Word c) { return a ^ (~b & c); }
};

}  // namespace lockstep::keccak
