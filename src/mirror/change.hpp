#pragma once
// A draft of one operation: accounts and funds are changed as copies and reach the state only if nothing overflowed, so
// that a refused operation leaves no trace.
#include <array>
#include <expected>
#include <string>

#include "base/checked.hpp"
#include "mirror/state.hpp"

namespace lockstep::mirror {

/// A refusal says what is wrong, naming the field.
using Done = std::expected<void, std::string>;

class Change {
 public:
  explicit Change(State& state) : insurance(state.insurance), net_deposits(state.net_deposits), state_(state) {}

  /// The account as it will be; empty if it is not known yet. At most two accounts take part in an operation.
  Account& account(const Address& address);
  /// Lots bought (> 0) or sold (< 0) at a price; keeps the market's open interest, and a series' pot.
  void trade(const Address& address, MarketId market, Int lots, Int price);
  /// From the account's collateral to the insurance fund; a negative amount goes the other way.
  void pay_insurance(Account& account, Int amount);
  /// `lots` of an order join (> 0) or leave (< 0) the book; `orders` is +1, 0 or -1. Reduce-only lots are not counted.
  void rest(const Order& order, Int lots, int orders);

  /// Checks limits, then writes. Refusal: nothing was written.
  Done commit();

  Checked math;
  Int insurance, net_deposits;

 private:
  struct Touched {
    Address address;
    Account account;
  };
  Done check() const;

  State& state_;
  std::array<Touched, 2> touched_;
  std::size_t touched_count_ = 0;
  MarketId traded_market_ = 0;
  Int open_interest_change_ = 0, pot_change_ = 0;
};

}  // namespace lockstep::mirror
