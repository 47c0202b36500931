#pragma once
// What is done with a scope, an account's cross margin or one isolated position, that is below its maintenance margin:
//
//  1. Its resting orders are cancelled.
//  2. A deficit (equity below zero) is paid by the insurance fund as far as it may.
//  3. For each open position, by market, until the scope is healthy again: the bankruptcy price is that at which
//     closing the position uses up its share of the equity, by maintenance margin: mark - equity x own / all / size,
//     rounded in favour of the account, no farther from the mark than the mark is from zero. Of the position,
//     `close_bps` is closed
//       a. against the book, best price first. A fill better than the bankruptcy price pays the fee out of what it is
//          better by; a worse one is paid for by the fund, down to the bankruptcy price, as far as it may;
//       b. what the book does not take, against the accounts on the other side (automatic deleveraging), at the
//          bankruptcy price, in this order: score, highest first, then account. The score is, in millionths, the
//          position's unrealised profit ÷ equity, the highest there is if no equity is left; of a loss,
//          loss ÷ notional.
//  4. If nothing is open any more, what is still owed is paid by the fund as far as it may; the rest is bad debt.
//
// One liquidation meets at most Venue::most_steps resting orders in a market; then it is unfinished, does not
// deleverage there, and may be asked for again.
#include <cstdint>

#include "mirror/venue/order.hpp"

namespace lockstep::mirror::venue {

/// Scope of the positions that are not isolated; otherwise a scope is the market of the one that is.
inline constexpr std::uint32_t cross = ~std::uint32_t{0};

struct Below {
  AccountId account = 0;
  std::uint32_t scope = cross;
  bool operator==(const Below&) const = default;
};

struct Liquidation {
  Lots in_book = 0, deleveraged = 0;  // closed
  Int fees = 0;                       // into the fund
  Int from_fund = 0;
  Int bad_debt = 0;  // owed by a scope in which nothing is open any more
  bool unfinished = false;
  bool operator==(const Liquidation&) const = default;
};

/// `lots` (signed as the position they left) of an account closed against one that was liquidated.
struct Deleveraged {
  AccountId account = 0;
  std::uint32_t market = 0;
  Lots lots = 0;
  std::int64_t price = 0;
  bool operator==(const Deleveraged&) const = default;
};

}  // namespace lockstep::mirror::venue
