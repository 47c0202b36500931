// Options held as tokens: what the chain may tell of them, what they pay, who has them (mirror/holding.hpp).
#include "mirror/holding.hpp"

#include <gmock/gmock.h>

#include "mirror/row_differences.hpp"
#include "mirror/rows.hpp"
#include "mirror/snapshot.hpp"
#include "mirror/state.hpp"
#include "tests/unit/mirror/story.hpp"

namespace lockstep::mirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Int e18 = 1'000'000'000'000'000'000;
enum Type : int { long_call, long_put, covered_call, short_call, short_put };

/// Board 1 with strikes 1 (at 2,000) and 2 (at 2,500), board 2 with strike 3; a contract is 10^18. Nobody has anything.
class HoldingStory : public Story {
 protected:
  HoldingStory() {
    mirror = Mirror();
    says(OpCode::add_board, {Int{1}, Int{1'790'000'000}, e18, e18});
    says(OpCode::add_board, {Int{2}, Int{1'800'000'000}, e18 / 2, e18, Int{1}});
    says(OpCode::add_strike, {Int{1}, Int{1}, 2'000 * e18, e18});
    says(OpCode::add_strike, {Int{2}, Int{1}, 2'500 * e18, e18 * 9 / 10});
    says(OpCode::add_strike, {Int{3}, Int{2}, 2'000 * e18, e18});
  }

  static std::vector<Value> of(HoldingId id, const Address& owner, MarketId strike, Type type, Int amount,
                               Int collateral = 0) {
    return {Int{id}, owner, Int{strike}, Int{type}, amount, collateral};
  }
  void holds(HoldingId id, const Address& owner, MarketId strike, Type type, Int amount, Int collateral = 0) {
    says(OpCode::update_holding, of(id, owner, strike, type, amount, collateral));
  }
  std::string refuses(HoldingId id, const Address& owner, MarketId strike, Type type, Int amount, Int collateral = 0) {
    return refused(OpCode::update_holding, of(id, owner, strike, type, amount, collateral));
  }
  std::string pays(HoldingId id, const Address& owner, Int payment, Int shortfall = 0) {
    return refused(OpCode::settle_holding, {Int{id}, owner, payment, shortfall});
  }
  void settles(BoardId board, Int price) { says(OpCode::settle_board, {Int{board}, price}); }
  std::string held(HoldingId id) const { return row({Table::holding, {}, 0, id}); }
  std::string strike(MarketId id) const { return row({Table::strike, {}, id, 0}); }
  Bytes file() const {
    Bytes bytes;
    EXPECT_TRUE(save(mirror, {"lyra:alpha", 41, {}, 1'790'000'000}, [&](BytesView more) { append(bytes, more); }));
    return bytes;
  }
};

TEST_F(HoldingStory, AStrikeHasTheSumsOfWhatIsHeld) {
  holds(1, alice, 1, long_call, 3 * e18);
  holds(2, bob, 1, short_put, 2 * e18, 900 * e18);
  holds(3, bob, 1, long_call, e18 / 3);
  EXPECT_EQ(strike(1),
            "board=1 strike_price=2000000000000000000000 skew=1000000000000000000 long_calls=3333333333333333333 "
            "long_puts=0 covered_calls=0 short_calls=0 short_puts=2000000000000000000");
  EXPECT_EQ(held(2), "account=" + to_hex(bob) +
                         " market=1 option_type=4 amount=2000000000000000000 collateral=900000000000000000000");
  holds(1, alice, 1, long_call, e18);
  says(OpCode::close_holding, {Int{3}, bob});
  EXPECT_THAT(strike(1), HasSubstr("long_calls=1000000000000000000 "));
  EXPECT_EQ(held(3), "");
  EXPECT_THAT(strike(2), HasSubstr("long_calls=0 long_puts=0 covered_calls=0 short_calls=0 short_puts=0"));
}

TEST_F(HoldingStory, IsHandedOn) {
  holds(7, alice, 1, long_put, e18);
  holds(8, alice, 2, long_put, e18);
  holds(7, bob, 1, long_put, e18);
  EXPECT_THAT(mirror.state().boards.of(alice), ElementsAre(8U));
  EXPECT_THAT(mirror.state().boards.of(bob), ElementsAre(7U));
  EXPECT_THAT(refused(OpCode::close_holding, {Int{7}, alice}), HasSubstr("close_holding.account: the chain says"));
  // Looked at one by one, an account has what it holds.
  const auto rows = rows_of(mirror.state(), {&bob, 1}, {});
  const auto has = [&](HoldingId id) {
    return std::ranges::any_of(rows, [&](const Row& row) { return row.key == Key{Table::holding, {}, 0, id}; });
  };
  EXPECT_TRUE(has(7));
  EXPECT_FALSE(has(8));
}

TEST_F(HoldingStory, StaysWhatItIs) {
  holds(1, alice, 1, short_call, e18, 800 * e18);
  EXPECT_THAT(refuses(1, alice, 2, short_call, e18, 800 * e18),
              HasSubstr("update_holding.market: the chain says 2, the mirror 1"));
  EXPECT_THAT(refuses(1, alice, 1, short_put, e18, 800 * e18),
              HasSubstr("update_holding.option_type: the chain says 4, the mirror 3"));
  EXPECT_THAT(refuses(1, alice, 1, short_call, 0), HasSubstr("update_holding.amount: 0"));
  EXPECT_THAT(refuses(2, alice, 9, long_call, e18), HasSubstr("9 is no strike that was added"));
  EXPECT_THAT(refuses(2, alice, 1, long_call, e18, 1), HasSubstr("update_holding.collateral: 1 of an option that was"));
  EXPECT_THAT(refuses(2, alice, 1, long_call, max_holding_amount + 1), HasSubstr("overflow in strike 1 long calls"));
  EXPECT_THAT(refused(OpCode::close_holding, {Int{5}, alice}), HasSubstr("holding: there is no 5"));
}

TEST_F(HoldingStory, NothingButItsOwnerChangesOnceItsBoardIsSettled) {
  holds(1, alice, 1, short_put, e18, 300 * e18);
  settles(1, 1'900 * e18);
  EXPECT_THAT(refuses(1, bob, 1, short_put, 2 * e18, 300 * e18), HasSubstr("update_holding.amount"));
  EXPECT_THAT(refuses(1, bob, 1, short_put, e18, 301 * e18), HasSubstr("update_holding.collateral"));
  EXPECT_THAT(refuses(2, bob, 1, short_put, e18, 300 * e18), HasSubstr("board: 1 is settled"));
  for (const auto code : {OpCode::mark_board, OpCode::settle_board})
    EXPECT_THAT(refused(code, {Int{1}, Int{1}}), HasSubstr("board: 1 is settled"));
  EXPECT_THAT(refused(OpCode::mark_strike, {Int{1}, Int{1}}), HasSubstr("board: 1 is settled"));
  EXPECT_THAT(refused(OpCode::add_strike, {Int{4}, Int{1}, e18, e18}), HasSubstr("board: 1 is settled"));
  says(OpCode::freeze_board, {Int{1}, Int{1}});
  holds(1, bob, 1, short_put, e18, 300 * e18);
  EXPECT_THAT(held(1), HasSubstr(to_hex(bob)));
}

TEST_F(HoldingStory, PaysWhatThePriceSays) {
  holds(1, alice, 1, long_call, 3 * e18);
  holds(2, alice, 2, long_call, e18);
  holds(3, alice, 2, long_put, e18 / 3);
  holds(4, bob, 1, short_call, e18, 500 * e18);
  holds(5, bob, 1, short_call, e18, 100 * e18);
  holds(6, bob, 2, short_put, e18, 300 * e18);
  holds(7, bob, 1, covered_call, e18, e18);
  EXPECT_THAT(pays(1, alice, 0), HasSubstr("board: 1 is not settled"));
  settles(1, 2'301 * e18);
  const auto paid = [&](HoldingId id, const Address& owner, Int payment, Int shortfall = 0) {
    EXPECT_THAT(pays(id, owner, payment + 1, shortfall), HasSubstr("settle_holding.payment"));
    EXPECT_THAT(pays(id, owner, payment, shortfall + 1), HasSubstr("settle_holding.shortfall"));
    says(OpCode::settle_holding, {Int{id}, owner, payment, shortfall});
    EXPECT_EQ(held(id), "");
  };
  EXPECT_THAT(pays(1, bob, 903 * e18), HasSubstr("settle_holding.account"));
  paid(1, alice, 903 * e18);
  paid(2, alice, 0);
  paid(3, alice, e18 / 3 * 199);
  paid(4, bob, 199 * e18);
  paid(5, bob, 0, 201 * e18);
  paid(6, bob, 101 * e18);
  // What the pool takes of the underlying it says itself.
  EXPECT_THAT(pays(7, bob, e18 + 1), HasSubstr("settle_holding.payment"));
  EXPECT_THAT(pays(7, bob, -1), HasSubstr("settle_holding.payment"));
  EXPECT_THAT(pays(7, bob, 1, 1), HasSubstr("settle_holding.shortfall"));
  says(OpCode::settle_holding, {Int{7}, bob, e18 * 8 / 10});
  EXPECT_TRUE(mirror.state().boards.holdings.empty());
  EXPECT_THAT(strike(1), HasSubstr("long_calls=3000000000000000000 ")) << "as when the board was settled";
}

TEST_F(HoldingStory, AnInstanceHasMarketsPoolsOrBoards) {
  EXPECT_THAT(refused(OpCode::add_market, {Int{9}, Int{0}, Int{0}, Int{0}, Int{0}}), HasSubstr("pools or boards"));
  EXPECT_THAT(refused(OpCode::set_pool_terms, {e18, e18, Int{0}, Int{0}, Int{0}}), HasSubstr("markets or boards"));
  EXPECT_THAT(refused(OpCode::add_board, {Int{1}, Int{1}, e18}), HasSubstr("board: 1 was added before"));
  EXPECT_THAT(refused(OpCode::add_strike, {Int{1}, Int{1}, e18, e18}), HasSubstr("market: 1 was added before"));
  EXPECT_THAT(refused(OpCode::add_strike, {Int{5}, Int{7}, e18, e18}), HasSubstr("board: 7 was never added"));
  mirror = Mirror();
  says(OpCode::add_market, {Int{9}, Int{0}, Int{0}, Int{0}, Int{0}});
  EXPECT_THAT(refused(OpCode::add_board, {Int{1}, Int{1}, e18}), HasSubstr("markets or pools"));
}

TEST_F(HoldingStory, SharesOfThePoolAreCollateralThatIsHandedOn) {
  says(OpCode::deposit, {alice, Int{100}});
  says(OpCode::transfer, {alice, bob, Int{40}});
  says(OpCode::withdraw, {bob, Int{15}});
  EXPECT_THAT(owner(alice), HasSubstr("collateral=60 "));
  EXPECT_THAT(owner(bob), HasSubstr("collateral=25 "));
}

TEST_F(HoldingStory, IsInTheDigestAndInTheFile) {
  holds(1, alice, 1, short_call, e18, 800 * e18);
  holds(2, bob, 2, long_put, e18);
  const Hash32 before = digest();
  EXPECT_EQ(before, mirror::digest(mirror.rows()));
  Mirror other = mirror;
  ASSERT_TRUE(other.apply({OpCode::update_holding, of(2, carol, 2, long_put, e18), 7, 99}));
  ASSERT_TRUE(other.apply({OpCode::mark_strike, {Int{3}, Int{5}}, 7, 99}));
  ASSERT_TRUE(other.apply({OpCode::mark_board, {Int{2}, Int{5}}, 7, 99}));
  EXPECT_EQ(other.digest(), mirror::digest(other.rows()));
  std::vector<std::string> names;
  for (const Key& key : differing(mirror, other, 10)) names.push_back(to_text(key));
  EXPECT_THAT(names, ElementsAre("market 3", "account " + to_hex(carol), "board 2", "holding 2"));
  names.clear();
  for (const auto& d : row_differences(mirror, other, 10).first) names.push_back(to_text(d.key) + " " + d.field);
  EXPECT_THAT(
      names, ElementsAre("account " + to_hex(carol) + " ", "board 2 volatility", "strike 3 skew", "holding 2 account"));

  const auto restored = restore(file());
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(restored->mirror.digest(), before);
  EXPECT_TRUE(compare(mirror.rows(), restored->mirror.rows(), 10).empty());
  EXPECT_THAT(restored->mirror.state().boards.of(bob), ElementsAre(2U));
  says(OpCode::close_holding, {Int{1}, alice});
  says(OpCode::close_holding, {Int{2}, bob});
  holds(1, alice, 1, short_call, e18, 800 * e18);
  holds(2, bob, 2, long_put, e18);
  EXPECT_EQ(digest(), before) << "what is again as it was";
}

TEST_F(HoldingStory, DamagedInTheFileItIsRefused) {
  holds(1, alice, 1, short_call, e18, 800 * e18);
  const Bytes good = file();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= static_cast<std::uint8_t>(1U << i % 8);
    ASSERT_FALSE(restore(bad).has_value()) << "byte " << i;
  }
}

TEST_F(HoldingStory, WhatAPlanMayDeclareOfThem) {
  const auto with = [&](Table table, MarketId id, std::string field, Int value) {
    return mirror.with({{{table, {}, id, 0}, std::move(field), value}});
  };
  const auto marked = with(Table::board, 2, "volatility", e18);
  ASSERT_TRUE(marked.has_value());
  EXPECT_EQ(marked->digest(), mirror::digest(marked->rows()));
  EXPECT_NE(marked->digest(), digest());
  EXPECT_TRUE(with(Table::strike, 1, "skew", 5).has_value());
  EXPECT_THAT(with(Table::strike, 1, "strike_price", 5).error(), HasSubstr("follows from operations"));
  EXPECT_THAT(with(Table::board, 9, "is_frozen", 0).error(), HasSubstr("there is no such board"));
}

}  // namespace
}  // namespace lockstep::mirror
