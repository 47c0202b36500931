// The ladder against mirror/order_book.hpp, operation by operation.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "mirror/ladder/ladder.hpp"
#include "mirror/order_book.hpp"

namespace lockstep::mirror::ladder {
namespace {

/// Both books, asked the same.
class Twins {
 public:
  explicit Twins(std::size_t room) : ladder(room) {}

  void insert(const Order& order) {
    ladder.insert(order);
    mirror::Order other;
    other.is_buy = order.is_buy;
    other.price = order.tick;
    other.remaining = order.lots;
    other.reduce_only = order.reduce_only;
    other.market = order.account;  // carried along, so that it can be compared
    book.insert(order.id, other);
    live.push_back(order.id);
  }
  void erase(std::size_t which) {
    ladder.erase(live[which]);
    book.erase(live[which]);
    forget(which);
  }
  void reduce(std::size_t which, std::int64_t lots) {
    const OrderId id = live[which];
    ladder.reduce(id, lots);
    book.reduce(id, lots);
    if (book.find(id) == nullptr) forget(which);
  }
  /// Returns what is left.
  std::int64_t take(bool is_buy, std::uint32_t limit, std::int64_t lots) {
    std::int64_t left = lots;
    const std::int64_t got =
        ladder.take(is_buy, limit, lots, [&](OrderId id, std::uint32_t account, std::uint32_t tick, std::int64_t fill) {
          EXPECT_EQ(id, book.first(!is_buy));
          const auto* maker = book.find(id);
          ASSERT_NE(maker, nullptr);
          EXPECT_EQ(maker->price, Int{tick});
          EXPECT_EQ(maker->market, account);
          EXPECT_TRUE(is_buy ? tick <= limit : tick >= limit);
          EXPECT_EQ(fill, static_cast<std::int64_t>(std::min(maker->remaining, Int{left})));
          left -= fill;
          const bool gone = maker->remaining == fill;
          book.reduce(id, fill);
          if (gone) live.erase(std::ranges::find(live, id));
        });
    EXPECT_EQ(got, left);
    if (left > 0 && book.first(!is_buy) != 0) {
      const Int best = book.find(book.first(!is_buy))->price;
      EXPECT_TRUE(is_buy ? best > limit : best < limit);
    }
    return left;
  }
  void expect_tops() const {
    for (const bool is_buy : {false, true}) {
      const OrderId first = book.first(is_buy);
      ASSERT_EQ(ladder.first(is_buy), first);
      ASSERT_EQ(ladder.best_tick(is_buy),
                first == 0 ? Ladder::no_tick : static_cast<std::uint32_t>(book.find(first)->price));
    }
    ASSERT_EQ(ladder.size(), book.size());
  }
  void expect_equal() const {
    expect_tops();
    std::vector<OrderId> seen;
    ladder.for_each([&](const Order& order) { seen.push_back(order.id); });
    std::size_t i = 0;
    for (const bool is_buy : {true, false}) {
      for (OrderId id = book.first(is_buy); id != 0; id = book.next(id)) {
        ASSERT_LT(i, seen.size());
        ASSERT_EQ(seen[i++], id);
        ASSERT_EQ(ladder.next(id), book.next(id));
        const auto* want = book.find(id);
        ASSERT_EQ(ladder.at(id),
                  (Order{id, static_cast<std::int64_t>(want->remaining), static_cast<std::uint32_t>(want->price),
                         want->market, want->is_buy, want->reduce_only}));
      }
    }
    ASSERT_EQ(i, seen.size());
  }

  Ladder ladder;
  mirror::OrderBook book;
  std::vector<OrderId> live;

 private:
  void forget(std::size_t which) {
    live[which] = live.back();
    live.pop_back();
  }
};

struct Shape {
  const char* name;
  std::size_t room;
  std::uint32_t lowest, ticks;  // prices
  std::uint64_t stride;         // between ids
  unsigned insert_per_mille;
};

class LadderTwins : public ::testing::TestWithParam<Shape> {};

TEST_P(LadderTwins, DoTheSame) {
  const Shape shape = GetParam();
  std::mt19937_64 bits(11);
  const auto below = [&](std::uint64_t n) { return bits() % n; };
  const auto any_tick = [&] { return shape.lowest + static_cast<std::uint32_t>(below(shape.ticks)); };
  Twins twins(shape.room);
  OrderId last = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto dice = below(1000);
    if (dice < shape.insert_per_mille || twins.live.empty()) {
      last += shape.stride;
      twins.insert({last, static_cast<std::int64_t>(1 + below(100)), any_tick(), static_cast<std::uint32_t>(below(50)),
                    below(2) == 0, below(9) == 0});
    } else if (dice < 850) {
      twins.erase(below(twins.live.size()));
    } else if (dice < 950) {
      const auto which = below(twins.live.size());
      const auto left = static_cast<std::uint64_t>(twins.ladder.at(twins.live[which]).lots);
      twins.reduce(which, static_cast<std::int64_t>(1 + below(left)));
    } else {
      const bool is_buy = below(2) == 0;
      twins.take(is_buy, any_tick(), static_cast<std::int64_t>(1 + below(300)));
    }
    twins.expect_tops();
    if (i % 20'000 == 0) twins.expect_equal();
    if (HasFailure()) FAIL() << "after operation " << i;
  }
  twins.expect_equal();
  const Ladder copy = twins.ladder;
  while (!twins.live.empty()) twins.erase(twins.live.size() - 1);
  twins.expect_equal();
  EXPECT_FALSE(twins.ladder.contains(last));
  std::size_t count = 0;
  copy.for_each([&](const Order&) { ++count; });
  EXPECT_EQ(count, copy.size());
}

INSTANTIATE_TEST_SUITE_P(Shapes, LadderTwins,
                         ::testing::Values(Shape{"narrow", 1024, 5'000'000, 40, 1, 500},
                                           Shape{"wide", 1024, 0, PriceIndex::keys, 1, 500},
                                           Shape{"growing", 1, 4'000, 300, 1, 700},
                                           Shape{"ids_that_collide", 64, 4'000, 5'000, 256, 480},
                                           Shape{"nearly_empty", 16, 0, PriceIndex::keys, 3, 420}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(LadderPages, AreRecycledWhenAMarketMoves) {
  PriceIndex index;
  for (std::uint32_t key = 0; key < PriceIndex::keys; key += 5000) {
    index.open(key).head = 1;
    index.open(key + 1).head = 1;
    EXPECT_EQ(index.first(), key);
    EXPECT_EQ(index.after(key), key + 1);
    index.close(key);
    EXPECT_EQ(index.first(), key + 1);
    index.close(key + 1);
    EXPECT_EQ(index.first(), PriceIndex::none);
  }
  EXPECT_LE(index.pages(), 2U);
}

TEST(LadderPages, FindTheNextLevelAtEveryDistance) {
  for (const std::uint32_t from : {0U, 63U, 64U, 4095U, 4096U, 262'143U, 262'144U, 9'999'999U}) {
    for (const std::uint32_t by : {1U, 2U, 63U, 64U, 4095U, 4096U, 4097U, 262'143U, 262'144U, 262'145U, 5'000'000U}) {
      PriceIndex index;
      index.open(from);
      EXPECT_EQ(index.after(from), PriceIndex::none);
      index.open(from + by);
      EXPECT_EQ(index.after(from), from + by);
      EXPECT_EQ(index.after(from + by), PriceIndex::none);
      index.close(from);
      EXPECT_EQ(index.first(), from + by);
    }
  }
}

}  // namespace
}  // namespace lockstep::mirror::ladder
