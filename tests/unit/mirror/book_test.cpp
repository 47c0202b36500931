// The book against the ordered map, with prices that change its unit and prices no ladder can hold.
#include "mirror/book.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace lockstep::mirror {
namespace {

Address account_of(std::uint64_t number) {
  Address address;
  address.bytes[19] = static_cast<std::uint8_t>(number);
  return address;
}

struct Twins {
  Book book;
  OrderBook map;
  std::vector<OrderId> live;
  std::mt19937_64 bits{5};
  OrderId last = 0;

  std::uint64_t below(std::uint64_t n) { return bits() % n; }

  void insert(Int price) {
    const Order order{.account = account_of(below(9)),
                      .market = 3,
                      .is_buy = below(2) == 0,
                      .reduce_only = below(5) == 0,
                      .price = price,
                      .remaining = static_cast<Int>(1 + below(50))};
    book.insert(++last, order);
    map.insert(last, order);
    live.push_back(last);
  }
  void take_some() {
    const auto which = below(live.size());
    const OrderId id = live[which];
    const Int remaining = map.find(id)->remaining;
    const Int lots = below(2) == 0 ? remaining : 1 + static_cast<Int>(below(static_cast<std::uint64_t>(remaining)));
    if (below(2) == 0) {
      book.reduce(id, lots);
      map.reduce(id, lots);
    } else {
      book.erase(id);
      map.erase(id);
    }
    if (map.find(id) != nullptr) return;
    live[which] = live.back();
    live.pop_back();
  }
  void expect_equal() const {
    ASSERT_EQ(book.size(), map.size());
    std::size_t seen = 0;
    for (const bool is_buy : {false, true}) {
      OrderId ours = book.first(is_buy);
      for (OrderId id = map.first(is_buy); id != 0; id = map.next(id), ours = book.next(ours), ++seen) {
        ASSERT_EQ(ours, id);
        const auto found = book.find(id);
        const Order* want = map.find(id);
        ASSERT_TRUE(found.has_value());
        ASSERT_TRUE(found->account == want->account && found->market == want->market && found->is_buy == want->is_buy &&
                    found->reduce_only == want->reduce_only && found->price == want->price &&
                    found->remaining == want->remaining);
      }
      ASSERT_EQ(ours, 0U);
    }
    ASSERT_EQ(seen, book.size());
    book.for_each([&](OrderId id, const Order&) { ASSERT_NE(map.find(id), nullptr); });
    ASSERT_FALSE(book.find(last + 1).has_value());
  }
};

TEST(Book, DoesWhatTheOrderedMapDoes) {
  Twins twins;
  const Int units[] = {1'000'000'000'000, 250'000'000, 1'000, 7, 1};
  for (int i = 0; i < 60'000; ++i) {
    const Int unit = units[std::min<std::size_t>(static_cast<std::size_t>(i) / 8'000, 4)];
    const bool fills = i / 4'000 % 2 == 0;
    if (twins.live.empty() || twins.below(100) < (fills ? 60U : 42U)) {
      twins.insert(unit * static_cast<Int>(1000 + twins.below(200)));
    } else {
      twins.take_some();
    }
    if (i % 500 == 0) twins.expect_equal();
    if (testing::Test::HasFailure()) FAIL() << "after " << i;
  }
  const Book copy = twins.book;
  twins.expect_equal();
  while (!twins.live.empty()) twins.take_some();
  twins.expect_equal();
  EXPECT_NE(copy.size(), 0U);
}

TEST(Book, GivesUpTheLadderForPricesWithoutTicksAndTakesItAgain) {
  Twins twins;
  for (int i = 0; i < 300; ++i) twins.insert((Int{1} << 61) + static_cast<Int>(twins.below(1'000'000'007)));
  EXPECT_FALSE(twins.book.on_ladder());
  twins.expect_equal();
  while (!twins.live.empty()) twins.take_some();
  EXPECT_TRUE(twins.book.on_ladder());
  twins.insert(Int{1} << 61);
  twins.insert((Int{1} << 61) + (Int{1} << 40));
  EXPECT_TRUE(twins.book.on_ladder());
  twins.expect_equal();
}

}  // namespace
}  // namespace lockstep::mirror
