#include "mirror/condition.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep::mirror {
namespace {

using Kind = Comparison::Kind;

// Longer ones first: "<=" is no "<".
constexpr std::array<std::pair<std::string_view, Kind>, 6> operators{{{"==", Kind::equal},
                                                                      {"!=", Kind::unequal},
                                                                      {"<=", Kind::at_most},
                                                                      {">=", Kind::at_least},
                                                                      {"<", Kind::below},
                                                                      {">", Kind::above}}};

/// text[begin, end) without spaces around it.
Comparison::Side side(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && text[begin] == ' ') ++begin;
  while (end > begin && text[end - 1] == ' ') --end;
  return {std::string(text.substr(begin, end - begin)), begin + 1};
}

std::expected<Comparison, ExpressionError> comparison(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t at = text.substr(0, end).find_first_of("=!<>", begin);
  if (at == std::string_view::npos)
    return std::unexpected(ExpressionError{begin + 1, "it compares nothing: ==, !=, <, <=, > or >= is needed"});
  for (const auto& [sign, kind] : operators) {
    if (!text.substr(at, end - at).starts_with(sign)) continue;
    Comparison found{kind, side(text, begin, at), side(text, at + sign.size(), end)};
    for (const auto* one : {&found.left, &found.right})
      if (one->text.empty()) return std::unexpected(ExpressionError{one->column, "something to compare is missing"});
    return found;
  }
  return std::unexpected(ExpressionError{at + 1, "this is no comparison: ==, !=, <, <=, > or >= is needed"});
}

}  // namespace

std::expected<std::vector<Comparison>, ExpressionError> parse_condition(std::string_view text) {
  std::vector<Comparison> all;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find("&&", begin), text.size());
    auto one = comparison(text, begin, end);
    if (!one) return std::unexpected(one.error());
    all.push_back(*std::move(one));
    begin = end == text.size() ? text.size() + 1 : end + 2;
  }
  return all;
}

bool holds(Kind kind, const Value& left, const Value& right) {
  switch (kind) {
    case Kind::equal:
      return left == right;
    case Kind::unequal:
      return left != right;
    case Kind::at_most:
      return left <= right;
    case Kind::at_least:
      return left >= right;
    case Kind::below:
      return left < right;
    case Kind::above:
      return left > right;
  }
  return false;
}

}  // namespace lockstep::mirror
