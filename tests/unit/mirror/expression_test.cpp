#include "mirror/expression.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lockstep::mirror {
namespace {

std::string valued(std::string_view text, const std::vector<Wide>& values = {}) {
  const auto parsed = Expression::parse(text);
  if (!parsed) return std::to_string(parsed.error().column) + ": " + parsed.error().why;
  const auto value = parsed->evaluate(values);
  if (!value) return std::to_string(value.error().column) + ": " + value.error().why;
  return to_text(Value{*value});
}

TEST(Expression, IsArithmeticOnWholeNumbers) {
  EXPECT_EQ(valued("1 + 2 * 3"), "7");
  EXPECT_EQ(valued("(1 + 2) * -3"), "-9");
  EXPECT_EQ(valued("10 - 4 - 3"), "3");
  EXPECT_EQ(valued("1e18 / 1_000_000"), "1000000000000");
  EXPECT_EQ(valued("0xff"), "255");
  EXPECT_EQ(valued("- -5"), "5");
  EXPECT_EQ(valued("amount * 2 + amount", {{7, true}}), "-21");
}

TEST(Expression, RoundsAsItIsTold) {
  EXPECT_EQ(valued("up(7, 2)"), "4");
  EXPECT_EQ(valued("up(-7, 2)"), "-3");
  EXPECT_EQ(valued("down(7, 2)"), "3");
  EXPECT_EQ(valued("down(-7, 2)"), "-4");
  EXPECT_EQ(valued("toward_zero(-7, 2)"), "-3");
  EXPECT_EQ(valued("bankers(5, 2)"), "2");
  EXPECT_EQ(valued("bankers(7, 2)"), "4");
  EXPECT_EQ(valued("bankers(-7, 2)"), "-4");
  EXPECT_EQ(valued("bankers(7, -4)"), "-2");
  EXPECT_EQ(valued("7 / 2"), "3: the quotient is not whole: say how to round");
}

TEST(Expression, CarriesTwoHundredFiftySixBitsAndRefusesMore) {
  const Wide most{std::numeric_limits<Uint256>::max(), false};
  EXPECT_EQ(valued("down(price * 1, 2 * 0x8000000000000000000000000000000000000000000000000000000000)", {most}),
            "16777215");
  EXPECT_EQ(valued("price + 1", {most}), "7: overflow of 256 bits");
  EXPECT_EQ(valued("price * price", {most}), "7: overflow of 256 bits");
  EXPECT_EQ(valued("-price - 1", {most}), "8: overflow of 256 bits");
  EXPECT_EQ(valued("price", {most}), "1: the result does not fit 127 bits");
  EXPECT_EQ(valued("0x7fffffffffffffffffffffffffffffff"), "170141183460469231731687303715884105727");
  EXPECT_EQ(valued("1 / (2 - 2)"), "3: division by zero");
  // As sqrtPriceX96 squared ÷ 2^192 does.
  EXPECT_EQ(
      valued("down(sqrt * sqrt, 0x1000000000000000000000000000000000000000000000000)", {{Uint256(1) << 100, false}}),
      "256");
}

TEST(Expression, SaysInWhichColumnItIsWrong) {
  EXPECT_EQ(valued(""), "1: it ends where a name or a number is needed");
  EXPECT_EQ(valued("1 +"), "4: it ends where a name or a number is needed");
  EXPECT_EQ(valued("1 + * 2"), "5: a name, a number or \"(\" is needed");
  EXPECT_EQ(valued("(1 + 2"), "7: \")\" is missing");
  EXPECT_EQ(valued("1 2"), "3: \"2\" cannot be here");
  EXPECT_EQ(valued("2 * round(1, 2)"), "5: there is no function \"round\": up, down, toward_zero and bankers divide");
  EXPECT_EQ(valued("up(1)"), "5: \",\" is missing");
  EXPECT_EQ(valued("1e99"), "1: this is no number of at most 256 bits");
  EXPECT_EQ(valued("12ab"), "3: a number is followed by a letter");
  EXPECT_EQ(valued(std::string(600, '1')), "1: longer than 512 characters");
  EXPECT_EQ(valued(std::string(40, '(') + "1" + std::string(40, ')')), "33: nested deeper than 32");
}

TEST(Expression, NamesEachOnce) {
  const auto parsed = Expression::parse("up(size * price, size + 1)");
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->names().size(), 2U);
  EXPECT_EQ(parsed->names()[0].text, "size");
  EXPECT_EQ(parsed->names()[1].text, "price");
  EXPECT_EQ(parsed->names()[1].column, 11U);
  EXPECT_FALSE(parsed->is_name());
  const auto member = Expression::parse("trade.size * trade.terms.price");
  ASSERT_TRUE(member.has_value());
  EXPECT_EQ(member->names()[1].text, "trade.terms.price");
  EXPECT_EQ(valued("trade. size"), "6: \".\" cannot be here");
  EXPECT_TRUE(Expression::parse(" size ")->is_name());
}

/// Random trees of small numbers against the machine's own arithmetic.
TEST(Expression, AgreesWithTheMachine) {
  std::mt19937_64 bits(5);
  const auto below = [&](std::uint64_t n) { return bits() % n; };
  for (int round = 0; round < 20'000; ++round) {
    std::string text = std::to_string(below(100));
    std::int64_t value = std::stoll(text);
    for (int i = 0; i < 5; ++i) {
      const auto n = static_cast<std::int64_t>(1 + below(9));
      const std::string digits = std::to_string(n);
      switch (below(5)) {
        case 0:
          text = "(" + text + " + " + digits + ")";
          value += n;
          break;
        case 1:
          text = digits + " - " + text;
          value = n - value;
          text = "(" + text + ")";
          break;
        case 2:
          text += " * " + digits;
          value *= n;
          break;
        case 3:
          text = "toward_zero(" + text + ", -" + digits + ")";
          value /= -n;
          break;
        default:
          text = "-(" + text + ")";
          value = -value;
      }
    }
    ASSERT_EQ(valued(text), std::to_string(value)) << text;
  }
}

}  // namespace
}  // namespace lockstep::mirror
