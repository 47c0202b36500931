#pragma once
// A mirror told a story, one operation per line. `says` expects acceptance, `refused` returns the refusal.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "mirror/mirror.hpp"

namespace lockstep::mirror {

inline Address account(std::uint8_t number) {
  Address address;
  address.bytes[19] = number;
  return address;
}

inline const Address alice = account(1), bob = account(2), carol = account(3), dave = account(4);

enum Side : int { sell = 0, buy = 1 };
enum Life : int { gtc = 0, ioc = 1, fok = 2, post_only = 3 };

class Story : public ::testing::Test {
 protected:
  /// Market 1: margins 10 % and 5 %, fees 100 and 500 ppm, mark 1000; alice, bob, carol and dave own 1,000,000 each.
  Story() {
    says(OpCode::add_market, {Int{1}, Int{1000}, Int{500}, Int{100}, Int{500}});
    says(OpCode::set_mark, {Int{1}, Int{1000}});
    for (const auto& owner : {alice, bob, carol, dave}) says(OpCode::deposit, {owner, Int{1'000'000}});
  }
  ~Story() override { EXPECT_EQ(to_text(mirror.imbalance()), "0"); }

  void says(OpCode code, std::vector<Value> args) {
    const auto done = mirror.apply({code, std::move(args), 7, log++});
    EXPECT_TRUE(done.has_value()) << info(code).name << ": " << (done ? "" : done.error().detail);
  }
  std::string refused(OpCode code, std::vector<Value> args) {
    const auto done = mirror.apply({code, std::move(args), 7, log});
    return done ? "accepted" : done.error().detail;
  }

  static std::vector<Value> order(OrderId id, const Address& owner, Side side, Int price, Int size, Life life = gtc,
                                  bool reduce_only = false) {
    return {Int{id}, Int{1}, owner, Int{side}, price, size, Int{life}, Int{reduce_only}};
  }
  void places(OrderId id, const Address& owner, Side side, Int price, Int size, Life life = gtc,
              bool reduce_only = false) {
    says(OpCode::place_order, order(id, owner, side, price, size, life, reduce_only));
  }
  /// Fees at 100 and 500 ppm, rounded up.
  static std::vector<Value> fill(OrderId maker, OrderId taker, Int price, Int size) {
    const Int notional = price * size;
    return {Int{1},
            Int{maker},
            Int{taker},
            price,
            size,
            (notional * 100 + 999'999) / 1'000'000,
            (notional * 500 + 999'999) / 1'000'000};
  }
  void fills(OrderId maker, OrderId taker, Int price, Int size) {
    says(OpCode::trade, fill(maker, taker, price, size));
  }
  void cancels(OrderId id, Int remaining) { says(OpCode::cancel_order, {Int{id}, remaining}); }

  /// "field=value field=value" of a row, "" if there is none.
  std::string row(const Key& key) const {
    for (const auto& row : mirror.rows()) {
      if (row.key != key) continue;
      std::string text;
      for (std::size_t i = 0; i < row.values.size(); ++i) {
        if (i != 0) text += ' ';
        text.append(info(key.table).fields[i]).append("=").append(to_text(row.values[i]));
      }
      return text;
    }
    return "";
  }
  std::string position(const Address& owner) const { return row({Table::position, owner, 1, 0}); }
  std::string owner(const Address& owner) const { return row({Table::account, owner, 0, 0}); }
  std::string resting(OrderId id) const { return row({Table::order, {}, 0, id}); }
  std::string market() const { return row({Table::market, {}, 1, 0}); }
  std::string global() const { return row({Table::global, {}, 0, 0}); }
  Hash32 digest() const { return mirror.digest(); }

  Mirror mirror;
  std::uint32_t log = 0;
};

}  // namespace lockstep::mirror
