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
#include <expected>
#include <span>
#include <vector>

#include "mirror/ladder/ladder.hpp"
#include "mirror/venue/account.hpp"
#include "mirror/venue/liquidation.hpp"
#include "mirror/venue/rules.hpp"

namespace lockstep::mirror::venue {

class Venue {
 public:
  static constexpr Lots most_lots = Lots{1} << 29;                   // of an order, and of what a position could become
  static constexpr std::int64_t most_price = std::int64_t{1} << 31;  // quote units per lot; with the lots below 2^62
  static constexpr std::uint32_t most_resting = 32;                  // orders of an account
  static constexpr std::uint32_t most_steps = 64;                    // resting orders one order may meet

  explicit Venue(const VenueTerms& terms = {});
  std::uint32_t add_market(const MarketTerms& terms, std::size_t room = 1024);
  AccountId add_account();
  /// Other rules from now on. What is there stays, whatever they say of it; tick_value and lot are the market's for
  /// ever.
  void set_terms(const VenueTerms& terms);
  void set_terms(std::uint32_t market, const MarketTerms& terms);
  // What a market already had when it came here, before anything else happens. Positions of a market add up to zero.
  void restore_position(AccountId account, const Position& position);    // without orders, and not isolated
  void restore_order(const ladder::Order& order, std::uint32_t market);  // ids ascend
  void restore_collateral(AccountId account, Int amount);                // either may be below zero
  void restore_insurance(Int amount);

  void set_mark(std::uint32_t market, std::int64_t price);     // quote units per lot, 1 … most_price
  void set_funding(std::uint32_t market, std::int64_t index);  // cumulative, quote units x 1e6 per lot, within 2^31
  void deposit(AccountId account, Int amount);
  /// No more than collateral, or equity if that is less, above the initial margin.
  Refusal withdraw(AccountId account, Int amount);
  /// Into the insurance fund, from outside.
  void endow(Int amount);
  /// Whether the account's next position there stands on margin of its own. It is flat and without orders; margin that
  /// was set aside returns to the collateral.
  Refusal set_isolated(AccountId account, std::uint32_t market, bool isolated);
  /// From the collateral to an isolated position's margin (> 0) or back, no more than is free on the side it leaves.
  Refusal move_margin(AccountId account, std::uint32_t market, Int amount);
  /// Cancels what expired, in order of time, then of id.
  void set_time(std::uint64_t now);

  Refusal place(const NewOrder& order);
  Refusal cancel(std::uint32_t market, OrderId id);
  /// Keeps its priority.
  Refusal reduce(std::uint32_t market, OrderId id, Lots lots);
  /// Cancels `id` and places `order` under the same id, behind the others; refused, the old one rests as it was.
  Refusal replace(const NewOrder& order);

  // Orders and accounts lie anywhere in memory. Whoever knows what comes next says so a few messages before, the order
  // first and then whose it is, and nothing has to be waited for. Says nothing of whether they are there.
  void expect_order(std::uint32_t market, OrderId id) const;
  void expect_owner(std::uint32_t market, OrderId id) const;
  void expect_account(AccountId account) const;

  /// Takes a scope that is below its maintenance margin apart (liquidation.hpp).
  std::expected<Liquidation, Refusal> liquidate(AccountId account, std::uint32_t scope);
  /// Every scope with something open that is below its maintenance margin; by account, its cross margin first.
  void find_liquidatable(std::vector<Below>& out) const;
  /// Whose positions the last liquidation closed for want of anybody else.
  std::span<const Deleveraged> deleveraged() const { return deleveraged_; }

  /// Of the last call that was told something.
  std::span<const Event> events() const { return events_; }
  const Account& account(AccountId id) const { return accounts_[id]; }
  const ladder::Ladder& book(std::uint32_t market) const { return markets_[market].book; }
  std::size_t account_count() const { return accounts_.size(); }
  std::size_t market_count() const { return markets_.size(); }
  std::int64_t mark(std::uint32_t market) const { return markets_[market].mark; }
  std::int64_t funding_index(std::uint32_t market) const { return markets_[market].funding_index; }
  OrderId last_id(std::uint32_t market) const { return markets_[market].last_id; }
  const MarketTerms& terms(std::uint32_t market) const { return markets_[market].terms; }
  Int insurance() const { return insurance_; }  // fees and funding
  Int deposits() const { return deposits_; }

  struct Margin {
    Int equity = 0, initial = 0, maintenance = 0;
  };
  /// Of all positions that are not isolated (scope cross), or of one that is.
  Margin margin(AccountId account, std::uint32_t scope = cross) const;

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
  /// As if `bids` and `asks` more rested in a market of the scope.
  Margin margin_with(AccountId account, std::uint32_t scope, std::uint32_t market, Lots bids, Lots asks) const;
  Int free_margin(AccountId account, std::uint32_t scope) const;
  Int counted(Int funds) const;
  bool fills_wholly(const NewOrder& order, const Market& market, std::uint32_t limit);
  Refusal execute(const NewOrder& order, Market& market, std::uint32_t limit);
  void match(Taker& taker, Market& market, std::uint32_t limit);
  void meet_own(Taker& taker, Market& market, const ladder::Order& resting);
  void fill(Taker& taker, Market& market, const ladder::Order& resting, Lots lots);
  void fill_resting(Market& market, std::uint32_t id, const ladder::Order& resting, Lots lots);
  void trade(Account& account, Market& market, std::uint32_t id, Lots lots, std::int64_t price, std::int64_t fee);
  void unrest(const Market& market, const ladder::Order& order, Lots lots);  // lots leave the account's sums
  void drop(Market& market, const ladder::Order& order, Event::Kind kind);
  void shrink(Market& market, const ladder::Order& order, Lots lots);
  std::size_t most_expiries() const;
  void forget_gone();
  Lots reducible(AccountId account, std::uint32_t market, bool is_buy) const;

  // Liquidation: of one scope, then of one of its positions.
  struct Closing;
  struct Target;
  Int fund_room(const Closing& closing) const;
  void pay_from_fund(Closing& closing, Int& funds, Int amount);
  std::uint32_t next_open(AccountId account, std::uint32_t scope, std::uint32_t from) const;
  Int equity(AccountId account, std::uint32_t scope) const;  // without haircut
  void cancel_all(AccountId account, std::uint32_t scope);
  Target target_of(const Closing& closing, std::uint32_t market) const;
  void close(Closing& closing, Target target);
  bool close_against(Closing& closing, Target& target, OrderId best);
  void deleverage(Closing& closing, Target& target);
  void rank(std::uint32_t market, bool is_long);

  std::vector<Market> markets_;
  std::vector<Account> accounts_;
  std::vector<Expiry> expiries_;  // a heap, earliest first; some of orders that are gone
  std::vector<Event> events_;
  struct Delta {
    AccountId account = 0;
    Lots lots = 0;
  };
  std::vector<Delta> deltas_;  // scratch of fills_wholly()
  struct Ranked {
    Int score = 0;
    AccountId account = 0;
  };
  std::vector<Ranked> ranked_;  // scratch of deleverage()
  std::vector<Deleveraged> deleveraged_;
  VenueTerms terms_;
  std::uint64_t now_ = 0;
  Int insurance_ = 0, deposits_ = 0;
};

}  // namespace lockstep::mirror::venue
