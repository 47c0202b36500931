// What a plan tolerates: each difference by itself, and of what is conserved their sum.
#include "mirror/tolerance.hpp"

#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

class Tolerances : public Story {
 protected:
  Tolerances() { rows_ = mirror.rows(); }

  /// The same rows with `by` added to a field of an account.
  Rows with(const std::vector<std::pair<Address, Int>>& changes, std::size_t field) const {
    Rows changed = rows_;
    for (const auto& [account, by] : changes)
      for (Row& row : changed)
        if (row.key.table == Table::account && row.key.account == account) std::get<Int>(row.values[field]) += by;
    return changed;
  }
  Judged judged(const Rows& found, const std::vector<Tolerance>& tolerances, bool whole = true) const {
    return judge(rows_, found, compare(rows_, found, 100), tolerances, whole);
  }

  static constexpr std::size_t collateral = 0, equity = 1;
  Rows rows_;
};

TEST_F(Tolerances, WithoutOneEverythingIsExact) {
  const auto found = judged(with({{alice, 1}}, collateral), {});
  ASSERT_EQ(found.beyond.size(), 1U);
  EXPECT_TRUE(found.within.empty() && found.sums.empty());
}

TEST_F(Tolerances, BoundEachDifferenceByItself) {
  const auto changed = with({{alice, 5}, {bob, -5}, {carol, 6}}, equity);
  const auto found = judged(changed, {{Table::account, "equity", 5}});
  ASSERT_EQ(found.within.size(), 2U);
  ASSERT_EQ(found.beyond.size(), 1U);
  EXPECT_EQ(found.beyond[0].key.account, carol);
  EXPECT_TRUE(found.sums.empty()) << "equity is not conserved";
  EXPECT_EQ(judged(changed, {{Table::account, "initial_margin", 9}}).beyond.size(), 3U) << "of another field";
  EXPECT_TRUE(judged(changed, {{Table::account, "equity", 4}, {Table::account, "equity", 2}}).beyond.empty())
      << "one upgrade after the other";
}

TEST_F(Tolerances, BoundTheSumOfWhatIsConserved) {
  const std::vector<Tolerance> none{{Table::account, "collateral", 5}}, two{{Table::account, "collateral", 5, 2}};
  EXPECT_TRUE(judged(with({{alice, 3}, {bob, -3}}, collateral), none).sums.empty());
  const auto drift = with({{alice, -3}, {bob, -1}, {carol, 1}}, collateral);
  EXPECT_EQ(judged(drift, none).sums,
            std::vector<std::string>{"account collateral: differences add up to -3, at most 0 declared"});
  EXPECT_EQ(judged(drift, two).sums.size(), 1U);
  EXPECT_TRUE(judged(with({{alice, -3}, {bob, 1}}, collateral), two).sums.empty());
  EXPECT_TRUE(judged(drift, none, false).sums.empty()) << "a sample says nothing of the sum";
}

TEST_F(Tolerances, AMissingRowIsNeverTolerated) {
  Rows fewer = rows_;
  fewer.pop_back();
  EXPECT_EQ(judged(fewer, {{Table::account, "collateral", max_tolerance, max_tolerance}}).beyond.size(), 1U);
}

TEST_F(Tolerances, ThatCannotBeSayWhy) {
  EXPECT_EQ(check({Table::account, "equity", 5}), "");
  EXPECT_EQ(check({Table::account, "wealth", 5}), "there is no such field");
  EXPECT_EQ(check({Table::order, "account", 5}), "it says what a row is, not how much, and is compared exactly");
  EXPECT_EQ(check({Table::account, "equity", -1}), "at_most is not within 0 … 2^100");
  EXPECT_EQ(check({Table::account, "collateral", 1, -1}), "sum_at_most is not within 0 … 2^100");
  EXPECT_EQ(check({Table::account, "equity", 5, 5}), "its sum is not conserved, so sum_at_most says nothing");
}

}  // namespace
}  // namespace lockstep::mirror
