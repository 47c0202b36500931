#pragma once
// Which events of a signature a binding of a protocol file is about: comparisons joined by "&&". What is compared is
// an expression (mirror/expression.hpp) or an account.
//
//   condition  = comparison { "&&" comparison }
//   comparison = side ("==" | "!=" | "<=" | ">=" | "<" | ">") side
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "mirror/expression.hpp"

namespace lockstep::mirror {

struct Comparison {
  enum class Kind : std::uint8_t { equal, unequal, at_most, at_least, below, above };
  struct Side {
    std::string text;
    std::size_t column = 0;  // where the text begins in the condition, from 1
  };
  Kind kind = Kind::equal;
  Side left, right;
};

/// Splits; whether the sides are expressions is not looked at.
std::expected<std::vector<Comparison>, ExpressionError> parse_condition(std::string_view text);

/// left kind right
bool holds(Comparison::Kind kind, const Value& left, const Value& right);

}  // namespace lockstep::mirror
