#include <fstream>
#include <sstream>

#include "mirror/row_differences.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

class MirrorDigest : public Story {};

Int number_of(const std::string& text) {
  Int value = 0;
  for (const char c : text) {
    if (c != '-') value = 10 * value - (c - '0');  // below zero, where there is room for one more
  }
  return text[0] == '-' ? value : -value;
}

Value value_of(const std::string& text) {
  if (!text.starts_with("0x")) return number_of(text);
  return *fixed_from_hex<Address>(text);
}

// Computed by tests/golden/mirror_digest.mjs, which shares nothing with this program.
TEST_F(MirrorDigest, IsWhatItsDefinitionSays) {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/tests/golden/mirror_digest.txt");
  std::string line, word, name, digest_text;
  std::size_t cases = 0;
  std::getline(file, line);
  for (std::size_t count = 0; file >> word >> name >> count >> digest_text; ++cases) {
    ASSERT_EQ(word, "case");
    std::getline(file, line);
    Rows rows;
    for (std::size_t i = 0; i < count; ++i) {
      std::getline(file, line);
      std::istringstream fields(line);
      std::string table, account_text;
      Row row;
      fields >> table >> account_text >> row.key.market >> row.key.order;
      row.key.table = *table_from_name(table);
      row.key.account = *fixed_from_hex<Address>(account_text);
      while (fields >> word) row.values.push_back(value_of(word));
      rows.push_back(std::move(row));
    }
    EXPECT_EQ(to_hex(mirror::digest(rows)), digest_text) << name;
  }
  EXPECT_EQ(cases, 10U);
}

TEST_F(MirrorDigest, OfAMirrorIsThatOfItsRowsAfterEveryOperation) {
  const auto same = [&] { EXPECT_EQ(digest(), mirror::digest(mirror.rows())); };
  same();
  places(1, alice, sell, 1000, 5);
  same();
  places(2, bob, buy, 1000, 3);
  fills(1, 2, 1000, 3);
  same();
  cancels(1, 2);
  same();
  says(OpCode::set_mark, {Int{1}, Int{1001}});
  same();
  says(OpCode::insurance, {Int{4}});
  same();
  const auto changed = mirror.with({{{Table::market, {}, 1, 0}, "funding_index", Int{5}}});
  EXPECT_EQ(changed->digest(), mirror::digest(changed->rows()));
  EXPECT_NE(changed->digest(), digest());
}

TEST_F(MirrorDigest, LocatesOneUnitOfOneFieldOfOneAccount) {
  for (std::uint8_t i = 10; i < 250; ++i) says(OpCode::deposit, {account(i), Int{i}});
  const Key key{Table::account, account(77), 0, 0};
  const auto other = mirror.with({{key, "collateral", Int{78}}});
  EXPECT_EQ(differing(mirror, *other, 10), std::vector{key});
  EXPECT_TRUE(differing(mirror, mirror, 10).empty());
  const auto more = other->with({{{Table::market, {}, 1, 0}, "initial_bps", Int{999}}, {Key{}, "insurance", Int{1}}});
  EXPECT_EQ(differing(mirror, *more, 10), (std::vector{Key{}, Key{Table::market, {}, 1, 0}, key}));
  EXPECT_EQ(differing(mirror, *more, 1), std::vector{Key{}});
}

TEST_F(MirrorDigest, NamesTheStoredFieldsThatDifferAndCountsTheRest) {
  for (std::uint8_t i = 1; i <= 20; ++i) places(i, account(i % 4 + 1), i % 2 == 0 ? sell : buy, i % 2 ? 990 : 1010, 5);
  Mirror other = mirror;
  ASSERT_TRUE(
      other.apply({OpCode::cancel_order, {Int{12}, Int{5}}, 8, 1}));  // 10 is followed by 14 then, and told no more
  ASSERT_TRUE(other.apply({OpCode::deposit, {alice, Int{1}}, 8, 2}));
  ASSERT_TRUE(other.apply({OpCode::set_mark, {Int{1}, Int{999}}, 8, 3}));  // margins follow
  const auto found = row_differences(mirror, other, 10);
  const auto is = [&](std::size_t i, const std::string& key, const std::string& field, const std::string& was,
                      const std::string& now) {
    const Difference& d = found.first.at(i);
    EXPECT_EQ(to_text(d.key) + "|" + d.field + "|" + d.expected + "|" + d.found,
              key + "|" + field + "|" + was + "|" + now);
  };
  EXPECT_EQ(found.rows, 4U);
  ASSERT_EQ(found.fields, 4U);
  ASSERT_EQ(found.first.size(), 4U);
  is(0, "market 1", "mark", "1000", "999");
  is(1, "account " + to_hex(alice), "collateral", "1000000", "1000001");
  is(2, "position " + to_hex(alice) + "/1", "ask_lots", "25", "20");
  is(3, "order 12", "", "a row", "nothing");

  const auto few = row_differences(mirror, other, 3);
  EXPECT_EQ(few.first.size(), 3U);
  EXPECT_EQ(few.fields, 4U);
  EXPECT_EQ(row_differences(mirror, mirror, 3).fields, 0U);
}

}  // namespace
}  // namespace lockstep::mirror
