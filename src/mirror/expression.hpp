#pragma once
// Arithmetic in a protocol file: what a contract says, in the mirror's units. Integers of 256 bits and a sign, nothing
// else; total: it ends, and what has no answer is an error, never a wrapped or silently rounded number.
//
//   sum     = product { ("+" | "-") product }
//   product = factor { ("*" | "/") factor }          a quotient must be whole
//   factor  = "-" factor | name | number | "(" sum ")" | rounding "(" sum "," sum ")"
//   rounding = "up" | "down" | "toward_zero" | "bankers"     the first ÷ the second: to +∞, to -∞, to 0, to even
//   name    = word { "." word }                      a member of what is named in front of the "."
//   number  = digits with "_" between them, as 1_000, with an exponent, as 1e18, or 0x and hexadecimal digits
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/uint256.hpp"
#include "mirror/value.hpp"

namespace lockstep::mirror {

/// A contract's number.
struct Wide {
  Uint256 magnitude;
  bool is_negative = false;
};

struct ExpressionError {
  std::size_t column = 0;  // from 1, in the expression
  std::string why;
};

class Expression {
 public:
  static constexpr std::size_t longest = 512, deepest = 32;

  static std::expected<Expression, ExpressionError> parse(std::string_view text);

  struct Name {
    std::string text;
    std::size_t column = 0;  // where it is first
  };
  /// Each once, in the order they come first.
  const std::vector<Name>& names() const { return names_; }
  /// Nothing but a name.
  bool is_name() const { return steps_.size() == 1 && steps_[0].kind == Step::Kind::name; }

  /// `values` are those of names(). Every intermediate is within ± (2^256 - 1), the result within ± (2^127 - 1).
  std::expected<Int, ExpressionError> evaluate(std::span<const Wide> values) const;

 private:
  friend class ExpressionParser;
  struct Step {
    enum class Kind : std::uint8_t {
      number,
      name,
      negate,
      add,
      subtract,
      multiply,
      divide,
      up,
      down,
      toward_zero,
      bankers
    };
    Kind kind = Kind::number;
    std::size_t column = 0;
    std::size_t index = 0;  // of a number or a name
  };
  std::vector<Step> steps_;  // in postfix order
  std::vector<Uint256> numbers_;
  std::vector<Name> names_;
};

}  // namespace lockstep::mirror
