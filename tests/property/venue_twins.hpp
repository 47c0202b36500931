#pragma once
// The venue and the dumb one, told the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "mirror/venue/venue.hpp"
#include "tests/property/dumb_venue.hpp"
#include "tests/property/environment.hpp"

namespace lockstep {

using namespace mirror::venue;
using mirror::Int;
using mirror::OrderId;
using test::from_environment;

class Twins {
 public:
  Twins(std::uint64_t seed, std::uint32_t accounts, const VenueTerms& rules = {}) : venue(rules), bits_(seed) {
    dumb.rules = rules;
    for (std::uint32_t i = 0; i < 3; ++i) {
      const MarketTerms terms{.tick_value = 1 + 4 * i,
                              .lot = 1 + static_cast<Lots>(i % 2),
                              .initial_bps = 600 + 300 * i,
                              .maintenance_bps = 300 + 100 * i,
                              .maker_fee_ppm = 150 * i,
                              .taker_fee_ppm = 333 * (i + 1),
                              .band_bps = 500};
      venue.add_market(terms, 4);
      dumb.markets.push_back({terms, 0, 0, 0});
      mark(i, 900 + 100 * i);
    }
    for (AccountId account = 0; account < accounts; ++account) {
      venue.add_account();
      dumb.collateral.push_back(0);
      pay(account, static_cast<Int>(20'000 + below(150'000)) * (seed % 4 == 0 ? 40 : 1));
    }
  }

  std::uint64_t below(std::uint64_t n) { return bits_() % n; }

  void mark(std::uint32_t market, std::int64_t price) {
    venue.set_mark(market, price);
    dumb.markets[market].mark = price;
  }
  void pay(AccountId account, Int amount) {
    venue.deposit(account, amount);
    dumb.collateral[account] += amount;
  }

  NewOrder any_order() {
    NewOrder order;
    order.market = static_cast<std::uint32_t>(below(3));
    order.account = static_cast<AccountId>(below(dumb.collateral.size() + (below(40) == 0 ? 1 : 0)));
    const auto& market = dumb.markets[order.market];
    const auto middle = static_cast<std::int64_t>(market.mark) / market.terms.tick_value;
    order.is_buy = below(2) == 0;
    const auto away = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(middle / 16 + 2)));
    order.tick = static_cast<std::uint32_t>(below(4) == 0 ? middle + (order.is_buy ? away : -away)
                                                          : middle - (order.is_buy ? away : -away));
    order.lots = static_cast<Lots>(below(40));
    order.life = below(3) != 0 ? Life::gtc : static_cast<Life>(below(4));
    order.is_market = below(12) == 0;
    order.reduce_only = below(6) == 0;
    order.self_trade = static_cast<SelfTrade>(below(4));
    if (below(5) == 0) order.expires = dumb.now + below(40);
    return order;
  }

  /// Changes nothing, whether it is there or not.
  void expect_anything() {
    venue.expect_order(static_cast<std::uint32_t>(below(4)), below(10'000));
    venue.expect_owner(static_cast<std::uint32_t>(below(4)), below(10'000));
    venue.expect_account(static_cast<AccountId>(below(12)));
  }

  Refusal step() {
    if (below(8) == 0) expect_anything();
    const auto dice = below(100);
    Refusal ours = Refusal::none, theirs = Refusal::none;
    if (dice < 60) {
      NewOrder order = any_order();
      order.id =
          below(50) == 0 ? dumb.markets[order.market].last_id : dumb.markets[order.market].last_id + 1 + below(3);
      ours = venue.place(order);
      theirs = dumb.place(order);
    } else if (dice < 90) {
      if (dumb.orders.empty()) return Refusal::none;
      const dumb::Resting one = dumb.orders[below(dumb.orders.size())];
      const OrderId id = below(30) == 0 ? one.order.id + 1'000'000 : one.order.id;
      if (dice < 78) {
        ours = venue.cancel(one.order.market, id);
        theirs = dumb.cancel(one.order.market, id);
      } else if (dice < 83) {
        const Lots lots = static_cast<Lots>(below(static_cast<std::uint64_t>(one.left) + 2));
        ours = venue.reduce(one.order.market, id, lots);
        theirs = dumb.reduce(one.order.market, id, lots);
      } else {
        NewOrder order = any_order();
        order.id = id;
        order.market = one.order.market;
        if (below(10) != 0) order.account = one.order.account;
        if (below(10) != 0 && order.is_buy != one.order.is_buy) {
          order.is_buy = one.order.is_buy;
          order.tick = one.order.tick;
        }
        ours = venue.replace(order);
        theirs = dumb.replace(order);
      }
    } else if (dice < 94) {
      const auto market = static_cast<std::uint32_t>(below(3));
      mark(market, std::max<std::int64_t>(300, static_cast<std::int64_t>(dumb.markets[market].mark) - 20 +
                                                   static_cast<std::int64_t>(below(41))));
    } else if (dice < 96) {
      const auto market = static_cast<std::uint32_t>(below(3));
      const auto index =
          static_cast<std::int64_t>(dumb.markets[market].index) + static_cast<std::int64_t>(below(800'001)) - 400'000;
      venue.set_funding(market, index);
      dumb.markets[market].index = index;
    } else if (dice < 97) {
      pay(static_cast<AccountId>(below(dumb.collateral.size())), static_cast<Int>(below(9000)));
    } else {
      const auto time = dumb.now + below(8);
      venue.set_time(time);
      dumb.set_time(time);
    }
    EXPECT_STREQ(to_text(ours), to_text(theirs));
    if (dice < 90 || dice >= 97) {
      EXPECT_TRUE(std::ranges::equal(venue.events(), dumb.events));
    }
    return ours;
  }

  void expect_equal() {
    Int held = venue.insurance();
    for (AccountId id = 0; id < dumb.collateral.size(); ++id) {
      const auto& account = venue.account(id);
      ASSERT_TRUE(account.collateral == dumb.collateral[id]) << "collateral of " << id;
      held += account.all_funds();
      account.for_each([&](const Position& p) {
        held += p.quote;
        ASSERT_TRUE(p.bid_lots == dumb.resting(id, p.market, true) && p.ask_lots == dumb.resting(id, p.market, false));
      });
      for (const std::uint32_t scope : {cross, 0U, 1U, 2U}) {
        if (scope != cross && dumb.scope_of(id, scope) != scope) continue;
        const auto ours = venue.margin(id, scope), theirs = dumb.margin(id, scope);
        ASSERT_TRUE(ours.equity == theirs.equity && ours.initial == theirs.initial &&
                    ours.maintenance == theirs.maintenance)
            << "margin of " << id;
        if (scope == cross) continue;
        ASSERT_TRUE(account.own_margin(scope) == dumb.isolated.at({id, scope}));
      }
    }
    ASSERT_TRUE(venue.insurance() == dumb.insurance);
    ASSERT_TRUE(held == venue.deposits()) << "value was made or lost";
    for (std::uint32_t market = 0; market < 3; ++market) {
      std::vector<dumb::Resting> all = dumb.side(market, true);
      for (const auto& one : dumb.side(market, false)) all.push_back(one);
      std::size_t i = 0;
      venue.book(market).for_each([&](const mirror::ladder::Order& order) {
        ASSERT_LT(i, all.size());
        ASSERT_TRUE(order.id == all[i].order.id && order.lots == all[i].left && order.tick == all[i].order.tick);
        ++i;
      });
      ASSERT_EQ(i, all.size());
    }
  }
  /// S15, of whatever happened last.
  void expect_conserved() const {
    Int held = venue.insurance();
    for (AccountId id = 0; id < dumb.collateral.size(); ++id) {
      held += venue.account(id).all_funds();
      venue.account(id).for_each([&](const Position& p) { held += p.quote; });
    }
    ASSERT_TRUE(held == venue.deposits()) << "value was made or lost";
  }

  Venue venue;
  dumb::Book dumb;

 protected:
  std::mt19937_64 bits_;
};

}  // namespace lockstep
