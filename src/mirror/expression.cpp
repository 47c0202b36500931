#include "mirror/expression.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace lockstep::mirror {
namespace {

// Products of two numbers of 256 bits, with a sign.
using Number = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    512, 512, boost::multiprecision::signed_magnitude, boost::multiprecision::unchecked, void>>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr std::array<std::string_view, 4> roundings{"up", "down", "toward_zero", "bankers"};

}  // namespace

class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) : text_(text) {}

  std::expected<Expression, ExpressionError> run() {
    if (text_.size() > Expression::longest) return std::unexpected(ExpressionError{1, "longer than 512 characters"});
    sum(0);
    skip();
    if (why_.empty() && at_ < text_.size()) refuse(std::string("\"") + text_[at_] + "\" cannot be here");
    if (!why_.empty()) return std::unexpected(ExpressionError{column_, why_});
    return std::move(out_);
  }

 private:
  using Kind = Expression::Step::Kind;

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool eat(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void need(char c) {
    if (!eat(c)) refuse(std::string("\"") + c + "\" is missing");
  }
  void refuse(std::string why) {
    if (!why_.empty()) return;
    why_ = std::move(why);
    column_ = at_ + 1;
  }
  void step(Kind kind, std::size_t column, std::size_t index = 0) { out_.steps_.push_back({kind, column, index}); }

  void sum(std::size_t depth) {
    product(depth);
    while (why_.empty()) {
      skip();
      const std::size_t column = at_ + 1;
      if (eat('+')) {
        product(depth);
        step(Kind::add, column);
      } else if (eat('-')) {
        product(depth);
        step(Kind::subtract, column);
      } else {
        return;
      }
    }
  }

  void product(std::size_t depth) {
    factor(depth);
    while (why_.empty()) {
      skip();
      const std::size_t column = at_ + 1;
      if (eat('*')) {
        factor(depth);
        step(Kind::multiply, column);
      } else if (eat('/')) {
        factor(depth);
        step(Kind::divide, column);
      } else {
        return;
      }
    }
  }

  void factor(std::size_t depth) {
    if (depth == Expression::deepest) return refuse("nested deeper than 32");
    skip();
    const std::size_t column = at_ + 1;
    if (eat('-')) {
      factor(depth + 1);
      return step(Kind::negate, column);
    }
    if (eat('(')) {
      sum(depth + 1);
      return need(')');
    }
    if (at_ < text_.size() && is_digit(text_[at_])) return number(column);
    if (at_ < text_.size() && starts_name(text_[at_])) return name(column, depth);
    refuse(at_ < text_.size() ? "a name, a number or \"(\" is needed" : "it ends where a name or a number is needed");
  }

  /// A "." between two words.
  bool joins_names() const { return text_[at_] == '.' && at_ + 1 < text_.size() && starts_name(text_[at_ + 1]); }

  void name(std::size_t column, std::size_t depth) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (starts_name(text_[at_]) || is_digit(text_[at_]) || joins_names())) ++at_;
    const std::string word(text_.substr(begin, at_ - begin));
    const auto rounding = std::ranges::find(roundings, word);
    if (eat('(')) {
      if (rounding == roundings.end()) {
        at_ = begin;
        return refuse("there is no function \"" + word + "\": up, down, toward_zero and bankers divide");
      }
      sum(depth + 1);
      need(',');
      sum(depth + 1);
      need(')');
      return step(static_cast<Kind>(static_cast<std::size_t>(Kind::up) +
                                    static_cast<std::size_t>(rounding - roundings.begin())),
                  column);
    }
    auto& names = out_.names_;
    const auto known = std::ranges::find(names, word, &Expression::Name::text);
    const auto index = static_cast<std::size_t>(known - names.begin());
    if (known == names.end()) names.push_back({word, column});
    step(Kind::name, column, index);
  }

  void number(std::size_t column) {
    const std::size_t begin = at_;
    const bool hexadecimal = text_.substr(at_).starts_with("0x");
    if (hexadecimal) at_ += 2;
    const auto part = [&](char c) {
      return is_digit(c) || c == '_' || (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
    };
    while (at_ < text_.size() && part(text_[at_])) ++at_;
    auto value = parse_uint256(text_.substr(begin, at_ - begin));
    if (value && !hexadecimal && at_ < text_.size() && text_[at_] == 'e') value = powered(*value);
    if (!value) {
      at_ = begin;
      return refuse("this is no number of at most 256 bits");
    }
    if (at_ < text_.size() && starts_name(text_[at_])) return refuse("a number is followed by a letter");
    out_.numbers_.push_back(*value);
    step(Kind::number, column, out_.numbers_.size() - 1);
  }

  /// At the "e" of an exponent of one or two digits.
  std::optional<Uint256> powered(Uint256 value) {
    std::size_t exponent = 0, count = 0;
    for (++at_; at_ < text_.size() && is_digit(text_[at_]) && count < 3; ++at_, ++count)
      exponent = 10 * exponent + static_cast<std::size_t>(text_[at_] - '0');
    if (count == 0 || count == 3) return std::nullopt;
    const Uint256 most = std::numeric_limits<Uint256>::max() / 10;
    for (; exponent > 0; --exponent) {
      if (value > most) return std::nullopt;
      value *= 10;
    }
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0, column_ = 0;
  std::string why_;
  Expression out_;
};

std::expected<Expression, ExpressionError> Expression::parse(std::string_view text) {
  return ExpressionParser(text).run();
}

namespace {

Number magnitude(const Number& value) { return value < 0 ? Number(-value) : value; }

/// a / b, b not zero.
Number rounded(const Number& a, const Number& b, std::string_view rounding) {
  Number quotient = a / b;  // towards zero
  const Number rest = a - quotient * b;
  if (rest == 0 || rounding == "toward_zero") return quotient;
  const bool is_negative = (a < 0) != (b < 0);
  if (rounding == "up") return is_negative ? quotient : Number(quotient + 1);
  if (rounding == "down") return is_negative ? Number(quotient - 1) : quotient;
  const Number twice = 2 * magnitude(rest), size = magnitude(b);
  const bool away = twice > size || (twice == size && quotient % 2 != 0);
  if (!away) return quotient;
  return is_negative ? Number(quotient - 1) : Number(quotient + 1);
}

}  // namespace

std::expected<Int, ExpressionError> Expression::evaluate(std::span<const Wide> values) const {
  using Kind = Step::Kind;
  const Number beyond = Number(1) << 256;
  std::vector<Number> stack;
  for (const Step& step : steps_) {
    const auto refuse = [&](const char* why) { return std::unexpected(ExpressionError{step.column, why}); };
    if (step.kind == Kind::number) {
      stack.emplace_back(numbers_[step.index]);
      continue;
    }
    if (step.kind == Kind::name) {
      const Wide& value = values[step.index];
      stack.emplace_back(value.magnitude);
      if (value.is_negative) stack.back() = -stack.back();
      continue;
    }
    if (step.kind == Kind::negate) {
      stack.back() = -stack.back();
      continue;
    }
    const Number b = stack.back();
    stack.pop_back();
    Number& a = stack.back();
    const bool divides = step.kind >= Kind::divide;
    if (divides && b == 0) return refuse("division by zero");
    if (step.kind == Kind::divide && a % b != 0) return refuse("the quotient is not whole: say how to round");
    if (step.kind == Kind::add) a += b;
    if (step.kind == Kind::subtract) a -= b;
    if (step.kind == Kind::multiply) a *= b;
    if (step.kind == Kind::divide) a /= b;
    if (step.kind >= Kind::up)
      a = rounded(a, b, roundings[static_cast<std::size_t>(step.kind) - static_cast<std::size_t>(Kind::up)]);
    if (magnitude(a) >= beyond) return refuse("overflow of 256 bits");
  }
  const Number& result = stack.back();
  if (magnitude(result) >> 127 != 0) return std::unexpected(ExpressionError{1, "the result does not fit 127 bits"});
  const Number size = magnitude(result);
  const auto word = [](const Number& part) { return static_cast<std::uint64_t>(part); };
  const Int whole = static_cast<Int>(word(Number(size >> 64))) << 64 |
                    static_cast<Int>(word(Number(size & Number(std::numeric_limits<std::uint64_t>::max()))));
  return result < 0 ? -whole : whole;
}

}  // namespace lockstep::mirror
