#pragma once
// A market place that decides for itself: price-time priority on ladders, every order checked against its account's
// margin before it may trade or rest. The mirror checks what a chain did; this does what a chain would do, so that
// order flow can be replayed under rules that are not live yet. Pure, and without allocation once the accounts, books
// and expiries have had their largest size.
//
// An order is accepted if the account's equity covers the initial margin of the worst position its orders could lead
// to, plus what this one could lose against the mark and pay in fees. So a resting order is always covered when it is
// placed, and matching never has to be undone.
#include <cstdint>
#include <span>
#include <vector>

#include "mirror/ladder/ladder.hpp"
#include "mirror/venue/account.hpp"
#include "mirror/venue/order.hpp"

namespace lockstep::mirror::venue {

struct MarketTerms {
  std::int64_t tick_value = 1;                             // quote units per lot and tick
  Lots lot = 1;                                            // sizes are multiples of it
  std::int64_t initial_bps = 1000, maintenance_bps = 500;  // of notional at the mark, at most 10,000
  std::int64_t maker_fee_ppm = 0, taker_fee_ppm = 0;       // of notional at the trade price, at most 1,000,000
  std::int64_t band_bps = 1000;  // how far from the mark an order may be priced, at most 10,000
};

class Venue {
 public:
  static constexpr Lots most_lots = Lots{1} << 29;                   // of an order, and of what a position could become
  static constexpr std::int64_t most_price = std::int64_t{1} << 31;  // quote units per lot; with the lots below 2^62
  static constexpr std::uint32_t most_resting = 32;                  // orders of an account
  static constexpr std::uint32_t most_steps = 64;                    // resting orders one order may meet

  std::uint32_t add_market(const MarketTerms& terms, std::size_t room = 1024);
  AccountId add_account();
  void set_mark(std::uint32_t market, std::int64_t price);     // quote units per lot, 1 … most_price
  void set_funding(std::uint32_t market, std::int64_t index);  // cumulative, quote units x 1e6 per lot, within 2^31
  void deposit(AccountId account, Int amount);
  /// Cancels what expired, in order of time, then of id.
  void set_time(std::uint64_t now);

  Refusal place(const NewOrder& order);
  Refusal cancel(std::uint32_t market, OrderId id);
  /// Keeps its priority.
  Refusal reduce(std::uint32_t market, OrderId id, Lots lots);
  /// Cancels `id` and places `order` under the same id, behind the others; refused, the old one rests as it was.
  Refusal replace(const NewOrder& order);

  /// Of the last call that was told something.
  std::span<const Event> events() const { return events_; }
  const Account& account(AccountId id) const { return accounts_[id]; }
  const ladder::Ladder& book(std::uint32_t market) const { return markets_[market].book; }
  Int insurance() const { return insurance_; }  // fees and funding
  Int deposits() const { return deposits_; }

  struct Margin {
    Int equity = 0, initial = 0, maintenance = 0;
  };
  Margin margin(AccountId account) const;

 private:
  struct Market {
    MarketTerms terms;
    std::int64_t mark = 0, funding_index = 0;
    OrderId last_id = 0;
    ladder::Ladder book;
  };
  struct Expiry {
    std::uint64_t time = 0;
    OrderId order = 0;
    std::uint32_t market = 0;
    auto operator<=>(const Expiry&) const = default;
  };
  struct Taker {
    NewOrder order;
    Lots left = 0;
    std::uint32_t steps = 0;
    bool stopped = false;  // by a self-trade
  };

  Refusal check(const NewOrder& order, Market& market, std::uint32_t& limit);
  Refusal check_margin(const NewOrder& order, const Market& market, std::uint32_t limit) const;
  /// As if `bids` and `asks` more rested in a market.
  Margin margin_with(AccountId account, std::uint32_t market, Lots bids, Lots asks) const;
  bool fills_wholly(const NewOrder& order, const Market& market, std::uint32_t limit);
  Refusal execute(const NewOrder& order, Market& market, std::uint32_t limit);
  void match(Taker& taker, Market& market, std::uint32_t limit);
  void meet_own(Taker& taker, Market& market, const ladder::Order& resting);
  void fill(Taker& taker, Market& market, const ladder::Order& resting, Lots lots);
  void trade(Account& account, Market& market, std::uint32_t id, Lots lots, std::int64_t price, std::int64_t fee);
  void unrest(const Market& market, const ladder::Order& order, Lots lots);  // lots leave the account's sums
  void drop(Market& market, const ladder::Order& order, Event::Kind kind);
  void shrink(Market& market, const ladder::Order& order, Lots lots);
  std::size_t most_expiries() const;
  void forget_gone();
  Lots reducible(AccountId account, std::uint32_t market, bool is_buy) const;

  std::vector<Market> markets_;
  std::vector<Account> accounts_;
  std::vector<Expiry> expiries_;  // a heap, earliest first; some of orders that are gone
  std::vector<Event> events_;
  struct Delta {
    AccountId account = 0;
    Lots lots = 0;
  };
  std::vector<Delta> deltas_;  // scratch of fills_wholly()
  std::uint64_t now_ = 0;
  Int insurance_ = 0, deposits_ = 0;
};

}  // namespace lockstep::mirror::venue
