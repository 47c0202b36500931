#pragma once
// Everything the mirror knows. Plain values: copying it is a snapshot. Iteration over the unordered maps is never
// visible: rows are sorted and sums are modular.
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mirror/holding.hpp"
#include "mirror/margin.hpp"
#include "mirror/pool.hpp"

namespace lockstep::mirror {

// Within these limits no row can overflow: margins of 512 positions x (2^51 lots x 2^62 x 10), and equity of 2^119 +
// 512 positions x (2^117 + 2^50 lots x 2^62 + 2^107), are less than 2^127. What exceeds them is refused by apply().
inline constexpr std::size_t max_markets = 4096;   // perpetuals
inline constexpr std::size_t max_series = 4096;    // dated futures and options
inline constexpr std::size_t max_positions = 512;  // of one account
inline constexpr Int max_series_lots = Int{1} << 40;
inline constexpr Int max_series_quote = Int{1} << 113;
inline constexpr Int max_lots = Int{1} << 50;           // held or resting, per account, market and side
inline constexpr Int max_quote = Int{1} << 117;         // of a position, in magnitude
inline constexpr Int max_price = Int{1} << 62;          // quote units per lot
inline constexpr Int max_funding_index = Int{1} << 75;  // in magnitude
inline constexpr Int max_amount = Int{1} << 119;        // any balance, in magnitude
inline constexpr Int max_bps = 100'000;
inline constexpr Int max_ppm = 1'000'000;

enum class TimeInForce : std::uint8_t { gtc, ioc, fok, post_only, count_ };

/// What an incoming order does next, by the exchange's rules.
struct Step {
  enum class Kind : std::uint8_t {
    fill,        // `lots` of resting `order` at `price`
    cancel,      // of `order`, with `lots` left in it
    rest,        // the incoming order joins the book
    done,        // nothing is left of it
    impossible,  // the exchange would have reverted: `why`
  };
  Kind kind = Kind::done;
  OrderId order = 0;
  Int price = 0;
  Int lots = 0;
  std::string why = {};
};

/// An order that arrived and whose consequences the chain has not told completely yet.
struct Incoming {
  OrderId id = 0;
  Order order;
  TimeInForce time_in_force = TimeInForce::gtc;
  std::uint32_t steps = 0;
  OrderId spent_maker = 0;  // reduce-only, just filled, nothing left to reduce: to be cancelled before anything else
  Step next;                // what the chain must say next
};

/// What a liquidation left to the insurance fund.
struct BadDebt {
  Address account;
  Int amount = 0;
};

/// What changed since the digest was taken, so that only that is hashed again. Bounded: what is touched too often to be
/// written down one by one is everything.
struct Touched {
  std::vector<Address> accounts;
  std::vector<OrderId> orders;
  std::vector<MarketId> markets;
  std::vector<BoardId> boards;
  std::vector<HoldingId> holdings;
  bool everything = true;

  void account(const Address& address) { note(accounts, address); }
  void order(OrderId id) { note(orders, id); }
  void market(MarketId id) { note(markets, id); }
  void board(BoardId id) { note(boards, id); }
  void holding(HoldingId id) { note(holdings, id); }
  void clear() {
    accounts.clear();
    orders.clear();
    markets.clear();
    boards.clear();
    holdings.clear();
    everything = false;
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 22;

  template <class Id>
  void note(std::vector<Id>& ids, const Id& id) {
    if (everything || (!ids.empty() && ids.back() == id)) return;
    if (ids.size() == most) {
      clear();
      everything = true;
      return;
    }
    ids.push_back(id);
  }
};

struct State {
  Markets markets;
  std::unordered_map<Address, Account> accounts;
  std::unordered_map<OrderId, MarketId> resting;  // which book an order rests in
  Int insurance = 0;
  Int net_deposits = 0;  // what came in from outside minus what left
  OrderId next_order = 1;
  std::optional<Incoming> incoming;
  std::optional<BadDebt> bad_debt;
  Pools pools;
  Boards boards;
  Touched touched;
};

}  // namespace lockstep::mirror
